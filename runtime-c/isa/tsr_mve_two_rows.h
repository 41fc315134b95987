/* Depthwise convolution 3 x 3 with Helium, two rows of outputs at a time. What it does, then how, on Helium and elsewhere. */
#ifndef TSR_MVE_TWO_ROWS_H
#define TSR_MVE_TWO_ROWS_H

#include "tsr_mve_bytes.h"

/*
 * As tsr_mve_depthwise of tsr_mve_window.h, but a turned column has the bytes of four rows: a vector of four columns holds
 * the windows of two pixels of two rows, and four vectors of weights give their sums. tsr_mve_two_rows_start is called once,
 * tsr_mve_two_rows_pixels says which pixels, at least two, and tsr_mve_two_rows_channels computes them: left, out, weights
 * and stream are where it begins, and it changes them, and the rows.
 */
typedef struct tsr_mve_two_rows {
  uint8_t shifted[24]; /* the weights of a channel, and zeros before them */
  uint8_t spread[16];
  uint32_t places[4];  /* of two rows of two pixels, and of the next two */
  uint32_t columns[4]; /* the addresses of four columns, two columns before the first */
  const int8_t *rows[4];
  int8_t *to; /* where the first column goes that is turned */
  int32_t turns;
  int32_t steps[4]; /* from column to column, where that is not known: 0 for rows that are missing */
  int32_t next[4];  /* and from 16 channels to the next */
  int8_t *out;
  int32_t block; /* channels, at most 16, and a multiple of 4 */
  const int8_t *weights;
  const int32_t *stream;
  int32_t zero_point;
  int32_t four; /* from four pixels to the next four */
  int32_t fours;
  int32_t rest;
  int32_t backs[2]; /* from behind the last columns and the last pixel of a channel to the first of the next */
  int32_t edges[2]; /* where the rest is odd, to the last two columns and pixels */
  int32_t left;     /* channels, a multiple of 4 */
  int32_t step;
  int32_t kind; /* as that of tsr_mve_depthwise where all rows are there; of the next two only one may be */
  int32_t above;
  int32_t below; /* whether the first row, or the last, is missing */
  int32_t part;
  int32_t column; /* bytes of a turned column */
  int32_t apart;  /* from a pixel to the next */
  int32_t padding;
  const int8_t *turned;
} tsr_mve_two_rows;

#if defined(__ARM_FEATURE_MVE)

#include <stddef.h>

/* Registers of all of these: r9 is the structure. Every other register is in use. */
#define TSR_MVE_TWO_ROWS_REGISTERS \
  "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r10", "r11", "r12", "lr", "cc", "memory", "q0", "q1", "q2", \
      "q3", "q4", "q5", "q6", "q7"
#define TSR_MVE_TWO_ROWS_FIELD(name) [name] "i"(offsetof(tsr_mve_two_rows, name))

/* Turns columns of 16 channels: `begin`, then for each `loads`; and goes on to the next 16 channels. */
#define TSR_MVE_TWO_ROWS_TURN(begin, loads) \
  __asm__ volatile( \
      "add r7, r9, %[rows]\n\tldm r7, {r0, r1, r2, r3, r6, lr}\n\t" begin "wls lr, lr, 2f\n1:\n\t" loads \
      "vst40.8 {q0, q1, q2, q3}, [r6]\n\tvst41.8 {q0, q1, q2, q3}, [r6]\n\tvst42.8 {q0, q1, q2, q3}, [r6]\n\t" \
      "vst43.8 {q0, q1, q2, q3}, [r6]!\n\tle lr, 1b\n2:" \
      : [there] "=Up"(there) \
      : "r"(all), TSR_MVE_TWO_ROWS_FIELD(rows), TSR_MVE_TWO_ROWS_FIELD(steps), TSR_MVE_TWO_ROWS_FIELD(next), \
        TSR_MVE_TWO_ROWS_FIELD(block), TSR_MVE_TWO_ROWS_FIELD(part), TSR_MVE_TWO_ROWS_FIELD(padding) \
      : TSR_MVE_TWO_ROWS_REGISTERS)
#define TSR_MVE_TWO_ROWS_NEXT \
  "add r4, r0, #16\n\tadd r5, r1, #16\n\tadd r10, r2, #16\n\tadd r11, r3, #16\n\tstm r7, {r4, r5, r10, r11}\n\t"
