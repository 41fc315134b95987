/* Convolution and dense layers with Helium: the loops over vectors. What each does, then how, on Helium and elsewhere. */
#ifndef TSR_MVE_TILE_H
#define TSR_MVE_TILE_H

#include "tsr_mve_bytes.h"

/*
 * What tsr_mve_tile_3x4 computes: `groups` times four channels of three pixels, at out, out + apart[0] and out + apart[1];
 * `times` times, each of which the windows lie advance[0] bytes further and the output advance[1]; the table may be changed.
 * A window is `runs` runs of `blocks` vectors; one of a single run may have fewer `bytes`. windows: three pointers for
 * each run, and three times NULL behind the last. weights: row_bytes from one channel to the next. A last vector of
 * weights may reach behind its row, or behind the last row, where the window has zeros or ends. stream: four biases and
 * four halved multipliers for each group.
 * Outputs are limited to int8 alone. tsr_mve_tile_2x4 and tsr_mve_tile_1x4 do the same for two pixels and for one, whose windows are one run of whole
 * vectors; tsr_mve_tile_4x4 for four, whose windows are 40 bytes, 64, 72 or 112, advance[0] / 3 apart, and outputs apart[0],
 * with a shift of 1.
 */
typedef struct tsr_mve_tile {
  const int8_t *const *windows;
  int32_t runs;
  int32_t blocks;
  int32_t bytes;
  const int8_t *weights;
  int32_t row_bytes;
  const int32_t *stream;
  int32_t offset;
  int32_t shift;
  int32_t apart[2]; /* the first less than 2^16 - 3 */
  int32_t advance[2];
} tsr_mve_tile;

#if defined(__ARM_FEATURE_MVE)

/*
 * The heart of a convolution: tsr_mve.h says what it does. All registers are in use, so that the compiler could not
 * allocate them. Accumulators must be even: r0, r2, r4 (first channel of a pair), r6, r8, r10 (second); windows r1, r3,
 * r5; weights r7, r9; r11 vectors of a run but one; r12 the stream or the table. q5 to q7 collect a pixel each.
 */
#define TSR_MVE_BLOCK(a, w, multiply) \
  "vldrb.8 q0, [r1" a "\n\tvldrb.8 q3, [r7" w "\n\t" multiply " r0, q0, q3\n\t" \
  "vldrb.8 q1, [r3" a "\n\t" multiply " r2, q1, q3\n\tvldrb.8 q2, [r5" a "\n\t" multiply " r4, q2, q3\n\t" \
  "vldrb.8 q4, [r9" w "\n\t" multiply " r6, q0, q4\n\t" multiply " r8, q1, q4\n\t" multiply " r10, q2, q4\n\t"
#define TSR_MVE_REST_OF_RUN \
  "wls lr, r11, 2f\n1:\n\t" TSR_MVE_BLOCK(", #16]!", ", #16]!", "vmladava.s8") "le lr, 1b\n2:\n\t"
/* The same where the last vector may be shorter: r11 counts bytes. */
#define TSR_MVE_REST_OF_BYTES \
  "wlstp.8 lr, r11, 2f\n1:\n\t" TSR_MVE_BLOCK(", #16]!", ", #16]!", "vmladava.s8") "letp lr, 1b\n2:\n\t"
/* The same of whole vectors, two by two, behind none or one more. */
#define TSR_MVE_REST_TWICE(one) \
  one "wls lr, r11, 2f\n1:\n\t" TSR_MVE_NEXT_BLOCK TSR_MVE_NEXT_BLOCK "le lr, 1b\n2:\n\t"
#define TSR_MVE_NEXT_BLOCK TSR_MVE_BLOCK(", #16]!", ", #16]!", "vmladava.s8")
/* Two channels of the three pixels, put into lanes `low` and `high`. */
#define TSR_MVE_PAIR(first, w, rest, more, low, high) \
  first TSR_MVE_BLOCK("]", w, "vmladav.s8") rest more \
  "vmov q5[" high "], q5[" low "], r0, r6\n\tvmov q6[" high "], q6[" low "], r2, r8\n\t" \
  "vmov q7[" high "], q7[" low "], r4, r10\n\t"
