/* Depthwise convolution with Helium: the loops over vectors. What each does, then how, on Helium and elsewhere. */
#ifndef TSR_MVE_WINDOW_H
#define TSR_MVE_WINDOW_H

#include "tsr_mve_bytes.h"

/*
 * Depthwise 3 x 3, 16 channels at a time. tsr_mve_depthwise_pixels turns `turns` columns and computes pixels, limited to int8,
 * until no channels are left; what it goes through it changes. A turned column has 64 bytes: for each of 16 channels the
 * bytes of three rows and one of any value. Behind the last turned column there are 64 bytes of any value. weights:
 * [channels][kernel_w][kernel_h]; stream: for each four channels biases and halved multipliers, of which the high word of a
 * product, with the offset, is an output times 2, to be rounded. Where there are 8 channels alone, side by side in the rows,
 * two columns are turned as one. Kernels fill in what tsr_mve_depthwise_start and tsr_mve_depthwise_pixels do not.
 */
typedef struct tsr_mve_depthwise {
  const int8_t *rows[3];
  int8_t *to; /* where the first column goes that is turned */
  int32_t turns;
  int32_t left; /* channels, a multiple of 4 */
  int8_t *out;
  const int8_t *weights;
  const int32_t *stream;
  int32_t offset;
  int32_t four; /* from four pixels to the next four; where columns are shared from eight to the next eight, less than 2^16 */
  const uint32_t *places;
  const int8_t *turned; /* the first column, and before pixels are computed a step before it */
  int32_t back;
  int32_t fours; /* of pixels */
  int32_t rest;
  int32_t eights; /* where columns are shared: of pixels, and four more where there is a rest */
  int32_t apart;   /* from a pixel to the next */
  int32_t step;    /* from a column of a row to the next */
  int32_t kind;    /* 1 where the step is 16, 2 where it is 32, 3 where it is 64, all with 16 lanes; 0; or -1: rows are missing */
  int32_t part;    /* lanes of the last columns, where less than 16 channels are left */
  int32_t known;   /* 1 where further is 32, 2 where it is 64, 3 where it is 128; or 0 */
  int32_t stride;
  int32_t way;     /* known, or 3 more where two pixels are computed of four columns */
  int32_t further; /* from the columns of a pixel to those of the next */
  const int8_t *end;
  int32_t steps[3]; /* where rows are missing, from column to column and from 16 channels to the next: 0 for those */
  int32_t next[3];
  int32_t twice[4];
  uint32_t both[8];
  uint32_t pairs[8];
  uint8_t spread[16];
  uint32_t columns[4];
} tsr_mve_depthwise;

/*
 * tsr_mve_depthwise_taps: sums[4 * k + i], for channel c + 4 * i + {0, 2, 1, 3}[k], of the products under `count` taps, each
 * a pointer to a pixel, with weights [taps][16]. Two neighbouring products together must fit 16 bits.
 */

#if defined(__ARM_FEATURE_MVE)

#include <stddef.h>

/* Where the nine weights of a channel stand in a vector of four columns of four rows. */
static const uint8_t tsr_mve_spread[16] = {0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 0, 0, 0, 0};

/*
 * Registers of all of these: r9 is the structure. Every other register is in use, so that compilers could not allocate
 * them.
 */
#define TSR_MVE_WINDOW_REGISTERS \
  "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r10", "r11", "r12", "lr", "cc", "memory", "q0", "q1", "q2", \
      "q3", "q4", "q5", "q6", "q7"
#define TSR_MVE_WINDOW_FIELD(name) [name] "i"(offsetof(tsr_mve_depthwise, name))

/* Columns of 16 channels of three rows: loads that go on by themselves, or by `adds`. */
#define TSR_MVE_TURN(loads, adds) \
  "1:\n\t" loads adds "vst40.8 {q0, q1, q2, q3}, [r6]\n\tvst41.8 {q0, q1, q2, q3}, [r6]\n\t" \
  "vst42.8 {q0, q1, q2, q3}, [r6]\n\tvst43.8 {q0, q1, q2, q3}, [r6]!\n\tle lr, 1b\n\t"
