/* Convolution of windows of at most 32 bytes with Helium: what each function does, then how, on Helium and elsewhere. */
#ifndef TSR_MVE_NARROW_H
#define TSR_MVE_NARROW_H

#include "tsr_mve_bytes.h"

/*
 * What tsr_mve_narrow_row computes: `count` pixels of all channels (four at least; two where windows have more than 16 bytes)
 * from windows of window_bytes bytes, at most 32, that lie `step` apart. Where that is `known`, they are
 * computed faster.
 */
typedef struct tsr_mve_narrow_shape {
  int32_t offset;
  uint16_t in_channels;
  uint16_t out_channels;
  uint16_t kernel_h;
  uint16_t kernel_w;
  uint16_t stride_w;
  uint16_t in_pixel;
  uint16_t out_pixel;      /* less than 2^16 - 3 */
  uint16_t window_columns; /* columns that the scratch holds; 0: windows are never copied */
  uint16_t most;           /* pixels whose columns the scratch holds */
  int16_t known;           /* a step for which there are loops of their own, with a shift of 1 and pixels of at most 8,000
                              bytes: 8, 16, 24 or 32 for windows of so many bytes, 9 or 18 for those of 27; else -1 */
  uint8_t window_bytes;    /* kernel_h * kernel_w * in_channels */
  uint8_t column_bytes;    /* kernel_h * in_channels */
  uint8_t together;        /* columns that are copied at a time; 0: one, in pieces of 16 channels */
  uint8_t direct;          /* whether windows inside the input are read where they lie */
  uint8_t shift;
  int8_t min;
  int8_t max;
  int8_t input_zero_point;
} tsr_mve_narrow_shape;

typedef struct tsr_mve_narrow_layer {
  const int32_t *weights;
  const tsr_mve_narrow_shape *shape;
} tsr_mve_narrow_layer;

/* The pixels of a call, or of a part of it; of channels [begin, end). */
typedef struct tsr_mve_narrow_pixels {
  int32_t begin;
  int32_t end;
  const int8_t *windows;
  int32_t step;
  int32_t pairs; /* of pixels; of one pixel alone `next` and step are 0 */
  int32_t next;
  const int32_t *weights; /* all: biases, multipliers divided by 2, then bytes: [out_channels][window_bytes] */
} tsr_mve_narrow_pixels;

#if defined(__ARM_FEATURE_MVE)

/*
 * All loops: r0, r2, r4, r6 sums; r1 window; r3 output; r8 offset; r9 places, or 24 - shift; r10 from the pixels of a turn
 * to those of the next; r11 output of the first pixel; q5 biases; q6 multipliers. All registers are in use, so that the
 * compiler could not allocate them.
 */
#define TSR_MVE_NARROW_REGISTERS \
  "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory", "q0", "q1", "q2", \
      "q3", "q4", "q5", "q6", "q7"
/* `turns` times `body`, and then `rest`, for each group of channels. */
#define TSR_MVE_NARROW_LOOP(table, group, begin, body, rest) \
  "ldrd r8, r9, %[scale]\n\tldr r10, %[apart]\n\tldr r11, %[out]\n\tldr r5, %[weights]\n\tldr r7, %[bias]\n\t" \
  "ldr r12, " table "\n" \
  "9:\n\t" group "ldr r1, %[windows]\n\tmov r3, r11\n\tldr lr, %[turns]\n\t" begin "wls lr, lr, 2f\n1:\n\t" body \
  "le lr, 1b\n2:\n\t" rest
#define TSR_MVE_NARROW_NEXT(channels) "add r11, #" channels "\n\tldr r0, %[end]\n\tcmp r11, r0\n\tbne 9b"
#define TSR_MVE_NARROW_OPERANDS \
  [windows] "m"(windows), [out] "m"(out), [end] "m"(end), [turns] "m"(turns), [apart] "m"(apart), \
      [scale] "m"(scale), [bytes] "m"(bytes)