#define TSR_MVE_ONE_RUN "ldrd r1, r3, %[windows]\n\tldr r5, %[third]\n\t"
#define TSR_MVE_FIRST_RUN "ldr r12, %[table]\n\tldm r12!, {r1, r3, r5}\n\t"
#define TSR_MVE_NEXT_RUNS \
  "3:\n\tldm r12!, {r1, r3, r5}\n\tcbz r1, 5f\n\t" TSR_MVE_BLOCK("]", ", #16]!", "vmladava.s8") TSR_MVE_REST_OF_RUN \
  "b 3b\n5:\n\t"
#define TSR_MVE_EACH(instruction, rest) \
  instruction " q5, q5, " rest "\n\t" instruction " q6, q6, " rest "\n\t" instruction " q7, q7, " rest "\n\t"
/*
 * From sums to top bytes, limited by saturating shifts; r12 is the stream. Shifts that insert put those of two pixels into
 * one vector.
 */
#define TSR_MVE_FINISH \
  "vldrw.32 q3, [r12], #16\n\tvldrw.32 q4, [r12], #16\n\tldrd r0, r2, %[scale]\n\t" TSR_MVE_EACH("vadd.i32", "q3") \
  "vqdmlash.s32 q5, q4, r0\n\tvqdmlash.s32 q6, q4, r0\n\tvqdmlash.s32 q7, q4, r0\n\t" \
  "vqshl.s32 q5, r2\n\tvqshl.s32 q6, r2\n\tvqshl.s32 q7, r2\n\tvsri.32 q5, q6, #16\n\tvshr.u32 q7, q7, #24\n\t" \
  "vshr.u16 q5, q5, #8\n\t"
/* The next three pixels, if there are more. */
#define TSR_MVE_ADVANCE \
  "ldr r0, %[times]\n\tsubs r0, #1\n\tbeq 7f\n\tstr r0, %[times]\n\tldrd r0, r2, %[advance]\n\tldrd r1, r3, %[windows]\n\t" \
  "ldr r5, %[third]\n\tadd r1, r0\n\tadd r3, r0\n\tadd r5, r0\n\tstrd r1, r3, %[windows]\n\tstr r5, %[third]\n\t" \
  "ldrd r4, r6, %[ends]\n\tadd r4, r2\n\tadd r6, r2\n\tstrd r4, r6, %[ends]\n\tb 8b\n7:"
/* The same where windows have several runs: all pointers of the table move on. */
#define TSR_MVE_ADVANCE_RUNS \
  "ldr r0, %[times]\n\tsubs r0, #1\n\tbeq 7f\n\tstr r0, %[times]\n\tldrd r0, r2, %[advance]\n\tldr r12, %[table]\n" \
  "6:\n\tldm r12, {r1, r3, r5}\n\tcbz r1, 10f\n\tadd r1, r0\n\tadd r3, r0\n\tadd r5, r0\n\tstm r12!, {r1, r3, r5}\n\t" \
  "b 6b\n10:\n\tldrd r4, r6, %[ends]\n\tadd r4, r2\n\tadd r6, r2\n\tstrd r4, r6, %[ends]\n\tldr r0, %[begin]\n\t" \
  "str r0, %[stream]\n\tb 8b\n7:"
/*
 * w, between, behind: how the first weights of a channel are found, those of the next, and those of the next four. Where
 * rows of weights are whole vectors, they go on and on, and registers say which was the last.
 */