#define TSR_MVE_TWO_ROWS_LOAD(q, row, step) "vldrb.8 " q ", [" row "], #" step "\n\t"
/* Rows whose step is known: all, or without the first or the last. */
#define TSR_MVE_TWO_ROWS_ALL(step) \
  TSR_MVE_TWO_ROWS_TURN(TSR_MVE_TWO_ROWS_NEXT, TSR_MVE_TWO_ROWS_LOAD("q0", "r0", step) TSR_MVE_TWO_ROWS_LOAD("q1", "r1", step) \
                        TSR_MVE_TWO_ROWS_LOAD("q2", "r2", step) TSR_MVE_TWO_ROWS_LOAD("q3", "r3", step))
#define TSR_MVE_TWO_ROWS_ABOVE(step) \
  TSR_MVE_TWO_ROWS_TURN(TSR_MVE_TWO_ROWS_NEXT "ldr r8, [r9, %[padding]]\n\tvdup.8 q0, r8\n\t", \
                        TSR_MVE_TWO_ROWS_LOAD("q1", "r1", step) TSR_MVE_TWO_ROWS_LOAD("q2", "r2", step) \
                        TSR_MVE_TWO_ROWS_LOAD("q3", "r3", step))
#define TSR_MVE_TWO_ROWS_BELOW(step) \
  TSR_MVE_TWO_ROWS_TURN(TSR_MVE_TWO_ROWS_NEXT "ldr r8, [r9, %[padding]]\n\tvdup.8 q3, r8\n\t", \
                        TSR_MVE_TWO_ROWS_LOAD("q0", "r0", step) TSR_MVE_TWO_ROWS_LOAD("q1", "r1", step) \
                        TSR_MVE_TWO_ROWS_LOAD("q2", "r2", step))
/* Any rows: their steps are in r4, r5, r8 and r12. */
#define TSR_MVE_TWO_ROWS_STEPS \
  "add r8, r9, %[next]\n\tldm r8, {r4, r5, r10, r11}\n\tadd r4, r0\n\tadd r5, r1\n\tadd r10, r2\n\tadd r11, r3\n\t" \
  "stm r7, {r4, r5, r10, r11}\n\tldr r7, [r9, %[block]]\n\tadd r12, r9, %[steps]\n\tldm r12, {r4, r5, r8, r12}\n\t"
#define TSR_MVE_TWO_ROWS_ADDS "add r0, r4\n\tadd r1, r5\n\tadd r2, r8\n\tadd r3, r12\n\t"

TSR_MVE_INLINE void tsr_mve_two_rows_turn(tsr_mve_two_rows *p) {
  register tsr_mve_two_rows *all __asm__("r9") = p;
  /* Says that the predicate is lost. */
  mve_pred16_t there;
  if (p->block < 16 && p->part < 16) {
    TSR_MVE_TWO_ROWS_TURN(
        TSR_MVE_TWO_ROWS_STEPS "ldr r7, [r9, %[part]]\n\tvctp.8 r7\n\t",
        "vpstttt\n\tvldrbt.8 q0, [r0]\n\tvldrbt.8 q1, [r1]\n\tvldrbt.8 q2, [r2]\n\tvldrbt.8 q3, [r3]\n\t" TSR_MVE_TWO_ROWS_ADDS);
    return;
  }
  switch (p->kind) {
    case 1:
      TSR_MVE_TWO_ROWS_ALL("16");
      break;
    case 2:
      TSR_MVE_TWO_ROWS_ALL("32");
      break;
    case 3:
      TSR_MVE_TWO_ROWS_ALL("64");
      break;
    case 4:
      TSR_MVE_TWO_ROWS_ABOVE("16");
      break;
    case 5:
      TSR_MVE_TWO_ROWS_ABOVE("32");
      break;
    case 6:
      TSR_MVE_TWO_ROWS_ABOVE("64");
      break;
    case 7:
      TSR_MVE_TWO_ROWS_BELOW("16");
      break;
    case 8:
      TSR_MVE_TWO_ROWS_BELOW("32");
      break;
    case 9:
      TSR_MVE_TWO_ROWS_BELOW("64");
      break;
    default:
      TSR_MVE_TWO_ROWS_TURN(TSR_MVE_TWO_ROWS_STEPS,
                            "vldrb.8 q0, [r0]\n\tvldrb.8 q1, [r1]\n\tvldrb.8 q2, [r2]\n\tvldrb.8 q3, [r3]\n\t" TSR_MVE_TWO_ROWS_ADDS);
  }
}

/*
 * r0, r2, r4, r6: sums; r1: output; r3: channels; r5: weights; r7: stream; r8: zero point; r10: from four pixels to the next;
 * r11: multiplier; r12: bias. q0 to q3: weights of a pixel, of that below, of that on the right and of that below; q4: places;
 * q5: addresses of four columns.
 */