#define TSR_MVE_TURN_KNOWN(step) \
  TSR_MVE_TURN("vldrb.8 q0, [r0], #" step "\n\tvldrb.8 q1, [r1], #" step "\n\tvldrb.8 q2, [r2], #" step "\n\t", "")
#define TSR_MVE_TURN_ADDS "add r0, r3\n\tadd r1, r4\n\tadd r2, r5\n\t"

/* Turns the columns of 16 channels, or of as many as there are, and goes on to the next. */
TSR_MVE_INLINE void tsr_mve_turn_block(tsr_mve_depthwise *p) {
  register tsr_mve_depthwise *all __asm__("r9") = p;
  /* Says that the predicate is lost. */
  mve_pred16_t there;
  __asm__ volatile(
      "ldm r9, {r0, r1, r2, r6, lr}\n\tldr r7, [r9, %[kind]]\n\tadd r10, r0, #16\n\tadd r11, r1, #16\n\tadd r12, r2, #16\n\t"
      "cmp r7, #2\n\tstm r9, {r10, r11, r12}\n\tbgt 6f\n\tbeq 5f\n\tcmp r7, #0\n\tbgt 7f\n\t"
      "ldr r3, [r9, %[step]]\n\tmov r4, r3\n\tmov r5, r3\n\tbeq 3f\n\t"
      "ldr r10, [r9, %[next]]\n\tldr r11, [r9, %[next] + 4]\n\tldr r12, [r9, %[next] + 8]\n\t"
      "add r10, r0\n\tadd r11, r1\n\tadd r12, r2\n\tstm r9, {r10, r11, r12}\n\t"
      "ldr r3, [r9, %[steps]]\n\tldr r4, [r9, %[steps] + 4]\n\tldr r5, [r9, %[steps] + 8]\n"
      "3:\n\twls lr, lr, 2f\n\tldr r8, [r9, %[left]]\n\tcmp r8, #16\n\tblt 4f\n\t"
      TSR_MVE_TURN("vldrb.8 q0, [r0]\n\tvldrb.8 q1, [r1]\n\tvldrb.8 q2, [r2]\n\t", TSR_MVE_TURN_ADDS) "b 2f\n"
      "4:\n\tldr r8, [r9, %[part]]\n\tvctp.8 r8\n\t"
      TSR_MVE_TURN("vpsttt\n\tvldrbt.8 q0, [r0]\n\tvldrbt.8 q1, [r1]\n\tvldrbt.8 q2, [r2]\n\t", TSR_MVE_TURN_ADDS) "b 2f\n"
      "5:\n\twls lr, lr, 2f\n\t" TSR_MVE_TURN_KNOWN("32") "b 2f\n"
      "6:\n\twls lr, lr, 2f\n\t" TSR_MVE_TURN_KNOWN("64") "b 2f\n"
      "7:\n\twls lr, lr, 2f\n\t" TSR_MVE_TURN_KNOWN("16") "2:"
      : [there] "=Up"(there)
      : "r"(all), TSR_MVE_WINDOW_FIELD(left), TSR_MVE_WINDOW_FIELD(step), TSR_MVE_WINDOW_FIELD(kind), TSR_MVE_WINDOW_FIELD(part),
        TSR_MVE_WINDOW_FIELD(steps), TSR_MVE_WINDOW_FIELD(next)
      : TSR_MVE_WINDOW_REGISTERS);
}

/*
 * r0, r2, r4, r6: sums of four channels; r1: output; r3: that of the first pixel; r5: weights; r7: stream; r8: offset;
 * r10: from four pixels to the next; r11: places of the outputs of two pixels and of two more; r12: from the last columns of four channels
 * to the first of the next four. q0 to q3: weights; q5: addresses of four columns; q6, q7: sums of a pixel each.
 */
