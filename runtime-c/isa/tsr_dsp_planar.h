/*
 * Rows of depthwise 3 x 3 convolutions on Arm DSP, from channel-planar rows a, b and c to pixel-interleaved outputs, in
 * assembly: compilers run out of registers here. Other machines have no need of it: see tsr_depthwise__dsp_planar.h.
 *
 * A word of four columns of rows a and b is packed to a0 a1 b0 b1 and a2 a3 b2 b3, of which SXTB16 gives a column: a
 * pair of both rows, which SMLAD multiplies by their two weights, for each output that needs it. Of a word of row c it
 * gives columns 0 and 2, and 1 and 3: SMLAD multiplies those by the first and the last weight of the row. Sums of
 * outputs that need columns of the next word as well stay in registers.
 *
 * Weights of a channel: bias, w00 w02 w10 w12, w01 w20 w11 w21, multiplier; before those of each four w22 of the four.
 * Outputs are (high word of sum * multiplier + offset) >> 1, limited to int8.
 */
#ifndef TSR_DSP_PLANAR_H
#define TSR_DSP_PLANAR_H

#include "tsr_dsp.h"

/* What the loops keep on the stack: the assembly knows the offsets of the fields. The first six they set themselves. */
typedef struct tsr_dsp_planar {
  int32_t bias;
  uint32_t ab[3];      /* weights of rows a and b: columns 0, 1 and 2 */
  uint32_t c02;        /* of row c: columns 0 and 2 */
  uint32_t c1;         /* column 1, as the high half */
  uint32_t padding;    /* the input zero point as a pair */
  int32_t rest;        /* what is behind the words of a plane: see the loops */
  int32_t multiplier;  /* set by the loops, and so are ninths and end */
  int32_t offset;
  intptr_t out;        /* of the output before the next */
  int32_t step;        /* bytes from one output pixel to the next */
  const int32_t *weights;
  const int8_t *ninths;
  intptr_t end;        /* where the words of row a's plane end */
  const int32_t *weights_end;
  int32_t span;        /* bytes from the start of a plane of row a to `end` */
  int32_t missing;     /* whether a row is missing; only then the four behind the next count */
  int32_t next_out;    /* bytes from the last output to the one before the first of the next channel */
  uint32_t there_c;    /* ones where row c is there */
  uint32_t missing_ab; /* the input zero point where rows a and b are missing, as a pair */
  uint32_t there_ab;   /* ones where rows a and b are there, as a pair */
  uint32_t missing_c;  /* the input zero point as a pair where row c is missing */
  const int8_t *rows[3];
  int32_t more;        /* words of a plane behind the first, with stride 1: as below */
} tsr_dsp_planar;

/* `more`: how many words there are to be taken two at a time. */
enum { tsr_dsp_planar_even = 0, tsr_dsp_planar_none = 1, tsr_dsp_planar_odd = 2 };

#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)

/*
 * r0 context, of which a copy stands at the stack pointer; then r0, r1 and r2 rows a, b and c, r3 weights. r7 may be
 * the frame pointer: it is put back.
 */
#define TSR_DSP_PLANAR_ENTER                                                                      \
  "push {r7}\n\tsub sp, #108\n\tmov r1, sp\n\t"                                                   \
  "ldm r0!, {r2-r10}\n\tstm r1!, {r2-r10}\n\tldm r0!, {r2-r10}\n\tstm r1!, {r2-r10}\n\t"          \
  "ldm r0, {r2-r10}\n\tstm r1, {r2-r10}\n\tmov r0, r7\n\tmov r1, r8\n\tmov r2, r9\n\tldr r3, [sp, #48]\n"
#define TSR_DSP_PLANAR_LEAVE "add sp, #108\n\tpop {r7}"

/*
 * A channel's words: r7 bias, r8 to r10 weights of rows a and b, r11 and r12 c02 and c1. The weights of missing rows
 * count here, times the padding, and then no more. C is set afterwards: the first word.
 */