#define TSR_MVE_TILE(first, w, rest, more, between, behind, before, after, advance_) \
  __asm__ volatile( \
      "8:\n\tldr r0, %[ends]\n\tstr r0, %[out]\n\tldr r7, %[weights]\n\tldr r11, %[blocks]\n\tldr r2, %[two]\n\tadd r9, r7, r2\n\t" \
      "ldr r12, %[stream]\n" \
      "9:\n\t" TSR_MVE_PAIR(first, w, rest, more, "0", "2") between TSR_MVE_PAIR(first, w, rest, more, "1", "3") \
      before TSR_MVE_FINISH after "ldr r1, %[out]\n\tvldrw.32 q3, %[places]\n\tvstrb.16 q5, [r1, q3]\n\tvldrw.32 q4, %[last]\n\t" \
      "vstrb.32 q7, [r1, q4]\n\tadd r1, #4\n\tstr r1, %[out]\n\t" behind "ldr r2, %[end]\n\tcmp r1, r2\n\tbne 9b\n\t" advance_ \
      : [out] "+m"(out), [stream] "+m"(stream), [windows] "+m"(windows), [third] "+m"(windows[2]), [ends] "+m"(ends), \
        [end] "+m"(ends[1]), [times] "+m"(times) \
      : [table] "m"(table), [weights] "m"(weights), [blocks] "m"(blocks), [step] "m"(step), [two] "m"(two), [scale] "m"(scale), \
        [places] "m"(places), [last] "m"(places[4]), [advance] "m"(advance), [begin] "m"(begin) \
      : TSR_MVE_ALL_REGISTERS)
#define TSR_MVE_BETWEEN "ldr r0, %[step]\n\tadd r7, r0\n\tadd r9, r0\n\t"
#define TSR_MVE_BEHIND "ldr r2, %[step]\n\tldr r4, %[two]\n\tadd r7, r9, r2\n\tadd r9, r7, r4\n\t"
#define TSR_MVE_BEHIND_WHOLE "mov r7, r9\n\tldr r4, %[two]\n\tadd r9, r7, r4\n\t"
#define TSR_MVE_TILE_WHOLE(one) \
  TSR_MVE_TILE(TSR_MVE_ONE_RUN, ", #16]!", TSR_MVE_REST_TWICE(one), "", "", TSR_MVE_BEHIND_WHOLE, "", "", TSR_MVE_ADVANCE)
#define TSR_MVE_ALL_REGISTERS \
  "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory", "q0", "q1", "q2", \
      "q3", "q4", "q5", "q6", "q7"
/* One pixel: window r1; weights of four channels r3, r5, r11, r9, from one four to the next r10 apart; offset r8, output
 * r7. */
#define TSR_MVE_PIXEL(a, w, multiply) \
  "vldrb.8 q0, [r1" a "\n\tvldrb.8 q1, [r3" w "\n\t" multiply " r0, q0, q1\n\tvldrb.8 q2, [r5" w "\n\t" multiply \
  " r2, q0, q2\n\tvldrb.8 q1, [r11" w "\n\t" multiply " r4, q0, q1\n\tvldrb.8 q2, [r9" w "\n\t" multiply " r6, q0, q2\n\t"
#define TSR_MVE_ONE \
  __asm__ volatile( \
      "ldr r3, %[weights]\n\tldr r0, %[row]\n\tadd r5, r3, r0\n\tadd r11, r5, r0\n\tadd r9, r11, r0\n\t" \
      "ldr r10, %[step]\n\tldr r12, %[stream]\n\tldr r7, %[out]\n\tldr r8, %[scale]\n" \
      "9:\n\tldr r1, %[windows]\n\tldr lr, %[blocks]\n\t" TSR_MVE_PIXEL("]", "]", "vmladav.s8") "wls lr, lr, 2f\n1:\n\t" \
      TSR_MVE_PIXEL(", #16]!", ", #16]!", "vmladava.s8") "le lr, 1b\n2:\n\t" \
      "vmov q5[2], q5[0], r0, r4\n\tvmov q5[3], q5[1], r2, r6\n\tvldrw.32 q3, [r12], #16\n\tvldrw.32 q4, [r12], #16\n\t" \
      "vadd.i32 q5, q5, q3\n\tldr r0, %[left]\n\tvqdmlash.s32 q5, q4, r8\n\tadd r3, r10\n\tadd r5, r10\n\tvqshl.s32 q5, r0\n\t" \
      "add r11, r10\n\tadd r9, r10\n\tvshr.s32 q5, q5, #24\n\tvstrb.32 q5, [r7], #4\n\t" \
      "ldr r0, %[end]\n\tcmp r7, r0\n\tbne 9b" \
      : \
      : [out] "m"(out), [stream] "m"(stream), [windows] "m"(windows), [weights] "m"(weights), [row] "m"(row), \
        [blocks] "m"(blocks), [step] "m"(step), [left] "m"(scale[1]), [scale] "m"(scale), [end] "m"(end) \
      : TSR_MVE_ALL_REGISTERS)

