/* Depthwise convolution with Helium: the loops over vectors. What each does, then how, on Helium and elsewhere. */
#ifndef TSR_MVE_WINDOW_H
#define TSR_MVE_WINDOW_H

#include "tsr_mve_bytes.h"

/*
 * Depthwise 3 x 3. tsr_mve_turn_3 writes, for each of `count` columns, 64 bytes: for each of 16 channels (of which the
 * first `lanes` are read) the bytes of three rows and one of any value; from a column to the next the rows lie s0, s1 and
 * s2 bytes apart.
 *
 * tsr_mve_depthwise_3x3 computes `count` pixels, limited to int8, of rows of which it turns `columns` columns, 16 channels
 * at a time, into scratch that has 64 bytes of any value behind. weights: [channels][kernel_w][kernel_h]; stream: for each
 * four channels biases and halved multipliers.
 */
typedef struct tsr_mve_depthwise {
  int32_t offset;
  int32_t shift;
  int32_t channels; /* a multiple of 4 */
  int32_t stride_w;
  int32_t out_pixel; /* less than 2^16 - 3 */
  int32_t column;    /* bytes of a turned column: 64; or 32 where there are 8 channels alone, side by side in the rows */
  int32_t columns;
  const int8_t *rows[3];
  int32_t steps[3]; /* from a column of a row to the next */
  int32_t next[3];  /* from 16 channels to the next */
} tsr_mve_depthwise;

/*
 * tsr_mve_depthwise_taps: sums[4 * k + i], for channel c + 4 * i + {0, 2, 1, 3}[k], of the products under `count` taps, each
 * a pointer to a pixel, with weights [taps][16]. Two neighbouring products together must fit 16 bits.
 */

/* Where the nine weights of a channel stand in a vector of four columns of four rows. */
static const uint8_t tsr_mve_spread[16] = {0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 0, 0, 0, 0};

#if defined(__ARM_FEATURE_MVE)

/* Where the four columns of a vector lie, of 32 bytes and of 64. */
static const int32_t tsr_mve_columns[2][4] = {{0, 32, 64, 96}, {0, 64, 128, 192}};

/* Every register that there is: compilers cannot allocate them in these loops. */
#define TSR_MVE_WINDOW_REGISTERS \
  "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory", "q0", "q1", "q2", \
      "q3", "q4", "q5", "q6", "q7"

#define TSR_MVE_TURN(loads) \
  __asm__ volatile( \
      "dls lr, %[count]\n1:\n\t" loads "add %[r0], %[s0]\n\tadd %[r1], %[s1]\n\tadd %[r2], %[s2]\n\t" \
      "vst40.8 {q0, q1, q2, q3}, [%[to]]\n\tvst41.8 {q0, q1, q2, q3}, [%[to]]\n\t" \
      "vst42.8 {q0, q1, q2, q3}, [%[to]]\n\tvst43.8 {q0, q1, q2, q3}, [%[to]]!\n\tle lr, 1b" \
      : [to] "+r"(to), [r0] "+r"(r0), [r1] "+r"(r1), [r2] "+r"(r2), [there] "+Up"(there) \
      : [s0] "r"(s0), [s1] "r"(s1), [s2] "r"(s2), [count] "r"(count) \
      : "lr", "cc", "memory", "q0", "q1", "q2", "q3")

/* 16 bytes of each of three rows, `count` times: tsr_mve.h says where they go. */
TSR_MVE_INLINE void tsr_mve_turn_3(int8_t *to, const int8_t *r0, const int8_t *r1, const int8_t *r2, int32_t s0, int32_t s1,
                                   int32_t s2, int32_t count, int32_t lanes) {
  /* As an operand, so that the compiler knows that the predicate's only register is taken. */
  mve_pred16_t there = vctp8q((uint32_t)lanes);
  if (lanes == 16) {
    TSR_MVE_TURN("vldrb.8 q0, [%[r0]]\n\tvldrb.8 q1, [%[r1]]\n\tvldrb.8 q2, [%[r2]]\n\t");
  } else {
    TSR_MVE_TURN("vpsttt\n\tvldrbt.8 q0, [%[r0]]\n\tvldrbt.8 q1, [%[r1]]\n\tvldrbt.8 q2, [%[r2]]\n\t");
  }
}

