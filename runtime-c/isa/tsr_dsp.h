/*
 * Arm DSP instructions (Cortex-M4, M7, M33): on those machines the instructions themselves, elsewhere C of the same
 * meaning, so that kernels for them run and are tested anywhere.
 *
 * A pair is two int16 in a word, a quad four int8. Sums wrap around at 32 bits, as the instructions' do.
 */
#ifndef TSR_DSP_H
#define TSR_DSP_H

#include <stdint.h>

#include "tsr.h"

#if defined(__GNUC__)
#define TSR_DSP_INLINE static inline __attribute__((always_inline))
/* For parts that need all registers: inlined into one another, their loops would keep what they use on the stack. */
#if defined(__clang__)
#define TSR_DSP_CALL static __attribute__((noinline, unused))
#else
#define TSR_DSP_CALL static __attribute__((noinline, noclone, unused))
#endif
/* The same for what is seldom called: its code is made small. */
#define TSR_DSP_SELDOM TSR_DSP_CALL __attribute__((cold))
#else
#define TSR_DSP_INLINE static inline
#define TSR_DSP_CALL static
#define TSR_DSP_SELDOM static
#endif

/* Some loops want all registers: GCC gives them where it optimises, and no frame pointer is asked for. */
#if defined(__ARM_FEATURE_DSP) && defined(__thumb__) && defined(__GNUC__) && defined(__OPTIMIZE__)
#if !defined(__clang__)
#define TSR_DSP_ASSEMBLY
#endif
#endif

/* Keeps compilers from making a call of memcpy or memset of a loop: small C libraries have them byte by byte. */
#if defined(__GNUC__)
#define TSR_DSP_OPAQUE(pointer) __asm__("" : "+r"(pointer))
#else
#define TSR_DSP_OPAQUE(pointer) ((void)0)
#endif

/* Four bytes from anywhere: these cores load and store words at any address. */
TSR_DSP_INLINE uint32_t tsr_dsp_load(const void *from) {
  uint32_t word;
  __builtin_memcpy(&word, from, sizeof word);
  return word;
}

TSR_DSP_INLINE void tsr_dsp_store(void *to, uint32_t word) { __builtin_memcpy(to, &word, sizeof word); }

/* A value as one half of a pair. */
TSR_DSP_INLINE void tsr_dsp_store16(void *to, int8_t value) {
  const int16_t half = value;
  __builtin_memcpy(to, &half, sizeof half);
}

#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)

/* Adds `count` bytes to as many sums: a multiple of 4, and at least 4. */
TSR_DSP_INLINE void tsr_dsp_add_bytes(int32_t *sums, const int8_t *from, int32_t count) {
  const int32_t *const end = sums + count;
  uint32_t word;
  register int32_t a __asm__("r4");
  register int32_t b __asm__("r5");
  register int32_t c __asm__("r6");
  register int32_t d __asm__("r8");
  __asm__ volatile(
      "1:\n\tldr %[word], [%[from]], #4\n\tldm %[sums], {%[a], %[b], %[c], %[d]}\n\t"
      "sxtab %[a], %[a], %[word]\n\tsxtab %[b], %[b], %[word], ror #8\n\t"
      "sxtab %[c], %[c], %[word], ror #16\n\tsxtab %[d], %[d], %[word], ror #24\n\t"
      "stm %[sums]!, {%[a], %[b], %[c], %[d]}\n\tcmp %[sums], %[end]\n\tbne 1b"
      : [sums] "+&r"(sums), [from] "+&r"(from), [word] "=&r"(word), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c),
        [d] "=&r"(d)
      : [end] "r"(end)
      : "cc", "memory");
}

/* Two words, to an address that is a multiple of 4. */
TSR_DSP_INLINE void tsr_dsp_store_two(uint32_t *to, uint32_t first, uint32_t second) {
  __asm__ volatile("strd %1, %2, %0" : "=o"(*(uint64_t *)(void *)to) : "r"(first), "r"(second));
}

/* Bytes 0 and 2 of a quad as a pair. */
TSR_DSP_INLINE uint32_t tsr_dsp_sxtb16(uint32_t quad) {
  uint32_t pair;
  __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(quad));
  return pair;
}

/* Bytes 1 and 3 of a quad as a pair. */
TSR_DSP_INLINE uint32_t tsr_dsp_sxtb16_odd(uint32_t quad) {
  uint32_t pair;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(quad));
  return pair;
}

/* base + bytes 0 and 2 of a quad, as pairs. */
TSR_DSP_INLINE uint32_t tsr_dsp_sxtab16(uint32_t base, uint32_t quad) {
  uint32_t pair;
  __asm__("sxtab16 %0, %1, %2" : "=r"(pair) : "r"(base), "r"(quad));
  return pair;
}