/* Two pixels: as three, without q2, q7, r4, r5 and r10. */
#define TSR_MVE_BLOCK_2(a, w, multiply) \
  "vldrb.8 q0, [r1" a "\n\tvldrb.8 q3, [r7" w "\n\t" multiply " r0, q0, q3\n\tvldrb.8 q1, [r3" a "\n\t" multiply \
  " r2, q1, q3\n\tvldrb.8 q4, [r9" w "\n\t" multiply " r6, q0, q4\n\t" multiply " r8, q1, q4\n\t"
#define TSR_MVE_PAIR_2(low, high) \
  "ldrd r1, r3, %[windows]\n\t" TSR_MVE_BLOCK_2("]", "]", "vmladav.s8") "wls lr, r11, 2f\n1:\n\t" TSR_MVE_BLOCK_2( \
      ", #16]!", ", #16]!", "vmladava.s8") "le lr, 1b\n2:\n\tvmov q5[" high "], q5[" low "], r0, r6\n\t" \
  "vmov q6[" high "], q6[" low "], r2, r8\n\t"
#define TSR_MVE_TWO \
  __asm__ volatile( \
      "ldr r7, %[weights]\n\tldr r11, %[blocks]\n\tldrd r8, r10, %[steps]\n\tadd r9, r7, r10\n\tldr r12, %[stream]\n\t" \
      "ldr r5, %[out]\n" \
      "9:\n\t" TSR_MVE_PAIR_2("0", "2") "ldr r0, %[steps]\n\tadd r7, r0\n\tadd r9, r0\n\t" TSR_MVE_PAIR_2("1", "3") \
      "vldrw.32 q3, [r12], #16\n\tvldrw.32 q4, [r12], #16\n\tldrd r0, r2, %[scale]\n\tvadd.i32 q5, q5, q3\n\t" \
      "vadd.i32 q6, q6, q3\n\tvqdmlash.s32 q5, q4, r0\n\tvqdmlash.s32 q6, q4, r0\n\tvqshl.s32 q5, r2\n\t" \
      "vqshl.s32 q6, r2\n\tvsri.32 q5, q6, #16\n\tvldrw.32 q3, %[places]\n\tvshr.u16 q5, q5, #8\n\tldr r0, %[steps]\n\t" \
      "vstrb.16 q5, [r5, q3]\n\tadd r5, #4\n\t" \
      "add r7, r9, r0\n\tadd r9, r7, r10\n\tldr r0, %[end]\n\tcmp r5, r0\n\tbne 9b" \
      : \
      : [out] "m"(out), [stream] "m"(stream), [windows] "m"(windows), [weights] "m"(weights), [blocks] "m"(blocks), \
        [steps] "m"(steps), [scale] "m"(scale), [places] "m"(places), [end] "m"(end) \
      : TSR_MVE_ALL_REGISTERS)

/*
 * Four pixels of 40 bytes, 64, 72 or 112: windows r1, r3, r5, r7; weights r9 of the first two channels of four, r11 of the other two; sums
 * r0, r2, r4, r6 and r8, r10, r12, lr. q0, q1 weights; q4 to q7 a pixel each. The shift is 1.
 */
#define TSR_MVE_FOUR_BLOCK_STEP(at, multiply, step) \
  "vldrb.8 q0, [r9], #" step "\n\tvldrb.8 q1, [r11], #" step "\n\t" TSR_MVE_FOUR_SUMS(at, multiply)
#define TSR_MVE_FOUR_BLOCK(at, multiply) TSR_MVE_FOUR_BLOCK_STEP(at, multiply, "16")
/* The last eight bytes with the eight before them, whose weights are 0: the predicate says which. */
#define TSR_MVE_FOUR_EIGHT(before, at) \
  TSR_MVE_FOUR_BLOCK_STEP(before, "vmladava.s8", "8") \
  "vpstt\n\tvldrbt.8 q0, [r9], #16\n\tvldrbt.8 q1, [r11], #16\n\t" TSR_MVE_FOUR_SUMS(at, "vmladava.s8")