/* Two pixels of two rows, before they are shifted. */
#define TSR_MVE_TWO_ROWS_SUMS(q, two) \
  "vldrw.32 " q ", [q5, #" two "]!\n\tvmladav.s8 r0, q0, " q "\n\tvmladav.s8 r2, q1, " q "\n\tvmladav.s8 r4, q2, " q \
  "\n\tvmladav.s8 r6, q3, " q "\n\tvmov " q "[2], " q "[0], r0, r4\n\tvmov " q "[3], " q "[1], r2, r6\n\t" \
  "vadd.i32 " q ", " q ", r12\n\tvqdmulh.s32 " q ", " q ", r11\n\t"
#define TSR_MVE_TWO_ROWS_TWO(two) \
  TSR_MVE_TWO_ROWS_SUMS("q6", two) "vqrshrnb.s32 q6, q6, #1\n\tvmovlb.u16 q7, q4\n\tvqadd.s16 q6, q6, r8\n\t" \
  "vqmovnb.s16 q6, q6\n\tvstrb.32 q6, [r1, q7]\n\t"
/* One channel: its weights, one row and one column and both further, then its pixels. */
#define TSR_MVE_TWO_ROWS_CHANNEL(bias, multiplier, two, tail) \
  "vldrw.32 q7, [r9, %[spread]]\n\tvpst\n\tvldrbt.u8 q0, [r5, q7]\n\tadd r5, #9\n\tvstrw.32 q0, [r9, #8]\n\t" \
  "vldrb.8 q1, [r9, #7]\n\tvldrb.8 q2, [r9, #4]\n\tvldrb.8 q3, [r9, #3]\n\tldr r12, [r7, #" bias "]\n\t" \
  "ldr r11, [r7, #" multiplier "]\n\tldr lr, [r9, %[fours]]\n\twls lr, lr, 2f\n1:\n\t" \
  TSR_MVE_TWO_ROWS_SUMS("q6", two) TSR_MVE_TWO_ROWS_SUMS("q7", two) "vqrshrnb.s32 q6, q6, #1\n\t" \
  "vqrshrnt.s32 q6, q7, #1\n\tvqadd.s16 q6, q6, r8\n\tvqmovnb.s16 q6, q6\n\tvstrb.16 q6, [r1, q4]\n\tadd r1, r10\n\t" \
  "le lr, 1b\n2:\n\t" tail "ldrd r0, r2, [r9, %[backs]]\n\tvadd.i32 q5, q5, r0\n\tadd r1, r2\n\t"
#define TSR_MVE_TWO_ROWS_CHANNELS(two, tail) \
  __asm__ volatile( \
      "add r0, r9, %[out]\n\tldm r0, {r1, r3, r5, r7, r8, r10}\n\tmovw r2, #0x777\n\tvmsr p0, r2\n\t" \
      "vldrw.32 q5, [r9, %[columns]]\n\tvldrw.32 q4, [r9, %[places]]\n9:\n\t" \
      TSR_MVE_TWO_ROWS_CHANNEL("0", "16", two, tail) TSR_MVE_TWO_ROWS_CHANNEL("4", "20", two, tail) \
      TSR_MVE_TWO_ROWS_CHANNEL("8", "24", two, tail) TSR_MVE_TWO_ROWS_CHANNEL("12", "28", two, tail) \
      "add r7, #32\n\tsubs r3, #4\n\tbne 9b\n\tadd r0, r9, %[out]\n\tstm r0, {r1, r3, r5, r7}" \
      : [there] "=Up"(there) \
      : "r"(all), TSR_MVE_TWO_ROWS_FIELD(out), TSR_MVE_TWO_ROWS_FIELD(columns), TSR_MVE_TWO_ROWS_FIELD(places), \
        TSR_MVE_TWO_ROWS_FIELD(spread), TSR_MVE_TWO_ROWS_FIELD(fours), TSR_MVE_TWO_ROWS_FIELD(rest), \
        TSR_MVE_TWO_ROWS_FIELD(backs), TSR_MVE_TWO_ROWS_FIELD(edges) \
      : TSR_MVE_TWO_ROWS_REGISTERS)
/* Pixels behind the fours: of an odd number the last are computed with those before them. */
#define TSR_MVE_TWO_ROWS_REST(two) \
  "ldr r0, [r9, %[rest]]\n\tcmp r0, #1\n\tblt 4f\n\tbeq 3f\n\t" TSR_MVE_TWO_ROWS_TWO(two) \
  "ldr r0, [r9, %[rest]]\n\tcmp r0, #2\n\tbeq 4f\n3:\n\tldrd r0, r2, [r9, %[edges]]\n\tvadd.i32 q5, q5, r0\n\tadd r1, r2\n\t" \
  TSR_MVE_TWO_ROWS_TWO(two) "4:\n\t"

