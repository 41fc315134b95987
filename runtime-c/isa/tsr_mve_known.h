/* Convolution and dense layers with Helium: windows of a few known sizes. What it does, then how. */
#ifndef TSR_MVE_KNOWN_H
#define TSR_MVE_KNOWN_H

#include "tsr_mve_tile.h"

/*
 * tsr_mve_known_ones computes pixels `from` to `count` one by one, whose windows have 40 bytes, 64 or 72, with a shift
 * of 1: windows lie advance[0] / 3 apart, outputs apart[0].
 */
#if defined(__ARM_FEATURE_MVE)

/* The vectors of a window stay in registers while weights, which lie one behind the other, pass through q5. */
#define TSR_MVE_KNOWN_MULTIPLY(q, sum, step) \
  "vldrb.8 q5, [%[weights]], #" step "\n\tvmladava.s8 " sum ", " q ", q5\n\t"
#define TSR_MVE_KNOWN_64(sum) \
  TSR_MVE_KNOWN_MULTIPLY("q0", sum, "16") TSR_MVE_KNOWN_MULTIPLY("q1", sum, "16") TSR_MVE_KNOWN_MULTIPLY("q2", sum, "16") \
  TSR_MVE_KNOWN_MULTIPLY("q3", sum, "16")
/* The last eight bytes come with the eight before them, which are 0 in the register of the window. */
#define TSR_MVE_KNOWN_40(sum) \
  TSR_MVE_KNOWN_MULTIPLY("q0", sum, "16") TSR_MVE_KNOWN_MULTIPLY("q1", sum, "8") TSR_MVE_KNOWN_MULTIPLY("q4", sum, "16")
#define TSR_MVE_KNOWN_72(sum) \
  TSR_MVE_KNOWN_MULTIPLY("q0", sum, "16") TSR_MVE_KNOWN_MULTIPLY("q1", sum, "16") TSR_MVE_KNOWN_MULTIPLY("q2", sum, "16") \
  TSR_MVE_KNOWN_MULTIPLY("q3", sum, "8") TSR_MVE_KNOWN_MULTIPLY("q4", sum, "16")
#define TSR_MVE_KNOWN_LOAD(q, at) "vldrb.8 " q ", [%[window], #" at "]\n\t"
#define TSR_MVE_KNOWN_LAST(at) "vpst\n\tvldrbt.8 q4, [%[window], #" at "]\n\t"
/* Four channels a turn: sums r4, r6, r8, r10 begin at the biases. */
#define TSR_MVE_KNOWN_ONE(loads, multiply) \
  __asm__ volatile( \
      loads "dls lr, %[groups]\n1:\n\tldm %[stream]!, {r4, r6, r8, r10}\n\t" multiply("r4") multiply("r6") multiply("r8") \
      multiply("r10") "vmov q6[2], q6[0], r4, r8\n\tvldrw.32 q5, [%[stream]], #16\n\tvmov q6[3], q6[1], r6, r10\n\t" \
      "vqdmlash.s32 q6, q5, %[offset]\n\tvqrshrnb.s32 q6, q6, #1\n\tvqmovnb.s16 q6, q6\n\tvstrb.32 q6, [%[to]], #4\n\t" \
      "le lr, 1b" \
      : [weights] "+r"(weights), [stream] "+r"(stream), [to] "+l"(to), [eight] "+Up"(eight) \
      : [window] "r"(window), [groups] "r"(groups), [offset] "r"(offset) \
      : "r4", "r6", "r8", "r10", "lr", "cc", "memory", "q0", "q1", "q2", "q3", "q4", "q5", "q6")

static __attribute__((noinline, unused)) void tsr_mve_known_ones(const tsr_mve_tile *tile, int32_t groups,
                                                                 int8_t *out, int32_t from, int32_t count) {
  const int32_t step = tile->advance[0] / 3;
  const int32_t offset = tile->offset - 1;
  const int8_t *window = tile->windows[0] + from * step;
  out += from * tile->apart[0];
  for (;;) {
    const int8_t *weights = tile->weights;
    const int32_t *stream = tile->stream;
    int8_t *to = out;
    mve_pred16_t eight = 0xff00;
    if (tile->bytes == 64) {
      TSR_MVE_KNOWN_ONE(TSR_MVE_KNOWN_LOAD("q0", "0") TSR_MVE_KNOWN_LOAD("q1", "16") TSR_MVE_KNOWN_LOAD("q2", "32")
                        TSR_MVE_KNOWN_LOAD("q3", "48"), TSR_MVE_KNOWN_64);
    } else if (tile->bytes == 40) {
      TSR_MVE_KNOWN_ONE(TSR_MVE_KNOWN_LOAD("q0", "0") TSR_MVE_KNOWN_LOAD("q1", "16") TSR_MVE_KNOWN_LAST("24"), TSR_MVE_KNOWN_40);
    } else {
      TSR_MVE_KNOWN_ONE(TSR_MVE_KNOWN_LOAD("q0", "0") TSR_MVE_KNOWN_LOAD("q1", "16") TSR_MVE_KNOWN_LOAD("q2", "32")
                        TSR_MVE_KNOWN_LOAD("q3", "48") TSR_MVE_KNOWN_LAST("56"), TSR_MVE_KNOWN_72);
    }
    if (++from == count) return;
    window += step;
    out += tile->apart[0];
  }
}

#else

TSR_MVE_INLINE void tsr_mve_known_ones(const tsr_mve_tile *tile, int32_t groups, int8_t *out, int32_t from,
                                       int32_t count) {
  for (int32_t i = from; i < count; ++i) {
    tsr_mve_c_tile(tile, groups, out + i * tile->apart[0], 1, i * (tile->advance[0] / 3));
  }
}

#endif

/* Whether tsr_mve_known_pixels has loops for windows of so many bytes, and outputs of pixels so far apart. */
TSR_MVE_INLINE int32_t tsr_mve_known(int32_t bytes, int32_t shift, int32_t apart) {
  return (bytes == 64 || bytes == 40 || bytes == 72 || bytes == 112) && shift == 1 && apart < 16000;
}

/*
 * Computes as many of `count` pixels as there are loops for: four at a time, and but for 112 bytes the rest one by one.
 * Says how many. The windows lie advance[0] / 3 apart, the first at windows[0]; apart[0] is from a pixel's outputs to the
 * next's. There is at least one group.
 */
TSR_MVE_INLINE int32_t tsr_mve_known_pixels(const tsr_mve_tile *tile, int32_t groups, int8_t *out, int32_t count) {
  const int32_t fours = count >> 2;
  if (fours > 0) tsr_mve_tile_4x4(tile, groups, out, fours);
  if (tile->bytes == 112) return 4 * fours;
  if (count > 4 * fours) tsr_mve_known_ones(tile, groups, out, 4 * fours, count);
  return count;
}

#endif
