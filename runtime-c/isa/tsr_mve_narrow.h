/* Convolution of windows of at most 32 bytes with Helium: what each function does, then how, on Helium and elsewhere. */
#ifndef TSR_MVE_NARROW_H
#define TSR_MVE_NARROW_H

#include "tsr_mve_bytes.h"

/*
 * What tsr_mve_narrow_row computes: `count` pixels of `channels` channels (four at least; two where windows have more than
 * 16 bytes) from windows of `bytes` bytes, at most 32, that lie `step` apart. weights: [channels][bytes].
 */
typedef struct tsr_mve_narrow_pixels {
  const int8_t *weights;
  const int32_t *bias;
  const int32_t *halves; /* multipliers divided by 2 */
  int32_t bytes;
  int32_t channels;
  int32_t out_pixel; /* less than 2^16 - 3 */
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t step;
  int32_t count;
} tsr_mve_narrow_pixels;

#if defined(__ARM_FEATURE_MVE)

/*
 * Both loops: r0, r2, r4, r6 sums; r1 window; r3 output; r8 offset; r9 24 - shift; r10 from two pixels to the
 * next; r11 output of the first pixel; q5 biases; q6 multipliers. All registers are in use, so that the
 * compiler could not allocate them.
 */
#define TSR_MVE_NARROW_REGISTERS \
  "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory", "q0", "q1", "q2", \
      "q3", "q4", "q5", "q6", "q7"
#define TSR_MVE_NARROW_LOOP(group, begin, body) \
  "ldrd r8, r9, %[scale]\n\tldr r10, %[apart]\n\tldr r11, %[out]\n\tldr r5, %[weights]\n\tldr r7, %[bias]\n\t" \
  "ldr r12, %[halves]\n" \
  "9:\n\t" group "ldr r1, %[windows]\n\tmov r3, r11\n\tldr lr, %[pairs]\n\t" begin "dls lr, lr\n1:\n\t" body "le lr, 1b\n\t"
#define TSR_MVE_NARROW_NEXT(channels) "add r11, #" channels "\n\tldr r0, %[end]\n\tcmp r11, r0\n\tbne 9b"
#define TSR_MVE_NARROW_OPERANDS \
  [windows] "m"(windows), [out] "m"(out), [end] "m"(end), [pairs] "m"(pairs), [apart] "m"(apart), \
      [scale] "m"(scale), [bytes] "m"(bytes)

/* Four channels of two pixels, at q4 and q7: first windows, then sums. q0 to q3: the weights of a channel each; r7: places
 * of the outputs. Shifts that insert put both pixels in one vector. */
#define TSR_MVE_NARROW_SUMS(q) \
  "vmladav.s8 r0, " q ", q0\n\tvmladav.s8 r2, " q ", q1\n\tvmladav.s8 r4, " q ", q2\n\tvmladav.s8 r6, " q ", q3\n\t" \
  "vmov " q "[2], " q "[0], r0, r4\n\tvmov " q "[3], " q "[1], r2, r6\n\t"
#define TSR_MVE_NARROW_16(group, begin, loads) \
  __asm__ volatile( \
      TSR_MVE_NARROW_LOOP( \
          group, begin, \
          loads TSR_MVE_NARROW_SUMS("q4") TSR_MVE_NARROW_SUMS("q7") \
          "vadd.i32 q4, q4, q5\n\tvadd.i32 q7, q7, q5\n\tvqdmlash.s32 q4, q6, r8\n\tvqdmlash.s32 q7, q6, r8\n\t" \
          "vqshl.s32 q4, r9\n\tvqshl.s32 q7, r9\n\tvsri.32 q4, q7, #16\n\tvldrw.32 q7, [r7]\n\tvshr.u16 q4, q4, #8\n\t" \
          "vstrb.16 q4, [r3, q7]\n\tadd r3, r10\n\t") \
      TSR_MVE_NARROW_NEXT("4") \
      : [there] "+Up"(there), [halves] "+m"(halves), [weights] "+m"(weights), [bias] "+m"(bias) \
      : [step] "m"(step), [places] "m"(places), TSR_MVE_NARROW_OPERANDS \
      : TSR_MVE_NARROW_REGISTERS)