/* Two vectors of sums as half words of the first, which hold outputs limited to int16. */
#define TSR_MVE_NARROW_HALVES(first, second) \
  "vqdmlash.s32 " first ", q6, r8\n\tvqdmlash.s32 " second ", q6, r8\n\tvqrshrnb.s32 " first ", " first ", #1\n\t" \
  "vqrshrnt.s32 " first ", " second ", #1\n\t"
/* Outputs go where half words at r9 say. */
#define TSR_MVE_NARROW_STORE(q, other, places) \
  "vldrh.16 " other ", [" places "]\n\tvqmovnb.s16 " q ", " q "\n\tvstrb.16 " q ", [r3, " other "]\n\t"
/* Those of two such vectors together, where bytes at r9 say. */
#define TSR_MVE_NARROW_STORE_ALL(q, more, other, places) \
  "vldrb.8 " other ", [" places "]\n\tvqmovnb.s16 " q ", " q "\n\tvqmovnt.s16 " q ", " more "\n\tvstrb.8 " q ", [r3, " other "]\n\t"
/* Four channels of a pixel: q its window, then its sums, which begin at the biases. q0 to q3: the weights of a channel each. */
#define TSR_MVE_NARROW_FOUR(q, type) \
  "ldm r7, {r0, r2, r4, r6}\n\tvmladava." type " r0, " q ", q0\n\tvmladava." type " r2, " q ", q1\n\tvmladava." type " r4, " q \
  ", q2\n\tvmladava." type " r6, " q ", q3\n\tvmov " q "[2], " q "[0], r0, r4\n\tvmov " q "[3], " q "[1], r2, r6\n\t"
/* Windows of known size that lie side by side: two pixels, at q and q7; of four or eight a turn. */
#define TSR_MVE_NARROW_16_TWO(q, second, load, bytes, type) \
  load " " q ", [r1], #" bytes "\n\t" load " " second ", [r1], #" bytes "\n\t" TSR_MVE_NARROW_FOUR(q, type) \
      TSR_MVE_NARROW_FOUR(second, type) TSR_MVE_NARROW_HALVES(q, second)
#define TSR_MVE_NARROW_16_FOUR(load, bytes, type, store) \
  TSR_MVE_NARROW_16_TWO("q4", "q7", load, bytes, type) TSR_MVE_NARROW_16_TWO("q7", "q5", load, bytes, type) store
#define TSR_MVE_NARROW_16_KNOWN(load, bytes, type, turn, last) \
  __asm__ volatile( \
      TSR_MVE_NARROW_LOOP("%[halves]", load " q0, [r5], #" bytes "\n\t" load " q1, [r5], #" bytes "\n\t" load " q2, [r5], #" bytes "\n\t" \
                          load " q3, [r5], #" bytes "\n\tvldrw.32 q6, [r12], #16\n\t", "", turn "add r3, r10\n\t", \
                          "ldr lr, %[rest]\n\twls lr, lr, 4f\n3:\n\t" TSR_MVE_NARROW_16_TWO("q4", "q7", load, bytes, type) \
                          TSR_MVE_NARROW_STORE("q4", "q7", "r9") "add r3, r3, r10, lsr #" last "\n\tle lr, 3b\n4:\n\t" \
                          "add r7, #16\n\t") \
      TSR_MVE_NARROW_NEXT("4") \
      : \
      : [halves] "m"(halves), [weights] "m"(weights), [bias] "m"(bias), [rest] "m"(rest), TSR_MVE_NARROW_OPERANDS \
      : TSR_MVE_NARROW_REGISTERS)
/* Eight pixels a turn, where their places are less than 256 bytes apart; else four. */
#define TSR_MVE_NARROW_16_NEAR(load, bytes, type) \
  TSR_MVE_NARROW_16_KNOWN( \
      load, bytes, type, \
      TSR_MVE_NARROW_16_FOUR(load, bytes, type, TSR_MVE_NARROW_STORE_ALL("q4", "q7", "q5", "r9, #32")) \
      TSR_MVE_NARROW_16_FOUR(load, bytes, type, TSR_MVE_NARROW_STORE_ALL("q4", "q7", "q5", "r9, #48")), "2")