#define TSR_MVE_FOUR_SUMS(at, multiply) \
  "vldrb.8 q2, [r1" at "]\n\t" multiply " r0, q2, q0\n\t" multiply \
  " r8, q2, q1\n\tvldrb.8 q3, [r3" at "]\n\t" multiply " r2, q3, q0\n\t" multiply " r10, q3, q1\n\tvldrb.8 q2, [r5" at "]\n\t" \
  multiply " r4, q2, q0\n\t" multiply " r12, q2, q1\n\tvldrb.8 q3, [r7" at "]\n\t" multiply " r6, q3, q0\n\t" multiply \
  " lr, q3, q1\n\t"
#define TSR_MVE_FOUR_BLOCKS_48 \
  TSR_MVE_FOUR_BLOCK("", "vmladav.s8") TSR_MVE_FOUR_BLOCK(", #16", "vmladava.s8") TSR_MVE_FOUR_BLOCK(", #32", "vmladava.s8")
#define TSR_MVE_FOUR_BLOCKS_64 TSR_MVE_FOUR_BLOCKS_48 TSR_MVE_FOUR_BLOCK(", #48", "vmladava.s8")
#define TSR_MVE_FOUR_BLOCKS_40 TSR_MVE_FOUR_BLOCK("", "vmladav.s8") TSR_MVE_FOUR_EIGHT(", #16", ", #24")
#define TSR_MVE_FOUR_BLOCKS_72 TSR_MVE_FOUR_BLOCKS_48 TSR_MVE_FOUR_EIGHT(", #48", ", #56")
#define TSR_MVE_FOUR_BLOCKS_112 \
  TSR_MVE_FOUR_BLOCKS_64 TSR_MVE_FOUR_BLOCK(", #64", "vmladava.s8") TSR_MVE_FOUR_BLOCK(", #80", "vmladava.s8") \
  TSR_MVE_FOUR_BLOCK(", #96", "vmladava.s8")
#define TSR_MVE_FOUR_PAIR(blocks, low, high) \
  blocks \
  "vmov q4[" high "], q4[" low "], r0, r8\n\tvmov q5[" high "], q5[" low "], r2, r10\n\t" \
  "vmov q6[" high "], q6[" low "], r4, r12\n\tvmov q7[" high "], q7[" low "], r6, lr\n\t"
#define TSR_MVE_FOUR(blocks, two) \
  __asm__ volatile( \
      "ldr r9, %[weights]\n\tadd r11, r9, #" two "\n\tldrd r1, r3, %[windows]\n\tldrd r5, r7, %[more]\n" \
      "9:\n\t" TSR_MVE_FOUR_PAIR(blocks, "0", "2") TSR_MVE_FOUR_PAIR(blocks, "1", "3") \
      "ldrd r0, r2, %[stream]\n\tldrd r4, r6, %[end]\n\tvldrw.32 q0, [r0], #16\n\tvldrw.32 q1, [r0], #16\n\t" \
      "vadd.i32 q4, q4, q0\n\tvadd.i32 q5, q5, q0\n\tvadd.i32 q6, q6, q0\n\tvadd.i32 q7, q7, q0\n\t" \
      "vqdmlash.s32 q4, q1, r6\n\tvqdmlash.s32 q5, q1, r6\n\tvqdmlash.s32 q6, q1, r6\n\tvqdmlash.s32 q7, q1, r6\n\t" \
      "vqrshrnb.s32 q4, q4, #1\n\tvqrshrnt.s32 q4, q5, #1\n\tvqrshrnb.s32 q6, q6, #1\n\tvqrshrnt.s32 q6, q7, #1\n\t" \
      "vldrw.32 q0, %[places]\n\tvqmovnb.s16 q4, q4\n\tvqmovnb.s16 q6, q6\n\tvldrw.32 q1, %[others]\n\t" \
      "vstrb.16 q4, [r2, q0]\n\tvstrb.16 q6, [r2, q1]\n\tadd r2, #4\n\tstrd r0, r2, %[stream]\n\tadd r9, #" two "\n\tadd r11, #" two "\n\t" \
      "cmp r2, r4\n\tbne 9b" \
      : [stream] "+m"(at), [eight] "+Up"(eight) \
      : [windows] "m"(windows), [more] "m"(windows[2]), [weights] "m"(weights), [end] "m"(end), [places] "m"(places), \
        [others] "m"(places[4]) \
      : TSR_MVE_ALL_REGISTERS)