/* Sums of four channels of a pixel, whose columns `first` says, and the others those at `rest`; they begin at the biases. */
#define TSR_MVE_SUMS(first, rest, sums, other) \
  "ldm r7, {r0, r2, r4, r6}\n\tvldrw.32 " sums ", [q5" first "\n\tvmladava.s8 r0, q0, " sums "\n\tvldrw.32 " other ", [q5, #" rest \
  "+4]\n\tvmladava.s8 r2, q1, " other "\n\tvldrw.32 " sums ", [q5, #" rest "+8]\n\tvmladava.s8 r4, q2, " sums \
  "\n\tvldrw.32 " other ", [q5, #" rest "+12]\n\tvmladava.s8 r6, q3, " other "\n\t" \
  "vmov " sums "[2], " sums "[0], r0, r4\n\tvmov " sums "[3], " sums "[1], r2, r6\n\t"
/* Two pixels: their outputs go to the places at `places`. */
#define TSR_MVE_PIXELS(first, second, places) \
  first second "vldrw.32 q4, [r7, #16]\n\tvqdmlash.s32 q6, q4, r8\n\tvqdmlash.s32 q7, q4, r8\n\tvqrshrnb.s32 q6, q6, #1\n\t" \
  "vqrshrnt.s32 q6, q7, #1\n\tvldrh.16 q4, [r11" places "]\n\tvqmovnb.s16 q6, q6\n\tvstrb.16 q6, [r1, q4]\n\t"
/* Before and after 16 channels. */
#define TSR_MVE_BLOCK_BEGIN \
      "ldr r1, [r9, %[left]]\n\tadd r0, r9, %[out]\n\tmovw r2, #0x777\n\tvldrw.32 q5, [r9, %[columns]]\n\t" \
      "ldm r0, {r3, r5, r7, r8, r10, r11, r12}\n\tcmp r1, #16\n\tit gt\n\tmovgt r1, #16\n\tvmsr p0, r2\n\tadd r1, r3\n\t" \
      "str r1, [r9, %[end]]\n\tvadd.i32 q5, q5, r12\n\t"
#define TSR_MVE_BLOCK_END \
  "add r0, r9, %[out]\n\tldr r1, [r9, %[left]]\n\tstm r0, {r3, r5, r7}\n\tsubs r1, #16\n\tstr r1, [r9, %[left]]"
/* first, second: how the columns of an even and of an odd pixel are found; `last`: those of a single one. */
#define TSR_MVE_DEPTHWISE(first, second, last) \
  __asm__ volatile( \
      TSR_MVE_BLOCK_BEGIN "ldr r12, [r9, %[back]]\n" \
      "9:\n\tvldrw.32 q7, [r9, %[spread]]\n\tadd r0, r5, #9\n\tadd r2, r5, #18\n\tadd r4, r5, #27\n\tvpstttt\n\t" \
      "vldrbt.u8 q0, [r5, q7]\n\tvldrbt.u8 q1, [r0, q7]\n\tvldrbt.u8 q2, [r2, q7]\n\tvldrbt.u8 q3, [r4, q7]\n\t" \
      "add r5, #36\n\tmov r1, r3\n\tldr lr, [r9, %[fours]]\n\twls lr, lr, 2f\n1:\n\t" \
      TSR_MVE_PIXELS(first, second, "") TSR_MVE_PIXELS(first, second, ", #16") "add r1, r10\n\tle lr, 1b\n" \
      "2:\n\tldr r0, [r9, %[rest]]\n\tcbnz r0, 4f\n" \
      "3:\n\tldr r0, [r9, %[end]]\n\tadd r3, #4\n\tadd r7, #32\n\tvadd.i32 q5, q5, r12\n\tcmp r3, r0\n\tbne 9b\n\tb 6f\n" \
      "4:\n\tcmp r0, #1\n\tbeq 5f\n\t" \
      TSR_MVE_PIXELS(first, second, "") "ldr r0, [r9, %[rest]]\n\tcmp r0, #2\n\tbeq 3b\n\tadd r1, r1, r10, lsr #1\n" \
      "5:\n\t" last "vldrw.32 q4, [r7, #16]\n\tvqdmlash.s32 q6, q4, r8\n\t" \
      "vqrshrnb.s32 q6, q6, #1\n\tvqmovnb.s16 q6, q6\n\tvstrb.32 q6, [r1]\n\tb 3b\n" \
      "6:\n\t" TSR_MVE_BLOCK_END \
      : [there] "=Up"(there) \
      : "r"(all), TSR_MVE_WINDOW_FIELD(left), TSR_MVE_WINDOW_FIELD(out), TSR_MVE_WINDOW_FIELD(back), TSR_MVE_WINDOW_FIELD(fours), \
        TSR_MVE_WINDOW_FIELD(rest), TSR_MVE_WINDOW_FIELD(spread), TSR_MVE_WINDOW_FIELD(columns), TSR_MVE_WINDOW_FIELD(end), \
        TSR_MVE_WINDOW_FIELD(further) \
      : TSR_MVE_WINDOW_REGISTERS)