#define TSR_MVE_NARROW_16_FAR(load, bytes, type) \
  TSR_MVE_NARROW_16_KNOWN( \
      load, bytes, type, \
      TSR_MVE_NARROW_16_FOUR(load, bytes, type, \
                             TSR_MVE_NARROW_STORE("q4", "q5", "r9") TSR_MVE_NARROW_STORE("q7", "q5", "r9, #16")), "1")
/* The sums of four channels without their biases. */
#define TSR_MVE_NARROW_SUMS(q, type) \
  "vmladav." type " r0, " q ", q0\n\tvmladav." type " r2, " q ", q1\n\tvmladav." type " r4, " q ", q2\n\tvmladav." type \
  " r6, " q ", q3\n\tvmov " q "[2], " q "[0], r0, r4\n\tvmov " q "[3], " q "[1], r2, r6\n\t"
/* Any windows, two pixels a turn; the step is in r5, r7 points to places. Shifts that insert put both pixels together. */
#define TSR_MVE_NARROW_16_ANY \
  __asm__ volatile( \
      TSR_MVE_NARROW_LOOP( \
          "%[halves]", \
          "ldr r5, %[weights]\n\tldr r0, %[bytes]\n\tvpst\n\tvldrbt.8 q0, [r5]\n\tadd r5, r0\n\tvpst\n\tvldrbt.8 q1, [r5]\n\t" \
          "add r5, r0\n\tvpst\n\tvldrbt.8 q2, [r5]\n\tadd r5, r0\n\tvpst\n\tvldrbt.8 q3, [r5]\n\tadd r5, r0\n\t" \
          "str r5, %[weights]\n\tldr r7, %[bias]\n\tvldrw.32 q5, [r7], #16\n\tstr r7, %[bias]\n\tldr r7, %[places]\n\t" \
          "vldrw.32 q6, [r12], #16\n\t", "ldr r5, %[step]\n\t", \
          "vpst\n\tvldrbt.8 q4, [r1]\n\tadd r1, r5\n\tvpst\n\tvldrbt.8 q7, [r1]\n\tadd r1, r5\n\t" \
          TSR_MVE_NARROW_SUMS("q4", "s8") TSR_MVE_NARROW_SUMS("q7", "s8") \
          "vadd.i32 q4, q4, q5\n\tvadd.i32 q7, q7, q5\n\tvqdmlash.s32 q4, q6, r8\n\tvqdmlash.s32 q7, q6, r8\n\t" \
          "vqshl.s32 q4, r9\n\tvqshl.s32 q7, r9\n\tvsri.32 q7, q4, #16\n\tvldrh.16 q4, [r7]\n\tvshr.u16 q7, q7, #8\n\t" \
          "vstrb.16 q7, [r3, q4]\n\tadd r3, r10\n\t", "") \
      TSR_MVE_NARROW_NEXT("4") \
      : [there] "+Up"(there), [weights] "+m"(weights), [bias] "+m"(bias) \
      : [halves] "m"(halves), [step] "m"(step), [places] "m"(place), TSR_MVE_NARROW_OPERANDS \
      : TSR_MVE_NARROW_REGISTERS)

