/*
 * The same as tsr_dsp_planar.h for rows of few columns: all outputs of a channel are computed at once, of six, five or
 * three columns with stride 1, and of six with stride 2. Weights, sums and outputs are those that are described there.
 */
#ifndef TSR_DSP_PLANAR_NARROW_H
#define TSR_DSP_PLANAR_NARROW_H

#include "tsr_dsp.h"

/* What the loops for rows of six and five columns keep on the stack: the assembly knows the offsets of the fields. */
typedef struct tsr_dsp_planar_six {
  const int8_t *rows[3]; /* a, b and c; what is there for a row that is missing is not read */
  const int32_t *weights;
  const int8_t *ninths;
  int32_t missing;       /* -1: row a, 1: row c */
  uint32_t c02;          /* set by the loops, and so are ninths and multiplier */
  int32_t multiplier;
  int32_t offset;
  int8_t *out;
  int32_t step;          /* bytes from one output pixel to the next */
  uint32_t padding;      /* the input zero point as a pair */
  const int32_t *weights_end;
  uint32_t padding_four; /* as four bytes */
  uint32_t padding_last; /* as the last columns of a row are loaded */
  uint32_t unused;
} tsr_dsp_planar_six;

/* What the loops for rows of three outputs keep there, but for the rows and what follows. */
typedef struct tsr_dsp_planar_three {
  uint32_t c1;           /* set by the loops, and so are c02 and multiplier */
  uint32_t c02;
  int32_t multiplier;
  int32_t offset;
  int32_t step;          /* bytes from one output pixel to the next */
  uint32_t padding;      /* the input zero point as a pair */
  int32_t missing;       /* 1: row a, 2: row c; in its place stand the planes of four channels, of padding */
  const int32_t *weights_end;
  const int8_t *rows[3]; /* a, b and c */
  const int32_t *weights;
  int8_t *out;
} tsr_dsp_planar_three;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)

/* Columns 0 to 3 of a row, and what is left: two columns as bytes, or one. */
#define TSR_DSP_PLANAR_OF_6(last, first, row) "ldrh " last ", [" row ", #4]\n\tldr " first ", [" row "], #6\n\t"
#define TSR_DSP_PLANAR_OF_5(last, first, row) "ldrsb " last ", [" row ", #4]\n\tldr " first ", [" row "], #5\n\t"
#define TSR_DSP_PLANAR_OF_NONE(last, first) "ldr " first ", [sp, #52]\n\tldr " last ", [sp, #56]\n\t"

#define TSR_DSP_PLANAR_REQUANTISED(sum) "smmla " sum ", " sum ", r0, r1\n\t"
#define TSR_DSP_PLANAR_LIMITED(sum) "ssat " sum ", #8, " sum ", asr #1\n\t"

/*
 * All channels of a row: sums r4, r6, r7, r9 and others, of which r10 is the last and the bias before. r1, r0 and lr
 * are the weights of columns 0, 1 and 2 of rows a and b, r9 and later r8 the padding. Then r0 is weights 0 and 2 of row
 * c, r2 weight 1 above, r1 and r11 columns 0 and 2, 1 and 3. `ab` adds what columns 3 and on are for, `c` the same of
 * row c to sum 3 and those behind it, and `put` stores those behind it.
 */