#define TSR_MVE_NARROW_STREAM_16 \
  "ldr r7, %[bias]\n\tvldrw.32 q5, [r7], #16\n\tstr r7, %[bias]\n\tldr r7, %[places]\n\tvldrw.32 q6, [r12], #16\n\t"
/* Windows of known size that lie side by side; of others the step is in r5. */
#define TSR_MVE_NARROW_16_KNOWN(bytes) \
  TSR_MVE_NARROW_16("vpstttt\n\tvldrbt.8 q0, [r5], #" bytes "\n\tvldrbt.8 q1, [r5], #" bytes "\n\tvldrbt.8 q2, [r5], #" bytes \
                    "\n\tvldrbt.8 q3, [r5], #" bytes "\n\t" TSR_MVE_NARROW_STREAM_16, "", \
                    "vpstt\n\tvldrbt.8 q4, [r1], #" bytes "\n\tvldrbt.8 q7, [r1], #" bytes "\n\t")

/* Channels [c, end) of `pairs` times two pixels; windows of at most 16 bytes, channels by fours. */
static __attribute__((noinline, unused)) void tsr_mve_narrow_16(const tsr_mve_narrow_pixels *p, int32_t c, int32_t last,
                                                                const int8_t *windows, int8_t *out, int32_t pairs) {
  const int32_t bytes = p->bytes;
  const int8_t *weights = p->weights + c * bytes;
  const int32_t *bias = p->bias + c;
  const int32_t *halves = p->halves + c;
  const int8_t *const end = out + last;
  /* One pixel alone is computed twice. */
  const int32_t step = p->count > 1 ? p->step : 0;
  const int32_t next = p->count > 1 ? p->out_pixel : 0;
  const int32_t apart = 2 * next;
  /* Of each channel of two pixels, first that of the second. */
  const int32_t both[4] = {next, next + 0x10001, next + 0x20002, next + 0x30003};
  const int32_t *const places = both;
  const int32_t scale[2] = {p->offset, 24 - p->shift};
  mve_pred16_t there = vctp8q((uint32_t)bytes);
  out += c;
  if (bytes == 16 && step == 16) {
    TSR_MVE_NARROW_16("vldrb.8 q0, [r5], #16\n\tvldrb.8 q1, [r5], #16\n\tvldrb.8 q2, [r5], #16\n\tvldrb.8 q3, [r5], #16\n\t"
                      TSR_MVE_NARROW_STREAM_16, "", "vldrb.8 q4, [r1], #16\n\tvldrb.8 q7, [r1], #16\n\t");
  } else if (bytes == 8 && step == 8) {
    TSR_MVE_NARROW_16_KNOWN("8");
  } else {
    TSR_MVE_NARROW_16(
        "ldr r5, %[weights]\n\tldr r0, %[bytes]\n\tvpst\n\tvldrbt.8 q0, [r5]\n\tadd r5, r0\n\tvpst\n\tvldrbt.8 q1, [r5]\n\t"
        "add r5, r0\n\tvpst\n\tvldrbt.8 q2, [r5]\n\tadd r5, r0\n\tvpst\n\tvldrbt.8 q3, [r5]\n\tadd r5, r0\n\tstr r5, %[weights]\n\t"
        TSR_MVE_NARROW_STREAM_16, "ldr r5, %[step]\n\t",
        "vpst\n\tvldrbt.8 q4, [r1]\n\tadd r1, r5\n\tvpst\n\tvldrbt.8 q7, [r1]\n\tadd r1, r5\n\t");
  }
}