static __attribute__((noinline, unused)) void tsr_mve_two_rows_channels(tsr_mve_two_rows *p) {
  register tsr_mve_two_rows *all __asm__("r9") = p;
  mve_pred16_t there;
  do {
    all->block = tsr_min(16, all->left);
    tsr_mve_two_rows_turn(all);
    if (all->column < 64) {
      TSR_MVE_TWO_ROWS_CHANNELS("64", TSR_MVE_TWO_ROWS_REST("64"));
    } else if (all->rest == 0) {
      TSR_MVE_TWO_ROWS_CHANNELS("128", "");
    } else if (all->rest == 2) {
      TSR_MVE_TWO_ROWS_CHANNELS("128", TSR_MVE_TWO_ROWS_TWO("128"));
    } else {
      TSR_MVE_TWO_ROWS_CHANNELS("128", TSR_MVE_TWO_ROWS_REST("128"));
    }
    all->left -= 16;
  } while (all->left > 0);
}

/* Where outputs go: the second row `row` bytes behind the first. Together with three pixels that is less than 2^16. */
TSR_MVE_INLINE void tsr_mve_two_rows_start(tsr_mve_two_rows *p, uint32_t row) {
  static const uint8_t spread[16] = {0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 0, 0, 0, 0};
  const uint32_t next = (uint32_t)p->apart;
  vstrbq_u8(p->spread, vldrbq_u8(spread));
  vstrbq_u8(p->shifted, vdupq_n_u8(0));
  p->places[0] = next << 17;
  p->places[1] = (next << 17) + row * 0x10001;
  p->places[2] = (next << 17) + next * 0x10001;
  p->places[3] = (next << 17) + (row + next) * 0x10001;
}

/* So many pixels of two rows are to be computed, from the columns at `turned`. */
TSR_MVE_INLINE void tsr_mve_two_rows_pixels(tsr_mve_two_rows *p, int32_t count, const int8_t *turned) {
  const int32_t next = p->apart;
  const int32_t rest = count & 3;
  const int32_t last = rest == 1 ? -next : rest == 3 ? next : 0;
  p->four = 4 * next;
  p->fours = count >> 2;
  p->rest = rest;
  p->backs[0] = 4 - count * p->column;
  p->backs[1] = 1 - (count >> 2) * 4 * next - last;
  p->edges[0] = -p->column;
  p->edges[1] = last;
  vstrwq_u32(p->columns, vaddq_n_u32(vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)p->column),
                                     (uint32_t)(turned - 2 * p->column)));
}

#else

TSR_MVE_INLINE void tsr_mve_two_rows_start(tsr_mve_two_rows *p, uint32_t row) { p->places[0] = row; }

TSR_MVE_INLINE void tsr_mve_two_rows_pixels(tsr_mve_two_rows *p, int32_t count, const int8_t *turned) {
  p->rest = count;
  p->turned = turned;
}

TSR_MVE_INLINE void tsr_mve_two_rows_channels(tsr_mve_two_rows *p) {
  const int32_t count = p->rest;
  const int8_t *const turned = p->turned;
  for (; p->left > 0; p->left -= 16) {
    p->block = tsr_min(16, p->left);
    const int32_t lanes = p->block < 16 && p->part < 16 ? p->part : 16;
    for (int32_t ky = 0; ky < 4; ++ky) {
      const int32_t there = !((p->kind > 3 && p->kind < 7 && ky == 0) || (p->kind > 6 && ky == 3));
      for (int32_t x = 0; x < p->turns; ++x) {
        for (int32_t c = 0; c < 16; ++c) {
          const int8_t *from = p->rows[ky] + x * (p->kind > 0 ? p->step : p->steps[ky]) + c;
          p->to[64 * x + 4 * c + ky] = (int8_t)(!there ? p->padding : c < lanes ? *from : 0);
        }
      }
      if (there) p->rows[ky] += p->kind > 0 ? 16 : p->next[ky];
    }
    for (int32_t c = 0; c < p->block; ++c, ++p->out, p->weights += 9) {
      const int32_t *four = p->stream + c / 4 * 8 + c % 4;
      for (int32_t i = 0; i < 2 * count; ++i) {
        const int8_t *window = turned + (i >> 1) * p->column + 4 * c + (i & 1);
        int32_t sum = four[0];
        for (int32_t k = 0; k < 9; ++k) sum = tsr_mve_c_add(sum, window[k / 3 * p->column + k % 3] * p->weights[k]);
        p->out[(i & 1) * (int32_t)p->places[0] + (i >> 1) * p->apart] =
            tsr_requantize(sum, 2 * four[4], 2 * p->zero_point + 1, 1, -128, 127);
      }
    }
    p->stream += 32;
  }
}

#endif

#endif