/*
 * r0, r2, r4, r6: sums of four channels; r1: output; r3: that of the first pixel; r5: weights; r7: stream; r8: offset; r9:
 * 24 - shift; r10: from two pixels to the next; r11: places of the outputs of two pixels; r12: from the last columns of
 * four channels to the first of the next four. q0 to
 * q3: weights; q5: addresses of four columns; q6, q7: sums of a pixel each. Shifts that insert put both in one vector.
 */
/* Sums of four channels of a pixel, whose columns `first` says, and the others those at `rest`. */
#define TSR_MVE_SUMS(first, rest, sums, other) \
  "vldrw.32 " sums ", [q5" first "\n\tvmladav.s8 r0, q0, " sums "\n\tvldrw.32 " other ", [q5, #" rest "+4]\n\t" \
  "vmladav.s8 r2, q1, " other "\n\tvldrw.32 " sums ", [q5, #" rest "+8]\n\tvmladav.s8 r4, q2, " sums \
  "\n\tvldrw.32 " other ", [q5, #" rest "+12]\n\tvmladav.s8 r6, q3, " other "\n\t" \
  "vmov " sums "[2], " sums "[0], r0, r4\n\tvmov " sums "[3], " sums "[1], r2, r6\n\t"
/* first, second: how the columns of an even and of an odd pixel are found; `last`: those of a single one. */
#define TSR_MVE_DEPTHWISE(first, second, last) \
  __asm__ volatile( \
      "ldr r3, %[out]\n\tldr r5, %[weights]\n\tldr r7, %[stream]\n\tldrd r8, r9, %[scale]\n\tldr r10, %[apart]\n\tldr r11, %[places]\n\t" \
      "ldr r12, %[turned]\n" \
      "ldr r0, %[columns]\n\tvldrw.32 q5, [r0]\n\tvadd.i32 q5, q5, r12\n\tldr r12, %[back]\n" \
      "9:\n\tldr r0, %[spread]\n\tvldrb.8 q7, [r0]\n\tadd r0, r5, #9\n\tadd r2, r5, #18\n\tadd r4, r5, #27\n\tvpstttt\n\t" \
      "vldrbt.u8 q0, [r5, q7]\n\tvldrbt.u8 q1, [r0, q7]\n\tvldrbt.u8 q2, [r2, q7]\n\tvldrbt.u8 q3, [r4, q7]\n\t" \
      "add r5, #36\n\tmov r1, r3\n\t" \
      "ldr lr, %[pairs]\n\twls lr, lr, 2f\n1:\n\t" first second \
      "vldrw.32 q4, [r7]\n\tvadd.i32 q6, q6, q4\n\tvadd.i32 q7, q7, q4\n\tvldrw.32 q4, [r7, #16]\n\t" \
      "vqdmlash.s32 q6, q4, r8\n\tvqdmlash.s32 q7, q4, r8\n\tvqshl.s32 q6, r9\n\tvqshl.s32 q7, r9\n\t" \
      "vsri.32 q6, q7, #16\n\tvldrh.16 q4, [r11]\n\tvshr.u16 q6, q6, #8\n\tvstrb.16 q6, [r1, q4]\n\tadd r1, r10\n\tle lr, 1b\n" \
      "2:\n\tldr r0, %[single]\n\tcbz r0, 3f\n\t" last \
      "vldrw.32 q4, [r7]\n\tvadd.i32 q6, q6, q4\n\tvldrw.32 q4, [r7, #16]\n\tvqdmlash.s32 q6, q4, r8\n\t" \
      "vqshl.s32 q6, r9\n\tvshr.s32 q6, q6, #24\n\tvstrb.32 q6, [r1]\n" \
      "3:\n\tadd r7, #32\n\tvadd.i32 q5, q5, r12\n\tadd r3, #4\n\tldr r0, %[end]\n\tcmp r3, r0\n\tbne 9b\n\tstr r3, %[out]\n\tstr r5, %[weights]\n\tstr r7, %[stream]" \
      : [there] "+Up"(there), [out] "+m"(out), [weights] "+m"(weights), [stream] "+m"(stream) \
      : [scale] "m"(scale), [apart] "m"(apart), [places] "m"(places), \
        [turned] "m"(turned), [spread] "m"(spread), [columns] "m"(columns), [pairs] "m"(pairs), [single] "m"(single), \
        [further] "m"(further), [back] "m"(back), [end] "m"(end) \
      : TSR_MVE_WINDOW_REGISTERS)