/* Two channels of two pixels: q4 a window, then sums of pixels 0 0 1 1. q0, q1 and q2, q3: the weights of a channel each. */
#define TSR_MVE_NARROW_32(group, begin, first, second, third, fourth) \
  __asm__ volatile( \
      "ldr r0, %[places]\n\tvldrw.32 q7, [r0]\n\t" TSR_MVE_NARROW_LOOP( \
          group, begin, \
          "vldrb.8 q4, " first "vmladav.s8 r0, q4, q0\n\tvmladav.s8 r2, q4, q2\n\tvldrb.8 q4, " second \
          "vmladava.s8 r0, q4, q1\n\tvmladava.s8 r2, q4, q3\n\tvldrb.8 q4, " third "vmladav.s8 r4, q4, q0\n\t" \
          "vmladav.s8 r6, q4, q2\n\tvldrb.8 q4, " fourth "vmladava.s8 r4, q4, q1\n\tvmladava.s8 r6, q4, q3\n\t" \
          "vmov q4[2], q4[0], r0, r4\n\tvmov q4[3], q4[1], r2, r6\n\tvadd.i32 q4, q4, q5\n\tvqdmlash.s32 q4, q6, r8\n\t" \
          "vqshl.s32 q4, r9\n\tvshr.s32 q4, q4, #24\n\tvstrb.32 q4, [r3, q7]\n\tadd r3, r10\n\t") \
      TSR_MVE_NARROW_NEXT("2") \
      : [beyond] "+Up"(beyond), [halves] "+m"(halves), [weights] "+m"(weights) \
      : [ways] "m"(ways), [places] "m"(places), [bias] "m"(bias), TSR_MVE_NARROW_OPERANDS \
      : TSR_MVE_NARROW_REGISTERS)
#define TSR_MVE_NARROW_TWICE(q) "vmov " q "[2], " q "[0], r0, r0\n\tvmov " q "[3], " q "[1], r2, r2\n\t"
/* Windows of known size and distance; the register of the window is that of the fourth load. */
#define TSR_MVE_NARROW_32_KNOWN(bytes, high, step) \
  TSR_MVE_NARROW_32( \
      "vldrb.8 q0, [r5]\n\tvpst\n\tvldrbt.8 q1, [r5, #" high "]\n\tvldrb.8 q2, [r5, #" bytes "]\n\tvpst\n\t" \
      "vldrbt.8 q3, [r5, #" bytes "+" high "]\n\tadd r5, #2*" bytes "\n\tldrd r0, r2, [r7], #8\n\t" TSR_MVE_NARROW_TWICE("q5") \
      "ldrd r0, r2, [r12], #8\n\t" TSR_MVE_NARROW_TWICE("q6"), "add r1, #" step "+" high "\n\t", \
      "[r1, #-(" step "+" high ")]\n\t", "[r1, #-" step "]\n\t", "[r1, #-" high "]\n\t", "[r1], #2*" step "\n\t")

/* The same of windows of more than 16 bytes, of which the second vector ends with the window; channels by twos. */
static __attribute__((noinline, unused)) void tsr_mve_narrow_32(const tsr_mve_narrow_pixels *p, int32_t c, int32_t last,
                                                                const int8_t *windows, int8_t *out, int32_t pairs) {
  const int32_t bytes = p->bytes;
  const int8_t *weights = p->weights + c * bytes;
  const int32_t *const bias = p->bias + c;
  const int32_t *halves = p->halves + c;
  const int8_t *const end = out + last;
  const int32_t step = p->count > 1 ? p->step : 0;
  const int32_t next = p->count > 1 ? p->out_pixel : 0;
  const int32_t apart = 2 * next;
  const int32_t scale[2] = {p->offset, 24 - p->shift};
  const int32_t ways[2] = {bytes - 16, step - (bytes - 16)};
  const int32_t offsets[4] = {0, 1, next, next + 1};
  const int32_t *const places = offsets;
  /* The lanes of the second vector that the first does not hold. */
  mve_pred16_t beyond = (mve_pred16_t)(0xffff << (32 - bytes));
  out += c;
  if (bytes == 32 && step == 32) {
    TSR_MVE_NARROW_32_KNOWN("32", "16", "32");
  } else if (bytes == 24 && step == 24) {
    TSR_MVE_NARROW_32_KNOWN("24", "8", "24");
  } else if (bytes == 27 && step == 18) {
    TSR_MVE_NARROW_32_KNOWN("27", "11", "18");
  } else if (bytes == 27 && step == 9) {
    TSR_MVE_NARROW_32_KNOWN("27", "11", "9");
  } else {
    TSR_MVE_NARROW_32(
        "ldr r5, %[weights]\n\tldr r3, %[ways]\n\tldr r4, %[bytes]\n\tvldrb.8 q0, [r5]\n\tadd r1, r5, r3\n\tvpst\n\t"
        "vldrbt.8 q1, [r1]\n\tadd r5, r4\n\tvldrb.8 q2, [r5]\n\tadd r1, r5, r3\n\tvpst\n\tvldrbt.8 q3, [r1]\n\tadd r5, r4\n\t"
        "str r5, %[weights]\n\tldrd r0, r2, [r7], #8\n\t" TSR_MVE_NARROW_TWICE("q5")
        "ldr r1, %[halves]\n\tldrd r0, r2, [r1], #8\n\tstr r1, %[halves]\n\t" TSR_MVE_NARROW_TWICE("q6"),
        "ldrd r5, r12, %[ways]\n\t", "[r1]\n\tadd r1, r5\n\t", "[r1]\n\tadd r1, r12\n\t", "[r1]\n\tadd r1, r5\n\t",
        "[r1]\n\tadd r1, r12\n\t");
  }
}

