/* Rows of exponentials and their shares of a sum with Helium. What each does, then how, on Helium and elsewhere. */
#ifndef TSR_MVE_SHARES_H
#define TSR_MVE_SHARES_H

#include "tsr_mve.h"

/* tsr_mve_largest: the largest of `count` bytes, at least one. */

/* tsr_mve_sum_exponentials: the sum of table[min(maximum - from[i], last)] over `count` bytes, at least one. */

/*
 * tsr_mve_shares: to[i] = min(127, floor((e * scale / 128 + sum) / (2 * sum)) + zero_point), where
 * e = table[min(maximum - from[i], last)], for `count` bytes, at least one. `sum` is from 2 to 2^30, e at most 2^24, and e * scale below 2^39.
 *
 * With t = floor(e * scale / 128), n = floor((t + sum) / 2) and an inverse of floor((2^32 - 1) / sum), the high word of
 * n * inverse is floor(n / sum) or one less, since n is below 2^32; what is left of n says which.
 */

#if defined(__ARM_FEATURE_MVE)

TSR_MVE_INLINE int32_t tsr_mve_largest(const int8_t *from, int32_t count) {
  int32_t maximum = -128;
  __asm__ volatile(
      "dlstp.8 lr, %[count]\n"
      "1:\n\t"
      "vldrb.8 q0, [%[from]], #16\n\t"
      "vmaxv.s8 %[maximum], q0\n\t"
      "letp lr, 1b"
      : [maximum] "+r"(maximum), [from] "+r"(from)
      : [count] "r"(count)
      : "lr", "q0", "memory");
  return maximum;
}

TSR_MVE_INLINE uint32_t tsr_mve_sum_exponentials(const int32_t *table, int32_t last, int32_t maximum,
                                                 const int8_t *from, int32_t count) {
  uint32_t sum = 0;
  const tsr_mve_s32 most = tsr_mve_all_s32(maximum);
  const tsr_mve_s32 end = tsr_mve_all_s32(last);
  __asm__ volatile(
      "dlstp.32 lr, %[count]\n"
      "1:\n\t"
      "vldrb.s32 q0, [%[from]], #4\n\t"
      "vsub.i32 q0, %q[most], q0\n\t"
      "vmin.s32 q0, q0, %q[end]\n\t"
      "vldrw.u32 q1, [%[table], q0, uxtw #2]\n\t"
      "vaddva.u32 %[sum], q1\n\t"
      "letp lr, 1b"
      : [sum] "+Te"(sum), [from] "+l"(from)
      : [count] "r"(count), [table] "r"(table), [most] "w"(most), [end] "w"(end)
      : "lr", "q0", "q1", "memory");
  return sum;
}

TSR_MVE_INLINE void tsr_mve_shares(int8_t *to, const int32_t *table, int32_t last, int32_t maximum, const int8_t *from,
                                   int32_t count, int32_t scale, uint32_t sum, int32_t zero_point) {
  const tsr_mve_s32 most = tsr_mve_all_s32(maximum);
  const tsr_mve_s32 end = tsr_mve_all_s32(last);
  const tsr_mve_s32 inverse = tsr_mve_all_s32((int32_t)(0xffffffffu / sum));
  const tsr_mve_s32 limit = tsr_mve_all_s32(127);
  __asm__ volatile(
      "dlstp.32 lr, %[count]\n"
      "1:\n\t"
      "vldrb.s32 q0, [%[from]], #4\n\t"
      "vsub.i32 q0, %q[most], q0\n\t"
      "vmin.s32 q0, q0, %q[end]\n\t"
      "vldrw.u32 q1, [%[table], q0, uxtw #2]\n\t"
      "vmul.i32 q0, q1, %[low]\n\t"
      "vshr.u32 q0, q0, #7\n\t"
      "vmla.u32 q0, q1, %[high]\n\t"
      "vhadd.u32 q0, q0, %[sum]\n\t"
      "vmulh.u32 q1, q0, %q[inverse]\n\t"
      "vmla.u32 q0, q1, %[minus]\n\t"
      "vadd.i32 q1, q1, %[zero_point]\n\t"
      "vpt.u32 cs, q0, %[sum]\n\t"
      "vaddt.i32 q1, q1, %[one]\n\t"
      "vmin.s32 q1, q1, %q[limit]\n\t"
      "vstrb.32 q1, [%[to]], #4\n\t"
      "letp lr, 1b"
      : [to] "+l"(to), [from] "+l"(from)
      : [count] "r"(count), [table] "r"(table), [low] "r"(scale & 127), [high] "r"(scale >> 7), [sum] "r"(sum),
        [minus] "r"(0u - sum), [zero_point] "r"(zero_point), [one] "r"(1), [most] "w"(most), [end] "w"(end),
        [inverse] "w"(inverse), [limit] "w"(limit)
      : "lr", "cc", "q0", "q1", "memory");
}

#else

TSR_MVE_INLINE int32_t tsr_mve_largest(const int8_t *from, int32_t count) {
  int32_t maximum = -128;
  for (int32_t i = 0; i < count; ++i) maximum = tsr_max(maximum, from[i]);
  return maximum;
}

TSR_MVE_INLINE uint32_t tsr_mve_sum_exponentials(const int32_t *table, int32_t last, int32_t maximum,
                                                 const int8_t *from, int32_t count) {
  uint32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) sum += (uint32_t)table[tsr_min(maximum - from[i], last)];
  return sum;
}

TSR_MVE_INLINE void tsr_mve_shares(int8_t *to, const int32_t *table, int32_t last, int32_t maximum, const int8_t *from,
                                   int32_t count, int32_t scale, uint32_t sum, int32_t zero_point) {
  const uint32_t inverse = 0xffffffffu / sum;
  for (int32_t i = 0; i < count; ++i) {
    const uint32_t e = (uint32_t)table[tsr_min(maximum - from[i], last)];
    const uint32_t t = (e * (uint32_t)(scale & 127) >> 7) + e * (uint32_t)(scale >> 7);
    const uint32_t n = (uint32_t)(((uint64_t)t + sum) >> 1);
    const uint32_t share = (uint32_t)((uint64_t)n * inverse >> 32);
    to[i] = (int8_t)tsr_min(127, (int32_t)share + (n - share * sum >= sum) + zero_point);
  }
}

#endif

#endif