#define TSR_DSP_PLANAR_NARROW(columns, ab, c, put)                                                \
  "push {r7}\n\tsub sp, #64\n\tmov r1, sp\n\tldm r0!, {r2-r9}\n\tstm r1!, {r2-r9}\n\t"            \
  "ldm r0, {r2-r9}\n\tstm r1, {r2-r9}\n\tldr r3, [sp, #12]\n"                                     \
  "11:\n\tadd r4, r3, #4\n\tstrd r4, r3, [sp, #12]\n"                                             \
  "10:\n\tldm sp, {r0-r5}\n\tcmp r5, #0\n\tbne 30f\n\t"                                           \
  columns("r5", "r6", "r0") columns("r7", "r8", "r1") columns("r12", "r11", "r2")                 \
  "20:\n\tldrsb r9, [r4], #1\n\tldrd r10, lr, [r3], #16\n\t"                                      \
  "stm sp, {r0-r4}\n\ttst r4, #3\n\tldrd r0, r1, [r3, #-8]\n\t"                                   \
  "sxtb16 r2, r0, ror #8\n\tpkhbt r9, r2, r9, lsl #16\n\tstrd r9, r1, [sp, #24]\n\tldr r9, [sp, #44]\n\t" \
  "sxtb16 r0, r0\n\tsxtb16 r1, lr\n\tsxtb16 lr, lr, ror #8\n\t"                                   \
  "pkhbt r3, r6, r8, lsl #16\n\tpkhtb r8, r8, r6, asr #16\n\tpkhbt r5, r5, r7, lsl #16\n\t"       \
  "smlad r4, r9, r1, r10\n\t"                                                                     \
  "sxtb16 r9, r3\n\tsmlad r4, r9, r0, r4\n\tsmlad r6, r9, r1, r10\n\t"                            \
  "sxtb16 r3, r3, ror #8\n\tsmlad r4, r3, lr, r4\n\tsmlad r6, r3, r0, r6\n\tsmlad r7, r3, r1, r10\n\t" \
  "sxtb16 r3, r8\n\tsmlad r6, r3, lr, r6\n\tsmlad r7, r3, r0, r7\n\tsmlad r9, r3, r1, r10\n\t"    \
  "sxtb16 r8, r8, ror #8\n\tsmlad r7, r8, lr, r7\n\tsmlad r9, r8, r0, r9\n\t" ab                  \
  "ldr r8, [sp, #44]\n\tldr r0, [sp, #24]\n\tsmlad r10, r8, lr, r10\n\t"                          \
  "sxtb16 r1, r11\n\tsxtb16 r11, r11, ror #8\n\t"                                                 \
  "smlabb r4, r8, r0, r4\n\tsmlad r6, r1, r0, r6\n\tsmlad r7, r11, r0, r7\n\tsmlatb r9, r1, r0, r9\n\t" \
  "smlabt r4, r1, r2, r4\n\tsmlabt r6, r11, r2, r6\n\tsmlatt r7, r1, r2, r7\n\tsmlatt r9, r11, r2, r9\n\t" \
  "smlabt r4, r11, r0, r4\n\tsmlabt r10, r8, r0, r10\n\t" c                                       \
  "ldrd r0, r1, [sp, #28]\n\tldrd r2, r5, [sp, #36]\n\t"                                          \
  TSR_DSP_PLANAR_REQUANTISED("r4") TSR_DSP_PLANAR_REQUANTISED("r6") TSR_DSP_PLANAR_REQUANTISED("r7") \
  TSR_DSP_PLANAR_REQUANTISED("r9") TSR_DSP_PLANAR_REQUANTISED("r10") "add r12, r2, r5\n\t"        \
  TSR_DSP_PLANAR_LIMITED("r4") TSR_DSP_PLANAR_LIMITED("r6") TSR_DSP_PLANAR_LIMITED("r7")          \
  TSR_DSP_PLANAR_LIMITED("r9") TSR_DSP_PLANAR_LIMITED("r10") put                                  \
  "strb r4, [r2]\n\tstrb r6, [r2, r5]\n\tstrb r7, [r2, r5, lsl #1]\n\tstrb r9, [r12, r5, lsl #1]\n\t" \
  "add r2, r2, #1\n\tstr r2, [sp, #36]\n\tbne 10b\n\t"                                            \
  "ldr r3, [sp, #12]\n\tldr r4, [sp, #48]\n\tcmp r3, r4\n\tbne 11b\n\tb 60f\n"                    \
  "30:\n\tbmi 31f\n\t"                                                                            \
  columns("r5", "r6", "r0") columns("r7", "r8", "r1") TSR_DSP_PLANAR_OF_NONE("r12", "r11") "b 20b\n" \
  "31:\n\t"                                                                                       \
  TSR_DSP_PLANAR_OF_NONE("r5", "r6") columns("r7", "r8", "r1") columns("r12", "r11", "r2") "b 20b\n" \
  "60:\n\tadd sp, #64\n\tpop {r7}"

/* Six columns: sums r3 and r10 are the last, r12 columns 4 and 5 of row c. */
#define TSR_DSP_PLANAR_AB_OF_6                                                                    \
  "smlad r3, r8, r1, r10\n\t"                                                                     \
  "sxtb16 r8, r5\n\tsmlad r9, r8, lr, r9\n\tsmlad r3, r8, r0, r3\n\tsmlad r10, r8, r1, r10\n\t"   \
  "sxtb16 r5, r5, ror #8\n\tsmlad r3, r5, lr, r3\n\tsmlad r10, r5, r0, r10\n\t"
#define TSR_DSP_PLANAR_C_OF_6                                                                     \
  "sxtb16 r5, r12\n\tsxtb16 r12, r12, ror #8\n\tsmlatb r3, r11, r0, r3\n\tsmlabb r10, r5, r0, r10\n\t" \
  "smlabt r9, r5, r0, r9\n\tsmlabt r3, r5, r2, r3\n\tsmlabt r10, r12, r2, r10\n\tsmlabt r3, r12, r0, r3\n\t"