/* Where the distance is known: from two pixels to the next `two` bytes, from one to the other half of that. */
#define TSR_MVE_DEPTHWISE_KNOWN(one, two) \
  TSR_MVE_DEPTHWISE(TSR_MVE_SUMS(", #" two "]!", "0", "q6", "q7"), TSR_MVE_SUMS(", #" one "]", one, "q7", "q4"), \
                    TSR_MVE_SUMS(", #" two "]", two, "q6", "q7"))
#define TSR_MVE_FURTHER "ldr r0, [r9, %[further]]\n\tvadd.i32 q5, q5, r0\n\t"

/*
 * Two channels at a time where neighbouring windows overlap by two of their columns: four columns hold those of two pixels,
 * and a second vector of weights has them a column further. q0, q1 and q2, q3: weights of a channel each; q4 multipliers;
 * r12 the biases of two pixels.
 */
#define TSR_MVE_PAIRED_SUMS(sums, first, second, other) \
  "ldm r12, {r0, r2, r4, r6}\n\tvldrw.32 " sums ", [q5" first "\n\tvmladava.s8 r0, q0, " sums "\n\tvmladava.s8 r4, q1, " sums \
  "\n\tvldrw.32 " other ", [q5, #" second "+4]\n\tvmladava.s8 r2, q2, " other "\n\tvmladava.s8 r6, q3, " other \
  "\n\tvmov " sums "[2], " sums "[0], r0, r4\n\tvmov " sums "[3], " sums "[1], r2, r6\n\t"
#define TSR_MVE_PAIRED_FOUR(two, four, places) \
  TSR_MVE_PAIRED_SUMS("q6", ", #" four "]!", "0", "q7") TSR_MVE_PAIRED_SUMS("q7", ", #" two "]", two, "q7") \
  "vqdmlash.s32 q6, q4, r8\n\tvqdmlash.s32 q7, q4, r8\n\tvqrshrnb.s32 q6, q6, #1\n\tvqrshrnt.s32 q6, q7, #1\n\t" \
  "vldrh.16 q7, [r11" places "]\n\tvqmovnb.s16 q6, q6\n\tvstrb.16 q6, [r1, q7]\n\t"