/* What tsr_mve_tile_4x4 computes: four channels of four pixels of 40 channels, 64, 72 or 112, with a shift of 1. */
static __attribute__((noinline, unused)) void tsr_mve_tile_4x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out,
                                                               int32_t times) {
  const int32_t step = tile->advance[0] / 3;
  const uint32_t next = (uint32_t)tile->apart[0];
  const int8_t *const weights = tile->weights;
  const int8_t *const from = tile->windows[0];
  const int8_t *windows[4] = {from, from + step, from + 2 * step, from + 3 * step};
  /* Of two pixels, the first in the low halves, and of two more. */
  const uint32x4_t first = vmlaq_n_u32(vdupq_n_u32(next << 16), vidupq_n_u32(0, 1), 0x10001);
  uint32_t places[8];
  vstrwq_u32(places, first);
  vstrwq_u32(places + 4, vaddq_n_u32(first, 0x20002 * next));
  for (int32_t i = 0; i < times; ++i) {
    int32_t at[2] = {(int32_t)tile->stream, (int32_t)out};
    const int32_t end[2] = {(int32_t)out + 4 * groups, tile->offset - 1};
    mve_pred16_t eight = 0xff00;
    if (tile->bytes == 64) {
      TSR_MVE_FOUR(TSR_MVE_FOUR_BLOCKS_64, "128");
    } else if (tile->bytes == 40) {
      TSR_MVE_FOUR(TSR_MVE_FOUR_BLOCKS_40, "80");
    } else if (tile->bytes == 72) {
      TSR_MVE_FOUR(TSR_MVE_FOUR_BLOCKS_72, "144");
    } else {
      TSR_MVE_FOUR(TSR_MVE_FOUR_BLOCKS_112, "224");
    }
    for (int32_t j = 0; j < 4; ++j) windows[j] += 4 * step;
    out += 4 * next;
  }
}

/* Places of four channels of the first two pixels, the second's in the low halves, and of the third. */
TSR_MVE_INLINE void tsr_mve_tile_places(uint32_t *places, int32_t second, int32_t third) {
  const uint32x4_t channels = vidupq_n_u32(0, 1);
  vstrwq_u32(places, vmlaq_n_u32(vdupq_n_u32((uint32_t)second), channels, 0x10001));
  vstrwq_u32(places + 4, vaddq_n_u32(channels, (uint32_t)third));
}

static __attribute__((noinline, unused)) void tsr_mve_tile_2x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out) {
  const int8_t *const windows[2] = {tile->windows[0], tile->windows[1]};
  const int8_t *const weights = tile->weights;
  const int32_t *const stream = tile->stream;
  const int32_t blocks = tile->blocks - 1;
  const int32_t steps[2] = {tile->row_bytes - 16 * blocks, 2 * tile->row_bytes};
  const int32_t scale[2] = {tile->offset, 24 - tile->shift};
  uint32_t places[8];
  tsr_mve_tile_places(places, tile->apart[0], 0);
  const int8_t *const end = out + 4 * groups;
  if (groups > 0) TSR_MVE_TWO;
}