#define TSR_DSP_PLANAR_PUT_OF_6                                                                   \
  TSR_DSP_PLANAR_REQUANTISED("r3") TSR_DSP_PLANAR_LIMITED("r3")                                   \
  "strb r3, [r2, r5, lsl #2]\n\tstrb r10, [r12, r5, lsl #2]\n\t"

/* Five columns: sum r10 is the last, r12 column 4 of row c. */
#define TSR_DSP_PLANAR_AB_OF_5                                                                    \
  "smlad r10, r8, r1, r10\n\tsmlad r9, r5, lr, r9\n\tsmlad r10, r5, r0, r10\n\t"
#define TSR_DSP_PLANAR_C_OF_5 "smlatb r10, r11, r0, r10\n\tsmlabt r9, r12, r0, r9\n\tsmlabt r10, r12, r2, r10\n\t"
#define TSR_DSP_PLANAR_PUT_OF_5 "strb r10, [r2, r5, lsl #2]\n\t"

/* All channels of a row of stride 1 with six columns, as wide as its output, and a column of padding on each side. */
TSR_DSP_CALL void tsr_dsp_planar_3x3_six(const tsr_dsp_planar_six *context) {
  register const tsr_dsp_planar_six *r0 __asm__("r0") = context;
  __asm__ volatile(TSR_DSP_PLANAR_NARROW(TSR_DSP_PLANAR_OF_6, TSR_DSP_PLANAR_AB_OF_6, TSR_DSP_PLANAR_C_OF_6,
                                         TSR_DSP_PLANAR_PUT_OF_6)
                   : "+r"(r0)
                   :
                   : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

/* The same with five columns. */
TSR_DSP_CALL void tsr_dsp_planar_3x3_five(const tsr_dsp_planar_six *context) {
  register const tsr_dsp_planar_six *r0 __asm__("r0") = context;
  __asm__ volatile(TSR_DSP_PLANAR_NARROW(TSR_DSP_PLANAR_OF_5, TSR_DSP_PLANAR_AB_OF_5, TSR_DSP_PLANAR_C_OF_5,
                                         TSR_DSP_PLANAR_PUT_OF_5)
                   : "+r"(r0)
                   :
                   : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

/*
 * r0 to r2 rows, r3 and r4 weights, r5 output; then r6 bias, r9 to r11 weights of rows a and b, and c1, c02 and the
 * multiplier on the stack.
 */
#define TSR_DSP_PLANAR_THREE                                                                      \
  "push {r7}\n\tsub sp, #32\n\tmov r1, sp\n\tldm r0!, {r2-r9}\n\tstm r1, {r2-r9}\n\tldm r0, {r0-r3, r5}\n" \
  "11:\n\tmov r4, r3\n\tadd r3, r3, #4\n"                                                         \
  "10:\n\tldrsb r12, [r4], #1\n\tldm r3!, {r6, r7, r8, lr}\n\t"                                   \
  "sxtb16 r9, r7\n\tsxtb16 r11, r7, ror #8\n\tsxtb16 r10, r8\n\tsxtb16 r8, r8, ror #8\n\t"        \
  "pkhbt r12, r8, r12, lsl #16\n\tstm sp, {r8, r12, lr}\n\t"
/*
 * Three sums as outputs, then the next channel, of these four or the next four, whose missing rows are the same again.
 */
#define TSR_DSP_PLANAR_HALF(sum) "smmla " sum ", " sum ", r9, r10\n\t"
#define TSR_DSP_PLANAR_LIMIT(sum) "ssat " sum ", #8, " sum ", asr #1\n\t"
#define TSR_DSP_PLANAR_THREE_PUT(first, second, third, again)                                     \
  "ldrd r9, r10, [sp, #8]\n\tldr r11, [sp, #16]\n\ttst r4, #3\n\t"                               \
  TSR_DSP_PLANAR_HALF(first) TSR_DSP_PLANAR_HALF(second) TSR_DSP_PLANAR_HALF(third)               \
  TSR_DSP_PLANAR_LIMIT(first) TSR_DSP_PLANAR_LIMIT(second) TSR_DSP_PLANAR_LIMIT(third)            \
  "strb " first ", [r5]\n\tstrb " second ", [r5, r11]\n\tstrb " third ", [r5, r11, lsl #1]\n\t"    \
  "add r5, r5, #1\n\tbne 10b\n\t"                                                               \
  "ldr r7, [sp, #24]\n\tldr r6, [sp, #28]\n\tlsls r7, r7, #31\n\tit mi\n\tsubmi r0, #" again "\n\t" \
  "it cs\n\tsubcs r2, #" again "\n\tcmp r3, r6\n\tbne 11b\n\tadd sp, #32\n\tpop {r7}"

/* All channels of a row of stride 1 with three columns, as wide as its output, and a column of padding on each side. */
TSR_DSP_CALL void tsr_dsp_planar_3x3_three(const tsr_dsp_planar_three *context) {
  register const tsr_dsp_planar_three *r0 __asm__("r0") = context;
  __asm__ volatile(
      TSR_DSP_PLANAR_THREE
      "ldrh r12, [r0], #2\n\tldrh lr, [r1], #2\n\tldr r8, [sp, #20]\n\tpkhbt lr, r12, lr, lsl #16\n\t"
      "smlad r7, r8, r9, r6\n\tsmlad r8, r8, r11, r6\n\t"
      "sxtb16 r12, lr\n\tsmlad r7, r12, r10, r7\n\tsmlad r6, r12, r9, r6\n\t"
      "sxtb16 r12, lr, ror #8\n\tsmlad r7, r12, r11, r7\n\tsmlad r6, r12, r10, r6\n\tsmlad r8, r12, r9, r8\n\t"
      "ldrsb r12, [r0], #1\n\tldrsb lr, [r1], #1\n\tpkhbt r12, r12, lr, lsl #16\n\t"
      "smlad r6, r12, r11, r6\n\tsmlad r8, r12, r10, r8\n\t"
      "ldrh r12, [r2], #2\n\tldrsb lr, [r2], #1\n\tldr r11, [sp, #20]\n\tldrd r9, r10, [sp]\n\t"
      "smlabb r7, r11, r10, r7\n\tsmlabt r8, r11, r10, r8\n\tsxtb16 r11, r12\n\tsxtb16 r12, r12, ror #8\n\t"
      "smlabt r7, r11, r9, r7\n\tsmlabb r6, r11, r10, r6\n\tsmlabb r8, r12, r10, r8\n\tsmlabt r7, r12, r10, r7\n\t"
      "smlabt r6, r12, r9, r6\n\tsmlabt r8, lr, r9, r8\n\tsmlabt r6, lr, r10, r6\n\t"
      TSR_DSP_PLANAR_THREE_PUT("r7", "r6", "r8", "12")
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

/* All channels of a row of stride 2 with six columns and a column of padding on the right. */
TSR_DSP_CALL void tsr_dsp_planar_3x3_stride2_three(const tsr_dsp_planar_three *context) {
  register const tsr_dsp_planar_three *r0 __asm__("r0") = context;
  __asm__ volatile(
      TSR_DSP_PLANAR_THREE
      "ldr r12, [r0], #4\n\tldr lr, [r1], #4\n\tpkhbt r8, r12, lr, lsl #16\n\tpkhtb lr, lr, r12, asr #16\n\t"
      "sxtb16 r12, r8\n\tsmlad r7, r12, r9, r6\n\tsxtb16 r8, r8, ror #8\n\tsmlad r7, r8, r10, r7\n\t"
      "sxtb16 r12, lr\n\tsmlad r7, r12, r11, r7\n\tsmlad r8, r12, r9, r6\n\t"
      "sxtb16 lr, lr, ror #8\n\tsmlad r8, lr, r10, r8\n\t"
      "ldrh r12, [r0], #2\n\tldrh lr, [r1], #2\n\tpkhbt lr, r12, lr, lsl #16\n\t"
      "sxtb16 r12, lr\n\tsmlad r8, r12, r11, r8\n\tsmlad r6, r12, r9, r6\n\t"
      "sxtb16 lr, lr, ror #8\n\tsmlad r6, lr, r10, r6\n\t"
      "ldrh lr, [r2, #4]\n\tldr r12, [sp, #20]\n\tldrd r9, r10, [sp]\n\t"
      "smlad r6, r12, r11, r6\n\tsmlabt r6, r12, r10, r6\n\t"
      "ldr r11, [r2], #6\n\tsxtb16 r12, r11\n\tsxtb16 r11, r11, ror #8\n\t"
      "smlad r7, r12, r10, r7\n\tsmlatb r8, r12, r10, r8\n\tsxtb16 r12, lr\n\tsxtb16 lr, lr, ror #8\n\t"
      "smlabt r7, r11, r9, r7\n\tsmlatt r8, r11, r9, r8\n\tsmlabt r8, r12, r10, r8\n\t"
      "smlabb r6, r12, r10, r6\n\tsmlabt r6, lr, r9, r6\n\t"
      TSR_DSP_PLANAR_THREE_PUT("r7", "r8", "r6", "24")
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

#endif

#endif