#define TSR_MVE_PAIRED_PASS(biases, multipliers, two, four) \
  "vldrw.32 q7, [r9, %[spread]]\n\tadd r2, r5, #9\n\tvpstt\n\tvldrbt.u8 q0, [r5, q7]\n\tvldrbt.u8 q2, [r2, q7]\n\tmovs r0, #0\n\t" \
  "add r5, #18\n\tvmov q1, q0\n\tldrd r2, r4, [r7, #" biases "]\n\tvshlc q1, r0, #32\n\tstrd r2, r4, [r12]\n\tvmov q3, q2\n\t" \
  "strd r2, r4, [r12, #8]\n\tvshlc q3, r0, #32\n\tldrd r2, r4, [r7, #" multipliers "]\n\tmov r1, r3\n\tvmov q4[2], q4[0], r2, r2\n\t" \
  "ldr lr, [r9, %[eights]]\n\tvmov q4[3], q4[1], r4, r4\n\twls lr, lr, 2f\n1:\n\t" \
  TSR_MVE_PAIRED_FOUR(two, four, "") TSR_MVE_PAIRED_FOUR(two, four, ", #16") "add r1, r10\n\tle lr, 1b\n2:\n\t" \
  "ldr r0, [r9, %[rest]]\n\tcbz r0, 3f\n\t" TSR_MVE_PAIRED_FOUR(two, four, "") "3:\n\t" \
  "ldr r0, [r9, %[back]]\n\tadd r3, #2\n\tvadd.i32 q5, q5, r0\n\t"
#define TSR_MVE_PAIRED(two, four) \
  __asm__ volatile( \
      TSR_MVE_BLOCK_BEGIN "add r12, r9, %[twice]\n9:\n\t" \
      TSR_MVE_PAIRED_PASS("0", "16", two, four) TSR_MVE_PAIRED_PASS("8", "24", two, four) \
      "ldr r0, [r9, %[end]]\n\tadd r7, #32\n\tcmp r3, r0\n\tbne 9b\n\t" TSR_MVE_BLOCK_END \
      : [there] "=Up"(there) \
      : "r"(all), TSR_MVE_WINDOW_FIELD(left), TSR_MVE_WINDOW_FIELD(out), TSR_MVE_WINDOW_FIELD(back), TSR_MVE_WINDOW_FIELD(eights), \
        TSR_MVE_WINDOW_FIELD(rest), TSR_MVE_WINDOW_FIELD(spread), TSR_MVE_WINDOW_FIELD(columns), TSR_MVE_WINDOW_FIELD(end), TSR_MVE_WINDOW_FIELD(twice) \
      : TSR_MVE_WINDOW_REGISTERS)

static __attribute__((noinline, unused)) void tsr_mve_depthwise_3x3(tsr_mve_depthwise *p) {
  register tsr_mve_depthwise *all __asm__("r9") = p;
  mve_pred16_t there;
  do {
    tsr_mve_turn_block(all);
    switch (all->way) {
      case 1:
        TSR_MVE_DEPTHWISE_KNOWN("32", "64");
        break;
      case 2:
        TSR_MVE_DEPTHWISE_KNOWN("64", "128");
        break;
      case 3:
        TSR_MVE_DEPTHWISE_KNOWN("128", "256");
        break;
      case 4:
        TSR_MVE_PAIRED("64", "128");
        break;
      case 5:
        TSR_MVE_PAIRED("128", "256");
        break;
      default:
        TSR_MVE_DEPTHWISE(TSR_MVE_FURTHER TSR_MVE_SUMS("]", "0", "q6", "q7"),
                          TSR_MVE_FURTHER TSR_MVE_SUMS("]", "0", "q7", "q4"),
                          TSR_MVE_FURTHER TSR_MVE_SUMS("]", "0", "q6", "q7"));
    }
  } while (all->left > 0);
}

/* What depends on how many pixels there are, and on how far apart their columns and outputs lie. */
TSR_MVE_INLINE void tsr_mve_depthwise_start(tsr_mve_depthwise *p, int32_t column, int32_t out_pixel) {
  /* Of each channel of two pixels, and of two more. */
  const uint32x4_t first = vmlaq_n_u32(vdupq_n_u32((uint32_t)out_pixel << 16), vidupq_n_u32(0, 1), 0x10001);
  vstrwq_u32(p->both, first);
  vstrwq_u32(p->both + 4, vaddq_n_u32(first, (uint32_t)out_pixel * 0x20002));
  p->apart = out_pixel;
  vstrbq_u8(p->spread, vldrbq_u8(tsr_mve_spread));
  vstrwq_u32(p->columns, vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)column));
}