/* base + bytes 1 and 3 of a quad, as pairs. */
TSR_DSP_INLINE uint32_t tsr_dsp_sxtab16_odd(uint32_t base, uint32_t quad) {
  uint32_t pair;
  __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(pair) : "r"(base), "r"(quad));
  return pair;
}

/* sum + a.low * b.low */
TSR_DSP_INLINE int32_t tsr_dsp_smlabb(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlabb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/* sum + a.low * b.high */
TSR_DSP_INLINE int32_t tsr_dsp_smlabt(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlabt %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/* sum + a.high * b.low */
TSR_DSP_INLINE int32_t tsr_dsp_smlatb(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlatb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/* sum + a.high * b.high */
TSR_DSP_INLINE int32_t tsr_dsp_smlatt(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlatt %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/* a.low * b.low + a.high * b.high */
TSR_DSP_INLINE int32_t tsr_dsp_smuad(uint32_t a, uint32_t b) {
  int32_t result;
  __asm__("smuad %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

/* sum + a.low * b.low + a.high * b.high */
TSR_DSP_INLINE int32_t tsr_dsp_smlad(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/* sum + the high word of a * b, of one exact 64 bit sum */
TSR_DSP_INLINE int32_t tsr_dsp_smmla(int32_t a, int32_t b, int32_t sum) {
  int32_t result;
  __asm__("smmla %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/* Limited to int8. */
TSR_DSP_INLINE int32_t tsr_dsp_ssat8(int32_t value) {
  int32_t result;
  __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(value));
  return result;
}

/* Half of a value, rounded down, limited to int8. */
TSR_DSP_INLINE int32_t tsr_dsp_half8(int32_t value) {
  int32_t result;
  __asm__("ssat %0, #8, %1, asr #1" : "=r"(result) : "r"(value));
  return result;
}

/* The low halves of two words as a pair, the first below. */
TSR_DSP_INLINE uint32_t tsr_dsp_pack(uint32_t low, uint32_t high) {
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(low), "r"(high));
  return pair;
}

/* The high halves of two words as a pair, the first below. */
TSR_DSP_INLINE uint32_t tsr_dsp_pack_high(uint32_t low, uint32_t high) {
  uint32_t pair;
  __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(high), "r"(low));
  return pair;
}

/* The greater of the int8 in each byte. */
TSR_DSP_INLINE uint32_t tsr_dsp_max8(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}

/* The lesser of the int8 in each byte. */
TSR_DSP_INLINE uint32_t tsr_dsp_min8(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}

#else

TSR_DSP_INLINE void tsr_dsp_add_bytes(int32_t *sums, const int8_t *from, int32_t count) {
  for (int32_t i = 0; i < count; ++i) sums[i] += from[i];
}

TSR_DSP_INLINE void tsr_dsp_store_two(uint32_t *to, uint32_t first, uint32_t second) {
  to[0] = first;
  to[1] = second;
}

TSR_DSP_INLINE uint32_t tsr_dsp_sxtb16(uint32_t quad) {
  return (uint16_t)(int8_t)quad | (uint32_t)(uint16_t)(int8_t)(quad >> 16) << 16;
}

TSR_DSP_INLINE uint32_t tsr_dsp_sxtb16_odd(uint32_t quad) { return tsr_dsp_sxtb16(quad >> 8); }

TSR_DSP_INLINE uint32_t tsr_dsp_sxtab16(uint32_t base, uint32_t quad) {
  const int32_t low = (int16_t)base + (int8_t)quad;
  const int32_t high = (int16_t)(base >> 16) + (int8_t)(quad >> 16);
  return (uint16_t)low | (uint32_t)high << 16;
}

TSR_DSP_INLINE uint32_t tsr_dsp_sxtab16_odd(uint32_t base, uint32_t quad) { return tsr_dsp_sxtab16(base, quad >> 8); }

TSR_DSP_INLINE int32_t tsr_dsp_smlabb(uint32_t a, uint32_t b, int32_t sum) {
  return (int32_t)((uint32_t)sum + (uint32_t)((int16_t)a * (int16_t)b));
}

TSR_DSP_INLINE int32_t tsr_dsp_smlabt(uint32_t a, uint32_t b, int32_t sum) {
  return (int32_t)((uint32_t)sum + (uint32_t)((int16_t)a * (int16_t)(b >> 16)));
}

TSR_DSP_INLINE int32_t tsr_dsp_smlatb(uint32_t a, uint32_t b, int32_t sum) {
  return (int32_t)((uint32_t)sum + (uint32_t)((int16_t)(a >> 16) * (int16_t)b));
}

TSR_DSP_INLINE int32_t tsr_dsp_smlatt(uint32_t a, uint32_t b, int32_t sum) {
  return (int32_t)((uint32_t)sum + (uint32_t)((int16_t)(a >> 16) * (int16_t)(b >> 16)));
}

TSR_DSP_INLINE int32_t tsr_dsp_smuad(uint32_t a, uint32_t b) {
  const int32_t low = (int16_t)a * (int16_t)b;
  const int32_t high = (int16_t)(a >> 16) * (int16_t)(b >> 16);
  return (int32_t)((uint32_t)low + (uint32_t)high);
}

TSR_DSP_INLINE int32_t tsr_dsp_smlad(uint32_t a, uint32_t b, int32_t sum) {
  const int32_t low = (int16_t)a * (int16_t)b;
  const int32_t high = (int16_t)(a >> 16) * (int16_t)(b >> 16);
  return (int32_t)((uint32_t)sum + (uint32_t)low + (uint32_t)high);
}

TSR_DSP_INLINE int32_t tsr_dsp_smmla(int32_t a, int32_t b, int32_t sum) {
  return (int32_t)((uint32_t)sum + (uint32_t)(((int64_t)a * b) >> 32));
}

TSR_DSP_INLINE int32_t tsr_dsp_ssat8(int32_t value) { return value < -128 ? -128 : value > 127 ? 127 : value; }

TSR_DSP_INLINE int32_t tsr_dsp_half8(int32_t value) { return tsr_dsp_ssat8(value >> 1); }

TSR_DSP_INLINE uint32_t tsr_dsp_pack(uint32_t low, uint32_t high) { return (low & 0xffffu) | high << 16; }

TSR_DSP_INLINE uint32_t tsr_dsp_pack_high(uint32_t low, uint32_t high) { return low >> 16 | (high & 0xffff0000u); }

TSR_DSP_INLINE uint32_t tsr_dsp_max8(uint32_t a, uint32_t b) {
  uint32_t result = 0;
  for (int32_t i = 0; i < 32; i += 8) {
    const uint32_t greater = (int8_t)(a >> i) >= (int8_t)(b >> i) ? a : b;
    result |= greater & (uint32_t)0xff << i;
  }
  return result;
}

TSR_DSP_INLINE uint32_t tsr_dsp_min8(uint32_t a, uint32_t b) {
  return ~tsr_dsp_max8(~a, ~b);
}

#endif

/* A byte four times. */
TSR_DSP_INLINE uint32_t tsr_dsp_four(int32_t byte) { return (uint32_t)(uint8_t)byte * 0x01010101u; }

/* Copies bytes that do not overlap, a word at a time. */
TSR_DSP_INLINE void tsr_dsp_copy(int8_t *to, const int8_t *from, int32_t bytes) {
  const int8_t *const end = from + (bytes & ~3);
  for (; from != end; to += 4, from += 4) {
    tsr_dsp_store(to, tsr_dsp_load(from));
    TSR_DSP_OPAQUE(to);
  }
  if ((bytes & 2) != 0) {
    *to++ = *from++;
    *to++ = *from++;
  }
  if ((bytes & 1) != 0) *to = *from;
}

TSR_DSP_INLINE void tsr_dsp_fill(int8_t *to, int32_t byte, int32_t bytes) {
  const uint32_t word = tsr_dsp_four(byte);
  const int8_t *const end = to + (bytes & ~3);
  for (; to != end; to += 4) {
    tsr_dsp_store(to, word);
    TSR_DSP_OPAQUE(to);
  }
  if ((bytes & 2) != 0) {
    *to++ = (int8_t)byte;
    *to++ = (int8_t)byte;
  }
  if ((bytes & 1) != 0) *to = (int8_t)byte;
}

/* Limits `bytes` outputs to [min, max], at 1.5 instructions each: few layers have a clamp narrower than int8. */
static inline void tsr_dsp_clamp(int8_t *out, int32_t bytes, int32_t min, int32_t max) {
  const uint32_t least = tsr_dsp_four(min);
  const uint32_t most = tsr_dsp_four(max);
  for (; bytes >= 4; bytes -= 4, out += 4) {
    tsr_dsp_store(out, tsr_dsp_min8(tsr_dsp_max8(tsr_dsp_load(out), least), most));
  }
  for (; bytes > 0; --bytes, ++out) *out = (int8_t)tsr_min(tsr_max(*out, min), max);
}

#endif