#define TSR_DSP_PLANAR_CHANNEL                                                                    \
  "11:\n\tmov r4, r3\n\tadd r3, r3, #4\n"                                                         \
  "10:\n\tldrsb r5, [r4], #1\n\tldm r3!, {r7, r11, r12, lr}\n\tstrd r3, r4, [sp, #48]\n\t"        \
  "ldrd r3, r6, [sp, #64]\n\tsxtb16 r8, r11\n\tsxtb16 r10, r11, ror #8\n\tsxtb16 r9, r12\n\t"     \
  "sxtb16 r12, r12, ror #8\n\tpkhbt r11, r12, r5, lsl #16\n\tadd r3, r0\n\tcmp r6, #0\n\t"        \
  "str lr, [sp, #32]\n\tstr r3, [sp, #56]\n\tbne 30f\n"                                           \
  "20:\n\tstm sp, {r7-r10}\n\tstrd r11, r12, [sp, #16]\n\t"
#define TSR_DSP_PLANAR_MISSING                                                                    \
  "30:\n\tldrd r3, r4, [sp, #80]\n\tldr r5, [sp, #88]\n\tldr r6, [sp, #76]\n\t"                   \
  "smlad r7, r8, r3, r7\n\tsmlad r7, r9, r3, r7\n\tsmlad r7, r10, r3, r7\n\t"                     \
  "smlad r7, r11, r5, r7\n\tsmlatb r7, r12, r5, r7\n\t"                                           \
  "and r8, r8, r4\n\tand r9, r9, r4\n\tand r10, r10, r4\n\tand r11, r11, r6\n\tand r12, r12, r6\n\tb 20b\n"

/* Behind a channel, r10 its last output: the next one, of these four or the next four. */
#define TSR_DSP_PLANAR_NEXT                                                                       \
  "ldr r6, [sp, #72]\n\tldrd r3, r4, [sp, #48]\n\tadd r10, r6\n\tstr r10, [sp, #40]\n\t"          \
  "tst r4, #3\n\tbne 10b\n\tldr r5, [sp, #60]\n\tcmp r3, r5\n\tbne 11b\n\tb 60f\n"

/* Requantises and stores the sum r3; r10 is its place then, lr the step. */
#define TSR_DSP_PLANAR_PUT                                                                        \
  "ldrd r10, lr, [sp, #32]\n\tsmmla r3, r3, r10, lr\n\tldrd r10, lr, [sp, #40]\n\t"               \
  "ssat r3, #8, r3, asr #1\n\tstrb r3, [r10]\n\t"

/*
 * Four columns, r8 to r10 the weights of rows a and b: they complete r3, r4, r5 and r6, of which `first` stores r3, and
 * begin r11 and r7, the bias before, which become r3 and r4.
 */
#define TSR_DSP_PLANAR_FOUR(first)                                                                \
  "ldr r12, [r0], #4\n\tldr lr, [r1], #4\n\t"                                                     \
  "pkhbt r11, r12, lr, lsl #16\n\tpkhtb lr, lr, r12, asr #16\n\t"                                 \
  "sxtb16 r12, r11\n\tsmlad r3, r12, r10, r3\n\tsmlad r4, r12, r9, r4\n\tsmlad r5, r12, r8, r7\n\t" \
  "sxtb16 r11, r11, ror #8\n\tsmlad r4, r11, r10, r4\n\tsmlad r5, r11, r9, r5\n\tsmlad r6, r11, r8, r7\n\t" \
  "sxtb16 r12, lr\n\tsmlad r5, r12, r10, r5\n\tsmlad r6, r12, r9, r6\n\tsmlad r11, r12, r8, r7\n\t" \
  "sxtb16 lr, lr, ror #8\n\tsmlad r6, lr, r10, r6\n\tsmlad r11, lr, r9, r11\n\tsmlad r7, lr, r8, r7\n\t" \
  "ldr r12, [r2], #4\n\tldrd r8, r9, [sp, #16]\n\tsxtb16 r10, r12\n\tsxtb16 r12, r12, ror #8\n\t" \
  "smlabt r3, r10, r8, r3\n\tsmlabt r4, r10, r9, r4\n\tsmlad r5, r10, r8, r5\n\tsmlatt r6, r10, r9, r6\n\t" \
  "smlatb r11, r10, r8, r11\n\tldrd r10, lr, [sp, #32]\n\t"                                       \
  "smlabt r4, r12, r8, r4\n\tsmlabt r5, r12, r9, r5\n\tsmlad r6, r12, r8, r6\n\t"                 \
  "smmla r3, r3, r10, lr\n\tsmmla r4, r4, r10, lr\n\tsmmla r5, r5, r10, lr\n\tsmmla r6, r6, r10, lr\n\t" \
  "ldrd r10, lr, [sp, #40]\n\t"                                                                   \
  "ssat r3, #8, r3, asr #1\n\tssat r4, #8, r4, asr #1\n\tssat r5, #8, r5, asr #1\n\tssat r6, #8, r6, asr #1\n\t" \
  first "add r3, r10, lr\n\tstrb r4, [r10, lr]\n\tstrb r5, [r10, lr, lsl #1]\n\tstrb r6, [r3, lr, lsl #1]\n\t" \
  "add r10, r10, lr, lsl #2\n\tstr r10, [sp, #40]\n\t"                                            \
  "smlatt r3, r12, r9, r11\n\tsmlatb r4, r12, r8, r7\n\tldm sp, {r7-r10}\n"