/* Windows of at most 16 bytes, channels by fours. */
static __attribute__((noinline, unused)) void tsr_mve_narrow_16(const tsr_mve_narrow_shape *p, const tsr_mve_narrow_pixels *pixels,
                                                                int8_t *out) {
  const int32_t bytes = p->window_bytes;
  const int32_t c = pixels->begin;
  const int32_t pairs = pixels->pairs;
  const int8_t *const windows = pixels->windows;
  const int32_t step = pixels->step;
  const uint32_t next = (uint32_t)pixels->next;
  const int8_t *weights = (const int8_t *)(pixels->weights + 2 * p->out_channels) + c * bytes;
  const int32_t *bias = pixels->weights + c;
  const int32_t *const halves = bias + p->out_channels;
  const int8_t *const end = out + pixels->end;
  const int32_t known = step == p->known;
  /* Of pairs of pixels, a turn computes so many. */
  const int32_t near = next <= 36;
  const int32_t turn = !known ? 1 : near ? 4 : 2;
  const int32_t turns = pairs / turn;
  const int32_t rest = pairs % turn;
  const int32_t apart = 2 * turn * (int32_t)next;
  uint32_t places[16];
  const uint32x4_t four = vidupq_n_u32(0, 1);
  /* Of each channel of two pixels; of the next two, too. */
  const uint32x4_t first = vmlaq_n_u32(vdupq_n_u32(next << 16), four, 0x10001);
  vstrwq_u32(places, first);
  vstrwq_u32(places + 4, vaddq_n_u32(first, 0x20002 * next));
  /* The same as bytes: of the first pixel, the third, the second and the fourth. */
  const uint32x4_t all = vmlaq_n_u32(vdupq_n_u32(0x03010200 * next), four, 0x1010101);
  vstrwq_u32(places + 8, all);
  vstrwq_u32(places + 12, vaddq_n_u32(all, 0x04040404 * next));
  out += c;
  if (known) {
    const int32_t scale[2] = {p->offset - 1, (int32_t)places};
    if (bytes == 16 && near) {
      TSR_MVE_NARROW_16_NEAR("vldrb.8", "16", "s8");
    } else if (bytes == 16) {
      TSR_MVE_NARROW_16_FAR("vldrb.8", "16", "s8");
    } else if (near) {
      TSR_MVE_NARROW_16_NEAR("vldrb.s16", "8", "s16");
    } else {
      TSR_MVE_NARROW_16_FAR("vldrb.s16", "8", "s16");
    }
  } else {
    mve_pred16_t there = vctp8q((uint32_t)bytes);
    const int32_t scale[2] = {p->offset, 24 - p->shift};
    const uint32_t *const place = places;
    TSR_MVE_NARROW_16_ANY;
  }
}

/* Two channels of two pixels: q a window, then sums of pixels 0 0 1 1. q0, q1 and q2, q3: the weights of a channel each. */
#define TSR_MVE_NARROW_32_SUMS(q, multiply, first, second, third, fourth) \
  "vldrb.8 " q ", " first multiply " r0, " q ", q0\n\t" multiply " r2, " q ", q2\n\tvldrb.8 " q ", " second \
  "vmladava.s8 r0, " q ", q1\n\tvmladava.s8 r2, " q ", q3\n\tvldrb.8 " q ", " third multiply " r4, " q ", q0\n\t" \
  multiply " r6, " q ", q2\n\tvldrb.8 " q ", " fourth "vmladava.s8 r4, " q ", q1\n\tvmladava.s8 r6, " q ", q3\n\t" \
  "vmov " q "[2], " q "[0], r0, r4\n\tvmov " q "[3], " q "[1], r2, r6\n\t"
#define TSR_MVE_NARROW_TWICE(q) "vmov " q "[2], " q "[0], r0, r0\n\tvmov " q "[3], " q "[1], r2, r2\n\t"
/*
 * Windows of known size and distance, eight pixels a turn, then two by two; the register of the window is that of the fourth
 * load. r9: multipliers; r12: the biases of two pixels, and behind them places.
 */
#define TSR_MVE_NARROW_32_TWO(q, high, step) \
  "ldm r12, {r0, r2, r4, r6}\n\t" \
  TSR_MVE_NARROW_32_SUMS(q, "vmladava.s8", "[r1, #-(" step "+" high ")]\n\t", "[r1, #-" step "]\n\t", "[r1, #-" high "]\n\t", \
                         "[r1], #2*" step "\n\t")
/* Weights of windows of 32 bytes, and of less: the second vector has zeros for what the first holds. */
#define TSR_MVE_NARROW_32_WHOLE \
  "vldrb.8 q0, [r5], #16\n\tvldrb.8 q1, [r5], #16\n\tvldrb.8 q2, [r5], #16\n\tvldrb.8 q3, [r5], #16\n\t"