static __attribute__((noinline, unused)) void tsr_mve_tile_3x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out,
                                                               int32_t times) {
  const int8_t *const *const table = tile->windows;
  const int8_t *windows[3] = {table[0], table[1], table[2]};
  const int32_t *stream = tile->stream;
  const int32_t *const begin = stream;
  const int32_t whole = tile->row_bytes == 16 * tile->blocks;
  const int8_t *const weights = tile->weights - (whole || tile->runs > 1 ? 16 : 0);
  /* What follows the first vector of a run: vectors, or of a single run twice as many, or bytes. */
  const int32_t blocks = tile->runs > 1 ? tile->blocks - 1 : whole ? (tile->blocks - 1) / 2 : tile->bytes - 16;
  /* From the last vector of a channel's weights to the next channel's; and from a channel to the second behind it. */
  const int32_t step = tile->row_bytes - (tile->blocks - 1) * 16;
  const int32_t two = 2 * tile->row_bytes;
  const int32_t scale[2] = {tile->offset, 24 - tile->shift};
  uint32_t places[8];
  tsr_mve_tile_places(places, tile->apart[0], tile->apart[1]);
  const int32_t advance[2] = {tile->advance[0], tile->advance[1]};
  /* Where a pixel's outputs begin and end. */
  int8_t *ends[2] = {out, out + 4 * groups};
  if (groups == 0) return;
  if (tile->runs > 1) {
    TSR_MVE_TILE(TSR_MVE_FIRST_RUN, ", #16]!", TSR_MVE_REST_OF_RUN, TSR_MVE_NEXT_RUNS, "", TSR_MVE_BEHIND_WHOLE,
                 "ldr r12, %[stream]\n\t", "str r12, %[stream]\n\t", TSR_MVE_ADVANCE_RUNS);
  } else if (!whole) {
    TSR_MVE_TILE(TSR_MVE_ONE_RUN, "]", TSR_MVE_REST_OF_BYTES, "", TSR_MVE_BETWEEN, TSR_MVE_BEHIND, "", "", TSR_MVE_ADVANCE);
  } else if (tile->blocks % 2 == 0) {
    TSR_MVE_TILE_WHOLE(TSR_MVE_NEXT_BLOCK);
  } else {
    TSR_MVE_TILE_WHOLE("");
  }
}

static __attribute__((noinline, unused)) void tsr_mve_tile_1x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out) {
  const int8_t *const windows = tile->windows[0];
  const int8_t *const weights = tile->weights;
  const int32_t *const stream = tile->stream;
  const int32_t blocks = tile->blocks - 1;
  const int32_t row = tile->row_bytes;
  const int32_t step = 4 * row - 16 * blocks;
  const int32_t scale[2] = {tile->offset, 24 - tile->shift};
  const int8_t *const end = out + 4 * groups;
  if (groups > 0) TSR_MVE_ONE;
}

#else

TSR_MVE_INLINE void tsr_mve_c_tile(const tsr_mve_tile *tile, int32_t groups, int8_t *out, int32_t pixels,
                                   int32_t further) {
  const int32_t run_bytes = tile->runs == 1 ? tile->bytes : 16 * tile->blocks;
  for (int32_t c = 0; c < 4 * groups; ++c) {
    const int32_t *stream = tile->stream + c / 4 * 8 + c % 4;
    for (int32_t i = 0; i < pixels; ++i) {
      int32_t sum = stream[0];
      for (int32_t run = 0; run < tile->runs; ++run) {
        const int8_t *from = tile->windows[3 * run + i] + further;
        sum = tsr_mve_c_dot(sum, from, tile->weights + c * tile->row_bytes + run * run_bytes, run_bytes);
      }
      out[(i == 0 ? 0 : tile->apart[i - 1]) + c] =
          tsr_requantize(sum, 2 * stream[4], tile->offset, tile->shift, -128, 127);
    }
  }
}

TSR_MVE_INLINE void tsr_mve_tile_3x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out, int32_t times) {
  for (int32_t i = 0; i < times; ++i) tsr_mve_c_tile(tile, groups, out + i * tile->advance[1], 3, i * tile->advance[0]);
}

TSR_MVE_INLINE void tsr_mve_tile_4x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out, int32_t times) {
  for (int32_t i = 0; i < 4 * times; ++i) {
    tsr_mve_c_tile(tile, groups, out + i * tile->apart[0], 1, i * (tile->advance[0] / 3));
  }
}

TSR_MVE_INLINE void tsr_mve_tile_2x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out) {
  tsr_mve_c_tile(tile, groups, out, 2, 0);
}

TSR_MVE_INLINE void tsr_mve_tile_1x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out) {
  tsr_mve_c_tile(tile, groups, out, 1, 0);
}

#endif

#endif