#else

TSR_MVE_INLINE void tsr_mve_c_narrow(const tsr_mve_narrow_pixels *p, int32_t c, int32_t last, const int8_t *windows,
                                     int8_t *out, int32_t pairs) {
  for (int32_t x = 0; x < tsr_min(p->count, 2 * pairs); ++x) {
    for (int32_t i = c; i < last; ++i) {
      const int32_t sum = tsr_mve_c_dot(p->bias[i], windows + x * p->step, p->weights + i * p->bytes, p->bytes);
      out[x * p->out_pixel + i] = tsr_requantize(sum, 2 * p->halves[i], p->offset, p->shift, -128, 127);
    }
  }
}

TSR_MVE_INLINE void tsr_mve_narrow_16(const tsr_mve_narrow_pixels *p, int32_t c, int32_t last, const int8_t *windows,
                                      int8_t *out, int32_t pairs) {
  tsr_mve_c_narrow(p, c, last, windows, out, pairs);
}

TSR_MVE_INLINE void tsr_mve_narrow_32(const tsr_mve_narrow_pixels *p, int32_t c, int32_t last, const int8_t *windows,
                                      int8_t *out, int32_t pairs) {
  tsr_mve_c_narrow(p, c, last, windows, out, pairs);
}

#endif

/* Channels [c, end) of a row's pixels, two by two; of an odd number the last but one is computed again. */
static inline void tsr_mve_narrow_channels(const tsr_mve_narrow_pixels *p, int32_t c, int32_t end, const int8_t *windows,
                                           int8_t *out) {
  void (*const pixels)(const tsr_mve_narrow_pixels *, int32_t, int32_t, const int8_t *, int8_t *, int32_t) =
      p->bytes > 16 ? tsr_mve_narrow_32 : tsr_mve_narrow_16;
  pixels(p, c, end, windows, out, tsr_max(1, p->count / 2));
  if (p->count > 1 && p->count % 2 > 0) {
    const int32_t x = p->count - 2;
    pixels(p, c, end, windows + x * p->step, out + x * p->out_pixel, 1);
  }
}

/* One row; limits narrower than int8 are applied to the bytes of the row. */
static inline void tsr_mve_narrow_row(const tsr_mve_narrow_pixels *p, const int8_t *windows, int8_t *out) {
  const int32_t together = p->bytes > 16 ? 2 : 4;
  const int32_t rest = p->channels % together;
  tsr_mve_narrow_channels(p, 0, p->channels - rest, windows, out);
  /* The last channels once more with those before them. */
  if (rest > 0) tsr_mve_narrow_channels(p, p->channels - together, p->channels, windows, out);
  if (p->min > -128 || p->max < 127) tsr_mve_limit(out, p->count, p->channels, p->out_pixel, p->min, p->max);
}

#endif