/* Where the distance is known: from two pixels to the next `two` bytes, from one to the other half of that. */
#define TSR_MVE_DEPTHWISE_KNOWN(one, two) \
  TSR_MVE_DEPTHWISE(TSR_MVE_SUMS(", #" two "]!", "0", "q6", "q7"), TSR_MVE_SUMS(", #" one "]", one, "q7", "q4"), \
                    TSR_MVE_SUMS(", #" two "]", two, "q6", "q7"))
#define TSR_MVE_FURTHER "ldr r0, %[further]\n\tvadd.i32 q5, q5, r0\n\t"

/* Turns the columns of 16 channels, and goes on to the next. */
TSR_MVE_INLINE void tsr_mve_turn_block(tsr_mve_depthwise *p, int8_t *from, int32_t lanes) {
  const int8_t *const *r = p->rows;
  const int32_t *s = p->steps;
  if (p->column == 64) {
    tsr_mve_turn_3(from, r[0], r[1], r[2], s[0], s[1], s[2], p->columns, lanes);
    for (int32_t ky = 0; ky < 3; ++ky) p->rows[ky] += p->next[ky];
    return;
  }
  /* Two columns at a time: of an odd number the last but one twice. */
  if (p->columns > 1) tsr_mve_turn_3(from, r[0], r[1], r[2], 2 * s[0], 2 * s[1], 2 * s[2], p->columns / 2, 16);
  if (p->columns % 2 == 0) return;
  const int32_t last = p->columns - 2;
  if (last > 0) {
    tsr_mve_turn_3(from + 32 * last, r[0] + last * s[0], r[1] + last * s[1], r[2] + last * s[2], 0, 0, 0, 1, 16);
  } else {
    for (int32_t i = 0; i < 32; ++i) from[i] = i % 4 < 3 ? r[i % 4][i / 4] : 0;
  }
}

static __attribute__((noinline, unused)) void tsr_mve_depthwise_3x3(tsr_mve_depthwise *p, int8_t *from, int8_t *scratch,
                                                                    const int8_t *weights, const int32_t *stream,
                                                                    int8_t *out, int32_t count) {
  const int32_t scale[2] = {p->offset, 24 - p->shift};
  const int32_t further = p->column * p->stride_w;
  const int32_t known = further == 32 || further == 64 || further == 128;
  const int32_t next = p->out_pixel;
  const int32_t pairs = count / 2;
  const int32_t single = count % 2;
  /* Of each channel of two pixels, first that of the second. */
  const uint32_t both[4] = {(uint32_t)next, (uint32_t)next + 0x10001, (uint32_t)next + 0x20002, (uint32_t)next + 0x30003};
  const uint32_t *const places = both;
  const int32_t apart = 2 * next;
  const uint8_t *const spread = tsr_mve_spread;
  const int32_t *const columns = tsr_mve_columns[p->column / 64];
  /* The addresses of columns go along with even pixels, or where the stride is not known with all. */
  const int32_t back = 16 - (known ? 2 * pairs : count) * further;
  const int8_t *const turned = scratch - (known ? 2 : 1) * further;
  for (int32_t left = p->channels; left > 0; left -= 16) {
    const int32_t lanes = tsr_min(16, left);
    const int8_t *const end = out + lanes;
    mve_pred16_t there = 0x0777;
    if (p->columns > 0) {
      tsr_mve_turn_block(p, from, lanes);
    }
    if (further == 32) {
      TSR_MVE_DEPTHWISE_KNOWN("32", "64");
    } else if (further == 64) {
      TSR_MVE_DEPTHWISE_KNOWN("64", "128");
    } else if (further == 128) {
      TSR_MVE_DEPTHWISE_KNOWN("128", "256");
    } else {
      TSR_MVE_DEPTHWISE(TSR_MVE_FURTHER TSR_MVE_SUMS("]", "0", "q6", "q7"),
                        TSR_MVE_FURTHER TSR_MVE_SUMS("]", "0", "q7", "q4"),
                        TSR_MVE_FURTHER TSR_MVE_SUMS("]", "0", "q6", "q7"));
    }
  }
}