#define TSR_MVE_NARROW_32_LESS(bytes, high) \
  "vldrb.8 q0, [r5]\n\tvpst\n\tvldrbt.8 q1, [r5, #" high "]\n\tvldrb.8 q2, [r5, #" bytes "]\n\tvpst\n\t" \
  "vldrbt.8 q3, [r5, #" bytes "+" high "]\n\tadd r5, #2*" bytes "\n\t"
#define TSR_MVE_NARROW_32_NEAR TSR_MVE_NARROW_STORE_ALL("q4", "q5", "q7", "r12, #64")
#define TSR_MVE_NARROW_32_FAR TSR_MVE_NARROW_STORE("q4", "q7", "r12, #16") TSR_MVE_NARROW_STORE("q5", "q7", "r12, #32")
#define TSR_MVE_NARROW_32_KNOWN(load, bytes, high, step, store) \
  __asm__ volatile( \
      TSR_MVE_NARROW_LOOP( \
          "%[twice]", \
          load "ldrd r0, r2, [r7], #8\n\tldrd r4, r6, [r9], #8\n\t" \
          "strd r0, r2, [r12]\n\tstrd r0, r2, [r12, #8]\n\t" \
          "vmov q6[2], q6[0], r4, r4\n\tvmov q6[3], q6[1], r6, r6\n\t", "", \
          TSR_MVE_NARROW_32_TWO("q4", high, step) TSR_MVE_NARROW_32_TWO("q7", high, step) TSR_MVE_NARROW_HALVES("q4", "q7") \
          TSR_MVE_NARROW_32_TWO("q5", high, step) TSR_MVE_NARROW_32_TWO("q7", high, step) TSR_MVE_NARROW_HALVES("q5", "q7") \
          store "add r3, r10\n\t", \
          "ldr lr, %[rest]\n\twls lr, lr, 4f\n3:\n\t" TSR_MVE_NARROW_32_TWO("q4", high, step) \
          "vqdmlash.s32 q4, q6, r8\n\tvqrshrnb.s32 q4, q4, #1\n\tvldrw.32 q7, [r12, #48]\n\tvqmovnb.s16 q4, q4\n\t" \
          "vstrb.32 q4, [r3, q7]\n\tadd r3, r3, r10, lsr #2\n\tle lr, 3b\n4:\n\t") \
      TSR_MVE_NARROW_NEXT("2") \
      : [beyond] "+Up"(beyond) \
      : [weights] "m"(weights), [bias] "m"(bias), [rest] "m"(rest), [twice] "m"(twice), TSR_MVE_NARROW_OPERANDS \
      : TSR_MVE_NARROW_REGISTERS)
/* Any windows, two pixels a turn: q7 places. */
#define TSR_MVE_NARROW_32_ANY \
  __asm__ volatile( \
      "ldr r0, %[places]\n\tvldrw.32 q7, [r0, #32]\n\t" TSR_MVE_NARROW_LOOP( \
          "%[halves]", \
          "ldr r5, %[weights]\n\tldr r3, %[ways]\n\tldr r4, %[bytes]\n\tvldrb.8 q0, [r5]\n\tadd r1, r5, r3\n\tvpst\n\t" \
          "vldrbt.8 q1, [r1]\n\tadd r5, r4\n\tvldrb.8 q2, [r5]\n\tadd r1, r5, r3\n\tvpst\n\tvldrbt.8 q3, [r1]\n\tadd r5, r4\n\t" \
          "str r5, %[weights]\n\tldrd r0, r2, [r7], #8\n\t" TSR_MVE_NARROW_TWICE("q5") \
          "ldr r1, %[halves]\n\tldrd r0, r2, [r1], #8\n\tstr r1, %[halves]\n\t" TSR_MVE_NARROW_TWICE("q6"), \
          "ldrd r5, r12, %[ways]\n\t", \
          TSR_MVE_NARROW_32_SUMS("q4", "vmladav.s8", "[r1]\n\tadd r1, r5\n\t", "[r1]\n\tadd r1, r12\n\t", "[r1]\n\tadd r1, r5\n\t", \
                                 "[r1]\n\tadd r1, r12\n\t") \
          "vadd.i32 q4, q4, q5\n\tvqdmlash.s32 q4, q6, r8\n\tvqshl.s32 q4, r9\n\tvshr.s32 q4, q4, #24\n\t" \
          "vstrb.32 q4, [r3, q7]\n\tadd r3, r10\n\t", "") \
      TSR_MVE_NARROW_NEXT("2") \
      : [beyond] "+Up"(beyond), [halves] "+m"(halves), [weights] "+m"(weights) \
      : [ways] "m"(ways), [places] "m"(place), [bias] "m"(bias), TSR_MVE_NARROW_OPERANDS \
      : TSR_MVE_NARROW_REGISTERS)

