/* Dot products and copies of any number of bytes with Helium. What each does, then how, on Helium and elsewhere. */
#ifndef TSR_MVE_BYTES_H
#define TSR_MVE_BYTES_H

#include "tsr_mve.h"

/* tsr_mve_dot_1x4: sums[j] += the dot product of `count` bytes, at least one, from a with as many from w_j. */

/*
 * tsr_mve_copy_parts copies `bytes` bytes, 1 to 16, `count` times: from places `from_step` apart to places `to_step` apart.
 * tsr_mve_zero_parts writes zeros there instead.
 */

/* tsr_mve_limit brings the bytes of `count` pixels of `channels` bytes, `apart` bytes apart, into [min, max]. */

#if defined(__ARM_FEATURE_MVE)

TSR_MVE_INLINE void tsr_mve_dot_1x4(int32_t *sums, const int8_t *a, const int8_t *w0, const int8_t *w1,
                                    const int8_t *w2, const int8_t *w3, int32_t count) {
  int32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
  __asm__ volatile(
      "dlstp.8 lr, %[count]\n"
      "1:\n"
      "vldrb.8 q0, [%[a]], #16\n"
      "vldrb.8 q1, [%[w0]], #16\n"
      "vmladava.s8 %[s0], q0, q1\n"
      "vldrb.8 q2, [%[w1]], #16\n"
      "vmladava.s8 %[s1], q0, q2\n"
      "vldrb.8 q1, [%[w2]], #16\n"
      "vmladava.s8 %[s2], q0, q1\n"
      "vldrb.8 q2, [%[w3]], #16\n"
      "vmladava.s8 %[s3], q0, q2\n"
      "letp lr, 1b\n"
      : [s0] "+Te"(s0), [s1] "+Te"(s1), [s2] "+Te"(s2), [s3] "+Te"(s3), [a] "+r"(a), [w0] "+r"(w0), [w1] "+r"(w1),
        [w2] "+r"(w2), [w3] "+r"(w3)
      : [count] "r"(count)
      : "lr", "q0", "q1", "q2", "memory");
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
}

TSR_MVE_INLINE void tsr_mve_copy_parts(int8_t *to, const int8_t *from, int32_t bytes, int32_t count, int32_t to_step,
                                       int32_t from_step) {
  mve_pred16_t there = vctp8q((uint32_t)bytes);
  __asm__ volatile(
      "dls lr, %[count]\n1:\n\tvpstt\n\tvldrbt.8 q0, [%[from]]\n\tvstrbt.8 q0, [%[to]]\n\tadd %[from], %[from_step]\n\t"
      "add %[to], %[to_step]\n\tle lr, 1b"
      : [to] "+r"(to), [from] "+r"(from), [there] "+Up"(there)
      : [count] "r"(count), [to_step] "r"(to_step), [from_step] "r"(from_step)
      : "lr", "cc", "memory", "q0");
}

/* Two vectors at a time, then what is left. */
#define TSR_MVE_LIMIT(first, second) \
  __asm__ volatile( \
      "wls lr, %[pairs], 2f\n1:\n\tvldrb.8 q0, [%[to]]\n\tvldrb.8 q1, [%[to], #16]\n\t" first second \
      "vstrb.8 q0, [%[to]], #16\n\tvstrb.8 q1, [%[to]], #16\n\tle lr, 1b\n2:\n\twlstp.8 lr, %[rest], 4f\n3:\n\tvldrb.8 q0, [%[to]]\n\t" \
      first "vstrb.8 q0, [%[to]], #16\n\tletp lr, 3b\n4:" \
      : [to] "+r"(to) \
      : [pairs] "r"(bytes / 32), [rest] "r"(bytes % 32), [least] "w"(least), [most] "w"(most) \
      : "lr", "cc", "memory", "q0", "q1")

TSR_MVE_INLINE void tsr_mve_limit_bytes(int8_t *to, int32_t bytes, int32_t min, int32_t max) {
  const int8x16_t least = vdupq_n_s8((int8_t)min);
  const int8x16_t most = vdupq_n_s8((int8_t)max);
  if (max == 127) {
    TSR_MVE_LIMIT("vmax.s8 q0, q0, %q[least]\n\t", "vmax.s8 q1, q1, %q[least]\n\t");
  } else {
    TSR_MVE_LIMIT("vmax.s8 q0, q0, %q[least]\n\tvmin.s8 q0, q0, %q[most]\n\t",
                  "vmax.s8 q1, q1, %q[least]\n\tvmin.s8 q1, q1, %q[most]\n\t");
  }
}

TSR_MVE_INLINE void tsr_mve_zero_parts(int8_t *to, int32_t bytes, int32_t count, int32_t to_step) {
  const int8x16_t zero = vdupq_n_s8(0);
  const mve_pred16_t there = vctp8q((uint32_t)bytes);
  for (int32_t i = 0; i < count; ++i, to += to_step) vstrbq_p_s8(to, zero, there);
}

#else

TSR_MVE_INLINE int32_t tsr_mve_c_dot(int32_t sum, const int8_t *a, const int8_t *w, int32_t count) {
  for (int32_t i = 0; i < count; ++i) sum = tsr_mve_c_add(sum, a[i] * w[i]);
  return sum;
}

TSR_MVE_INLINE void tsr_mve_dot_1x4(int32_t *sums, const int8_t *a, const int8_t *w0, const int8_t *w1,
                                    const int8_t *w2, const int8_t *w3, int32_t count) {
  sums[0] = tsr_mve_c_dot(sums[0], a, w0, count);
  sums[1] = tsr_mve_c_dot(sums[1], a, w1, count);
  sums[2] = tsr_mve_c_dot(sums[2], a, w2, count);
  sums[3] = tsr_mve_c_dot(sums[3], a, w3, count);
}

TSR_MVE_INLINE void tsr_mve_copy_parts(int8_t *to, const int8_t *from, int32_t bytes, int32_t count, int32_t to_step,
                                       int32_t from_step) {
  for (int32_t i = 0; i < count; ++i) {
    for (int32_t j = 0; j < bytes; ++j) to[i * to_step + j] = from[i * from_step + j];
  }
}

TSR_MVE_INLINE void tsr_mve_limit_bytes(int8_t *to, int32_t bytes, int32_t min, int32_t max) {
  for (int32_t i = 0; i < bytes; ++i) to[i] = (int8_t)tsr_max(min, tsr_min(max, to[i]));
}

TSR_MVE_INLINE void tsr_mve_zero_parts(int8_t *to, int32_t bytes, int32_t count, int32_t to_step) {
  for (int32_t i = 0; i < count; ++i) {
    for (int32_t j = 0; j < bytes; ++j) to[i * to_step + j] = 0;
  }
}

#endif

static __attribute__((noinline, unused)) void tsr_mve_limit(int8_t *to, int32_t count, int32_t channels, int32_t apart,
                                                            int32_t min, int32_t max) {
  if (channels == apart) {
    tsr_mve_limit_bytes(to, count * channels, min, max);
  } else {
    for (; count > 0; --count, to += apart) tsr_mve_limit_bytes(to, channels, min, max);
  }
}

#endif