/* tsr_mve.h says what it does; 23 instructions for two taps of 16 channels. */
TSR_MVE_INLINE void tsr_mve_depthwise_taps(int32_t *sums, const int8_t *const *taps, int32_t c, const int8_t *weights,
                                           int32_t count) {
  int32_t pairs = count / 2;
  __asm__ volatile(
      "vmov.i32 q4, #0\n\tvmov.i32 q5, #0\n\tvmov.i32 q6, #0\n\tvmov.i32 q7, #0\n\twls lr, %[pairs], 2f\n"
      "1:\n\tldrd r0, r1, [%[taps]], #8\n\tadd r0, %[c]\n\tadd r1, %[c]\n\tvldrb.8 q0, [r0]\n\tvldrb.8 q2, [%[weights]], #16\n\t"
      "vmullb.s8 q1, q0, q2\n\tvmullt.s8 q0, q0, q2\n\tvldrb.8 q2, [r1]\n\tvldrb.8 q3, [%[weights]], #16\n\t"
      "vmullb.s8 q3, q2, q3\n\tvadd.i16 q1, q1, q3\n\tvldrb.8 q3, [%[weights], #-16]\n\tvmullt.s8 q3, q2, q3\n\t"
      "vadd.i16 q0, q0, q3\n\tvmovlb.s16 q2, q1\n\tvmovlt.s16 q3, q1\n\tvadd.i32 q4, q4, q2\n\tvadd.i32 q5, q5, q3\n\t"
      "vmovlb.s16 q2, q0\n\tvmovlt.s16 q3, q0\n\tvadd.i32 q6, q6, q2\n\tvadd.i32 q7, q7, q3\n\tle lr, 1b\n"
      "2:\n\tlsls r0, %[count], #31\n\tbeq 3f\n\tldr r0, [%[taps]]\n\tadd r0, %[c]\n\tvldrb.8 q0, [r0]\n\t"
      "vldrb.8 q2, [%[weights]]\n\tvmullb.s8 q1, q0, q2\n\tvmullt.s8 q0, q0, q2\n\tvmovlb.s16 q2, q1\n\t"
      "vmovlt.s16 q3, q1\n\tvadd.i32 q4, q4, q2\n\tvadd.i32 q5, q5, q3\n\tvmovlb.s16 q2, q0\n\tvmovlt.s16 q3, q0\n\t"
      "vadd.i32 q6, q6, q2\n\tvadd.i32 q7, q7, q3\n"
      "3:\n\tvstrw.32 q4, [%[sums]]\n\tvstrw.32 q5, [%[sums], #16]\n\tvstrw.32 q6, [%[sums], #32]\n\t"
      "vstrw.32 q7, [%[sums], #48]"
      : [taps] "+r"(taps), [weights] "+r"(weights)
      : [sums] "r"(sums), [c] "r"(c), [pairs] "r"(pairs), [count] "r"(count)
      : "r0", "r1", "lr", "cc", "memory", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7");
}

#else

TSR_MVE_INLINE void tsr_mve_turn_3(int8_t *to, const int8_t *r0, const int8_t *r1, const int8_t *r2, int32_t s0, int32_t s1,
                                   int32_t s2, int32_t count, int32_t lanes) {
  for (int32_t x = 0; x < count; ++x) {
    for (int32_t c = 0; c < 16; ++c) {
      int8_t *channel = to + 64 * x + 4 * c;
      channel[0] = c < lanes ? r0[x * s0 + c] : 0;
      channel[1] = c < lanes ? r1[x * s1 + c] : 0;
      channel[2] = c < lanes ? r2[x * s2 + c] : 0;
      channel[3] = (int8_t)x;
    }
  }
}

/* Turns the columns of 16 channels, and goes on to the next. */
TSR_MVE_INLINE void tsr_mve_turn_block(tsr_mve_depthwise *p, int8_t *from, int32_t lanes) {
  const int8_t *const *r = p->rows;
  const int32_t *s = p->steps;
  if (p->column == 64) {
    tsr_mve_turn_3(from, r[0], r[1], r[2], s[0], s[1], s[2], p->columns, lanes);
    for (int32_t ky = 0; ky < 3; ++ky) p->rows[ky] += p->next[ky];
    return;
  }
  /* Two columns at a time: of an odd number the last but one twice. */
  if (p->columns > 1) tsr_mve_turn_3(from, r[0], r[1], r[2], 2 * s[0], 2 * s[1], 2 * s[2], p->columns / 2, 16);
  if (p->columns % 2 == 0) return;
  const int32_t last = p->columns - 2;
  if (last > 0) {
    tsr_mve_turn_3(from + 32 * last, r[0] + last * s[0], r[1] + last * s[1], r[2] + last * s[2], 0, 0, 0, 1, 16);
  } else {
    for (int32_t i = 0; i < 32; ++i) from[i] = i % 4 < 3 ? r[i % 4][i / 4] : 0;
  }
}

TSR_MVE_INLINE void tsr_mve_depthwise_3x3(tsr_mve_depthwise *p, int8_t *from, int8_t *scratch, const int8_t *weights,
                                          const int32_t *stream, int8_t *out, int32_t count) {
  for (int32_t c = 0; c < p->channels; ++c) {
    if (c % 16 == 0 && p->columns > 0) {
      tsr_mve_turn_block(p, from, tsr_min(16, p->channels - c));
    }
    const int32_t *four = stream + c / 4 * 8 + c % 4;
    for (int32_t x = 0; x < count; ++x) {
      int32_t sum = four[0];
      for (int32_t column = 0; column < 3; ++column) {
        const int8_t *taps = scratch + (x * p->stride_w + column) * p->column + 4 * (c % 16);
        for (int32_t row = 0; row < 3; ++row) {
          sum = tsr_mve_c_add(sum, taps[row] * weights[9 * c + tsr_mve_spread[4 * column + row]]);
        }
      }
      out[x * p->out_pixel + c] = tsr_requantize(sum, 2 * four[4], p->offset, p->shift, -128, 127);
    }
  }
}

TSR_MVE_INLINE void tsr_mve_depthwise_taps(int32_t *sums, const int8_t *const *taps, int32_t c, const int8_t *weights,
                                           int32_t count) {
  static const int32_t offsets[4] = {0, 2, 1, 3};
  for (int32_t k = 0; k < 4; ++k) {
    for (int32_t i = 0; i < 4; ++i) {
      const int32_t lane = 4 * i + offsets[k];
      int32_t sum = 0;
      for (int32_t tap = 0; tap + 1 < count; tap += 2) {
        /* 16 bits, as the instructions' sums of two. */
        sum += (int16_t)(taps[tap][c + lane] * weights[16 * tap + lane] +
                         taps[tap + 1][c + lane] * weights[16 * tap + 16 + lane]);
      }
      if (count % 2 > 0) sum += taps[count - 1][c + lane] * weights[16 * (count - 1) + lane];
      sums[4 * k + i] = sum;
    }
  }
}

#endif

#endif