/* The same of windows of more than 16 bytes, of which the second vector ends with the window; channels by twos. */
static __attribute__((noinline, unused)) void tsr_mve_narrow_32(const tsr_mve_narrow_shape *p, const tsr_mve_narrow_pixels *pixels,
                                                                int8_t *out) {
  const int32_t bytes = p->window_bytes;
  const int32_t c = pixels->begin;
  const int32_t pairs = pixels->pairs;
  const int32_t step = pixels->step;
  const uint32_t next = (uint32_t)pixels->next;
  const int8_t *weights = (const int8_t *)(pixels->weights + 2 * p->out_channels) + c * bytes;
  const int32_t *const bias = pixels->weights + c;
  const int32_t *halves = bias + p->out_channels;
  const int8_t *const end = out + pixels->end;
  const int32_t known = step == p->known;
  const int8_t *const windows = pixels->windows + (known ? step + bytes - 16 : 0);
  const int32_t turns = known ? pairs / 4 : pairs;
  const int32_t rest = pairs % 4;
  const int32_t apart = (int32_t)(known ? 8 * next : 2 * next);
  /* Of two channels of two pixels, in words; of two pixels and the next two, in half words; and of the next four. */
  uint32_t table[20];
  uint32_t *const places = table + 4;
  const uint32x4_t four = vidupq_n_u32(0, 1);
  const uint32x4_t two = vmlaq_n_u32(four, vshrq_n_u32(four, 1), next - 2);
  const uint32x4_t both = vmlaq_n_u32(vdupq_n_u32(next << 17), two, 0x10001);
  vstrwq_u32(places, both);
  vstrwq_u32(places + 4, vaddq_n_u32(both, next * 0x40004));
  vstrwq_u32(places + 8, two);
  /* All of these as bytes: of the first two pixels, the third two, the second and the fourth. */
  vstrwq_u32(places + 12, vmlaq_n_u32(vdupq_n_u32(0x06020400 * next), two, 0x1010101));
  const uint32_t *const twice = table;
  /* The lanes of the second vector that the first does not hold. */
  mve_pred16_t beyond = (mve_pred16_t)(0xffff << (32 - bytes));
  out += c;
  if (known) {
    const int32_t scale[2] = {p->offset - 1, (int32_t)halves};
    if (bytes == 32 && next <= 36) {
      TSR_MVE_NARROW_32_KNOWN(TSR_MVE_NARROW_32_WHOLE, "32", "16", "32", TSR_MVE_NARROW_32_NEAR);
    } else if (bytes == 32) {
      TSR_MVE_NARROW_32_KNOWN(TSR_MVE_NARROW_32_WHOLE, "32", "16", "32", TSR_MVE_NARROW_32_FAR);
    } else if (bytes == 24) {
      TSR_MVE_NARROW_32_KNOWN(TSR_MVE_NARROW_32_LESS("24", "8"), "24", "8", "24", TSR_MVE_NARROW_32_FAR);
    } else if (step == 9) {
      TSR_MVE_NARROW_32_KNOWN(TSR_MVE_NARROW_32_LESS("27", "11"), "27", "11", "9", TSR_MVE_NARROW_32_FAR);
    } else if (next <= 36) {
      TSR_MVE_NARROW_32_KNOWN(TSR_MVE_NARROW_32_LESS("27", "11"), "27", "11", "18", TSR_MVE_NARROW_32_NEAR);
    } else {
      TSR_MVE_NARROW_32_KNOWN(TSR_MVE_NARROW_32_LESS("27", "11"), "27", "11", "18", TSR_MVE_NARROW_32_FAR);
    }
  } else {
    const int32_t scale[2] = {p->offset, 24 - p->shift};
    const int32_t ways[2] = {bytes - 16, step - (bytes - 16)};
    const uint32_t *const place = places;
    TSR_MVE_NARROW_32_ANY;
  }
}