/*
 * All channels of a row of stride 1, as wide as its output, with a column of padding on each side; at least four
 * columns. `rest` columns follow the words. r3 and r4 are the sums of the outputs that need one and two columns more;
 * r3 is none at first.
 */
TSR_DSP_CALL void tsr_dsp_planar_3x3(const tsr_dsp_planar *context) {
  register const tsr_dsp_planar *r0 __asm__("r0") = context;
  __asm__ volatile(
      TSR_DSP_PLANAR_ENTER TSR_DSP_PLANAR_CHANNEL
      "ldr r6, [sp, #24]\n\tsmlad r4, r6, r8, r7\n\tsmlabb r4, r6, r11, r4\n\t"
      TSR_DSP_PLANAR_FOUR("")
      "ldr r5, [sp, #104]\n\tlsls r5, r5, #31\n\tbcs 2f\n\tbmi 3f\n"
      "1:\n\t" TSR_DSP_PLANAR_FOUR("strb r3, [r10]\n\t")
      "2:\n\t" TSR_DSP_PLANAR_FOUR("strb r3, [r10]\n\t")
      "ldr r5, [sp, #56]\n\tcmp r0, r5\n\tblo.w 1b\n"
      "3:\n\tldrd r5, r6, [sp, #24]\n\tcbnz r6, 5f\n"
      /* The padding on the right. */
      "4:\n\tldr r8, [sp, #16]\n\tsmlad r3, r5, r10, r3\n\tsmlabt r3, r5, r8, r3\n\t"
      TSR_DSP_PLANAR_PUT TSR_DSP_PLANAR_NEXT
      /* A single column. */
      "5:\n\tldrsb r12, [r0], #1\n\tldrsb lr, [r1], #1\n\tpkhbt r12, r12, lr, lsl #16\n\t"
      "smlad r3, r12, r10, r3\n\tsmlad r4, r12, r9, r4\n\tsmlad r11, r12, r8, r7\n\t"
      "ldrsb r12, [r2], #1\n\tldrd r8, r9, [sp, #16]\n\t"
      "smlabt r3, r12, r8, r3\n\tsmlabt r4, r12, r9, r4\n\tsmlabb r11, r12, r8, r11\n\t"
      TSR_DSP_PLANAR_PUT
      "add r10, lr\n\tstr r10, [sp, #40]\n\tmov r3, r4\n\tmov r4, r11\n\tldm sp, {r7-r10}\n\t"
      "subs r6, #1\n\tbne 5b\n\tb 4b\n"
      TSR_DSP_PLANAR_MISSING
      "60:\n\t" TSR_DSP_PLANAR_LEAVE
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

/*
 * What is behind the words of a row of stride 2, as bits of `rest`: one output more, then two; a last column, instead
 * of padding. And what is before: a column of padding, or none.
 */
enum {
  tsr_dsp_planar_one = 1,
  tsr_dsp_planar_two = 2,
  tsr_dsp_planar_column = 4,
  tsr_dsp_planar_padded = 8,
  tsr_dsp_planar_unpadded = 16
};

/*
 * All channels of a row of stride 2, with a column of padding on each side or none; at least eight columns behind the
 * padding and the column beside it. Eight columns make four outputs. r3 is the sum of the output that needs the next
 * column and no more; without padding on the left there is none at first.
 */
TSR_DSP_CALL void tsr_dsp_planar_3x3_stride2(const tsr_dsp_planar *context) {
  register const tsr_dsp_planar *r0 __asm__("r0") = context;
  __asm__ volatile(
      TSR_DSP_PLANAR_ENTER TSR_DSP_PLANAR_CHANNEL
      "ldrd r5, r6, [sp, #24]\n\tlsls r6, r6, #28\n\tbmi 40f\n"
      /* Eight columns: they complete r3, r4, lr and r12, and begin r7, which becomes r3. */
      "1:\n\tldr r11, [r0], #4\n\tldr r12, [r1], #4\n\tldr r5, [r0], #4\n\tldr r6, [r1], #4\n\t"
      "pkhbt lr, r11, r12, lsl #16\n\tpkhtb r12, r12, r11, asr #16\n\t"
      "pkhbt r11, r5, r6, lsl #16\n\tpkhtb r6, r6, r5, asr #16\n\t"
      "sxtb16 r5, lr\n\tsmlad r3, r5, r10, r3\n\tsmlad r4, r5, r8, r7\n\t"
      "sxtb16 lr, lr, ror #8\n\tsxtb16 r5, r12\n\tsmlad r4, lr, r9, r4\n\tsmlad lr, r5, r8, r7\n\t"
      "sxtb16 r12, r12, ror #8\n\tsmlad r4, r5, r10, r4\n\tsmlad lr, r12, r9, lr\n\t"
      "sxtb16 r5, r11\n\tsxtb16 r11, r11, ror #8\n\tsmlad lr, r5, r10, lr\n\tsmlad r12, r5, r8, r7\n\t"
      "sxtb16 r5, r6\n\tsxtb16 r6, r6, ror #8\n\tsmlad r12, r11, r9, r12\n\tsmlad r7, r5, r8, r7\n\t"
      "smlad r12, r5, r10, r12\n\tsmlad r7, r6, r9, r7\n\t"
      "ldr r6, [r2], #4\n\tldr r11, [r2], #4\n\tldrd r8, r9, [sp, #16]\n\t"
      "sxtb16 r5, r6\n\tsxtb16 r6, r6, ror #8\n\tsxtb16 r10, r11\n\tsxtb16 r11, r11, ror #8\n\t"
      "smlabt r3, r5, r8, r3\n\tsmlad r4, r5, r8, r4\n\tsmlatb lr, r5, r8, lr\n\tsmlad r12, r10, r8, r12\n\t"
      "smlatb r7, r10, r8, r7\n\tsmlabt r4, r6, r9, r4\n\tsmlatt lr, r6, r9, lr\n\tsmlabt r12, r11, r9, r12\n\t"
      "ldrd r5, r6, [sp, #32]\n\tsmlabt lr, r10, r8, lr\n\t"
      "smmla r3, r3, r5, r6\n\tsmmla r4, r4, r5, r6\n\tsmmla lr, lr, r5, r6\n\tsmmla r12, r12, r5, r6\n\t"
      "ldrd r5, r6, [sp, #40]\n\t"
      "ssat r3, #8, r3, asr #1\n\tssat r4, #8, r4, asr #1\n\tssat lr, #8, lr, asr #1\n\tssat r12, #8, r12, asr #1\n\t"
      "bhs 2f\n\tstrb r3, [r5]\n"
      "2:\n\tadd r3, r5, r6\n\tstrb r4, [r5, r6]\n\tstrb lr, [r5, r6, lsl #1]\n\tstrb r12, [r3, r6, lsl #1]\n\t"
      "add r5, r5, r6, lsl #2\n\tstr r5, [sp, #40]\n\tldr r5, [sp, #56]\n\t"
      "smlatt r3, r11, r9, r7\n\tcmp r0, r5\n\tldm sp, {r7-r10}\n\tblo 1b\n\t"
      "ldrd r5, r6, [sp, #24]\n\tcmp r6, #16\n\tbne 50f\n"
      /* The padding on the right. */
      "3:\n\tldr r8, [sp, #16]\n\tsmlad r3, r5, r10, r3\n\tsmlabt r3, r5, r8, r3\n"
      "4:\n\t" TSR_DSP_PLANAR_PUT TSR_DSP_PLANAR_NEXT
      TSR_DSP_PLANAR_MISSING
      /* The padding on the left, and the column beside it. */
      "40:\n\tldrsb r3, [r0], #1\n\tldrsb r4, [r1], #1\n\tldrsb r6, [r2], #1\n\tpkhbt r4, r3, r4, lsl #16\n\t"
      "smlad r3, r5, r8, r7\n\tsmlabb r3, r5, r11, r3\n\tsmlad r3, r4, r9, r3\n\tsmlabt r3, r6, r12, r3\n\tb 1b\n"
      /* Four columns: they complete r3 and r4, and begin r7, which becomes r3. */
      "50:\n\tlsls r4, r6, #31\n\tbcc 51f\n\t"
      "ldr r11, [r0], #4\n\tldr r12, [r1], #4\n\tpkhbt lr, r11, r12, lsl #16\n\tpkhtb r12, r12, r11, asr #16\n\t"
      "sxtb16 r11, lr\n\tsmlad r3, r11, r10, r3\n\tsmlad r4, r11, r8, r7\n\t"
      "sxtb16 lr, lr, ror #8\n\tsxtb16 r11, r12\n\tsmlad r4, lr, r9, r4\n\tsmlad r7, r11, r8, r7\n\t"
      "sxtb16 r12, r12, ror #8\n\tsmlad r4, r11, r10, r4\n\tsmlad r7, r12, r9, r7\n\t"
      "ldr r6, [r2], #4\n\tldrd r8, r9, [sp, #16]\n\tsxtb16 r11, r6\n\tsxtb16 r6, r6, ror #8\n\t"
      "smlabt r3, r11, r8, r3\n\tsmlad r4, r11, r8, r4\n\tsmlatb r7, r11, r8, r7\n\tsmlabt r4, r6, r9, r4\n\t"
      "ldrd r10, lr, [sp, #32]\n\tsmmla r3, r3, r10, lr\n\tsmmla r4, r4, r10, lr\n\tldrd r10, lr, [sp, #40]\n\t"
      "ssat r3, #8, r3, asr #1\n\tssat r4, #8, r4, asr #1\n\tstrb r3, [r10]\n\tstrb r4, [r10, lr]\n\t"
      "add r10, r10, lr, lsl #1\n\tstr r10, [sp, #40]\n\tsmlatt r3, r6, r9, r7\n\t"
      "ldm sp, {r7-r10}\n\tldr r6, [sp, #28]\n"
      /* Two columns: they complete r3, and begin r4, which becomes r3. */
      "51:\n\tlsls r4, r6, #31\n\tbpl 52f\n\t"
      "ldrh r11, [r0], #2\n\tldrh r12, [r1], #2\n\tpkhbt r11, r11, r12, lsl #16\n\t"
      "sxtb16 r12, r11\n\tsxtb16 r11, r11, ror #8\n\tsmlad r3, r12, r10, r3\n\t"
      "smlad r4, r12, r8, r7\n\tsmlad r4, r11, r9, r4\n\t"
      "ldrh r12, [r2], #2\n\tldrd r8, r9, [sp, #16]\n\tsxtb16 r11, r12\n\tsxtb16 r12, r12, ror #8\n\t"
      "smlabt r3, r11, r8, r3\n\tsmlabb r4, r11, r8, r4\n\tsmlabt r4, r12, r9, r4\n\t"
      TSR_DSP_PLANAR_PUT
      "add r10, lr\n\tstr r10, [sp, #40]\n\tmov r3, r4\n\tldr r10, [sp, #12]\n"
      /* The column on the right, if it is not padding. */
      "52:\n\tlsls r6, r6, #29\n\tbpl 3b\n\t"
      "ldrsb r11, [r0], #1\n\tldrsb r12, [r1], #1\n\tldrsb r6, [r2], #1\n\tldr r8, [sp, #16]\n\t"
      "pkhbt r11, r11, r12, lsl #16\n\tsmlad r3, r11, r10, r3\n\tsmlabt r3, r6, r8, r3\n\tb 4b\n"
      "60:\n\t" TSR_DSP_PLANAR_LEAVE
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

#endif

#endif