/* Computes so many pixels from the columns at `turned`. */
TSR_MVE_INLINE void tsr_mve_depthwise_pixels(tsr_mve_depthwise *p, int32_t count, const int8_t *turned) {
  const int32_t further = p->further;
  p->fours = count >> 2;
  p->rest = count & 3;
  p->way = p->known;
  p->places = p->both;
  /* Twice as many passes want long rows. */
  if (p->stride == 1 && count >= 20 && p->rest == 0) {
    /* Of two channels of two pixels, and of two more. */
    const uint32_t next = (uint32_t)p->apart;
    const uint32_t two = next << 17;
    p->way += 3;
    p->places = p->pairs;
    for (int32_t i = 0; i < 2; ++i) {
      const uint32_t first = two + (uint32_t)i * next * 0x40004;
      p->pairs[4 * i] = first;
      p->pairs[4 * i + 1] = first + 0x10001;
      p->pairs[4 * i + 2] = first + next * 0x10001;
      p->pairs[4 * i + 3] = first + next * 0x10001 + 0x10001;
    }
    p->four = (int32_t)(8 * next);
    p->eights = count >> 3;
    p->rest = count & 4;
    p->back = 8 - count * further;
    p->turned = turned - 4 * further;
  } else {
    p->four = 4 * p->apart;
    /* The addresses of columns go along with even pixels, or where the stride is not known with all. */
    p->back = 16 - (p->known > 0 ? count & ~1 : count) * further;
    p->turned = turned - (p->known > 0 ? 2 * further : further);
  }
  tsr_mve_depthwise_3x3(p);
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

TSR_MVE_INLINE void tsr_mve_turn_block(tsr_mve_depthwise *p) {
  const int32_t lanes = p->left < 16 ? p->part : 16;
  for (int32_t ky = 0; ky < 3; ++ky) {
    const int32_t step = p->kind < 0 ? p->steps[ky] : p->step;
    for (int32_t x = 0; x < p->turns; ++x) {
      for (int32_t c = 0; c < 16; ++c) p->to[64 * x + 4 * c + ky] = (int8_t)(c < lanes ? p->rows[ky][x * step + c] : 0);
    }
    p->rows[ky] += p->kind < 0 ? p->next[ky] : 16;
  }
}

TSR_MVE_INLINE void tsr_mve_depthwise_start(tsr_mve_depthwise *p, int32_t column, int32_t out_pixel) {
  p->both[0] = (uint32_t)column;
  p->apart = out_pixel;
}

TSR_MVE_INLINE void tsr_mve_depthwise_pixels(tsr_mve_depthwise *p, int32_t count, const int8_t *turned) {
  const int32_t column = (int32_t)p->both[0];
  const int32_t next = p->apart;
  for (; p->left > 0; p->left -= 16) {
    if (p->turns > 0) tsr_mve_turn_block(p);
    for (int32_t c = 0; c < tsr_min(16, p->left); ++c, ++p->out, p->weights += 9) {
      const int32_t *four = p->stream + c / 4 * 8 + c % 4;
      for (int32_t x = 0; x < count; ++x) {
        int32_t sum = four[0];
        for (int32_t i = 0; i < 9; ++i) {
          sum = tsr_mve_c_add(sum, turned[x * p->further + i / 3 * column + 4 * c + i % 3] * p->weights[i]);
        }
        p->out[x * next] = tsr_requantize(sum, 2 * four[4], p->offset + 1, 1, -128, 127);
      }
    }
    p->stream += 32;
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