#else

TSR_MVE_INLINE void tsr_mve_c_narrow(const tsr_mve_narrow_shape *p, const tsr_mve_narrow_pixels *pixels, int8_t *out) {
  const int32_t *const bias = pixels->weights;
  const int32_t *const halves = bias + p->out_channels;
  const int8_t *const weights = (const int8_t *)(halves + p->out_channels);
  for (int32_t x = 0; x < 2 * pixels->pairs; ++x) {
    for (int32_t i = pixels->begin; i < pixels->end; ++i) {
      const int32_t sum = tsr_mve_c_dot(bias[i], pixels->windows + x * pixels->step, weights + i * p->window_bytes,
                                        p->window_bytes);
      out[x * pixels->next + i] = tsr_requantize(sum, 2 * halves[i], p->offset, p->shift, -128, 127);
    }
  }
}

TSR_MVE_INLINE void tsr_mve_narrow_16(const tsr_mve_narrow_shape *p, const tsr_mve_narrow_pixels *pixels, int8_t *out) {
  tsr_mve_c_narrow(p, pixels, out);
}

TSR_MVE_INLINE void tsr_mve_narrow_32(const tsr_mve_narrow_shape *p, const tsr_mve_narrow_pixels *pixels, int8_t *out) {
  tsr_mve_c_narrow(p, pixels, out);
}

#endif

/* Some channels of a row's pixels, two by two; of an odd number the last but one is computed again. */
static inline void tsr_mve_narrow_channels(const tsr_mve_narrow_shape *p, tsr_mve_narrow_pixels *pixels, int32_t count,
                                           int8_t *out) {
  void (*const compute)(const tsr_mve_narrow_shape *, const tsr_mve_narrow_pixels *, int8_t *) =
      p->window_bytes > 16 ? tsr_mve_narrow_32 : tsr_mve_narrow_16;
  compute(p, pixels, out);
  if ((count & 1) == 0 || count == 1) return;
  const tsr_mve_narrow_pixels last = {pixels->begin, pixels->end, pixels->windows + (count - 2) * pixels->step, pixels->step, 1,
                                      pixels->next, pixels->weights};
  compute(p, &last, out + (count - 2) * pixels->next);
}

/* One row; limits narrower than int8 are applied to the bytes of the row. */
static inline void tsr_mve_narrow_row(const tsr_mve_narrow_shape *p, const int32_t *weights, const int8_t *windows, int32_t step,
                                      int32_t count, int8_t *out) {
  const int32_t together = p->window_bytes > 16 ? 2 : 4;
  const int32_t rest = p->out_channels & (together - 1);
  /* One pixel alone is computed twice. */
  tsr_mve_narrow_pixels pixels = {0, p->out_channels - rest, windows, 0, 1, 0, weights};
  if (count > 1) {
    pixels.step = step;
    pixels.pairs = count >> 1;
    pixels.next = p->out_pixel;
  }
  tsr_mve_narrow_channels(p, &pixels, count, out);
  if (rest > 0) {
    /* The last channels once more with those before them. */
    pixels.begin = p->out_channels - together;
    pixels.end = p->out_channels;
    tsr_mve_narrow_channels(p, &pixels, count, out);
  }
  if (p->max - p->min < 255) tsr_mve_limit(out, count, p->out_channels, p->out_pixel, p->min, p->max);
}

#endif
