/*
 * Sums of an output pixel on Arm DSP, from the activations as they lie: bytes, in fours, which are expanded anew for
 * every four output channels. That takes no scratch and a sixth more instructions than tsr_dsp_dot_1 of tsr_dsp_dot.h,
 * whose weights, biases and multipliers these are.
 *
 * Instructions (executed) of four outputs: 28, of a row of taps 16, of a run of it besides the first 13, of four taps
 * 16, and 2 for every 32 of a run, begun or not; of four taps of padding 15. By Arm's table (Cortex-M4, no wait states)
 * four taps take 21 cycles.
 */
#ifndef TSR_DSP_BYTES_H
#define TSR_DSP_BYTES_H

#include "tsr_dsp_dot.h"

/*
 * The taps of an output pixel: in every row padding, runs of bytes that are as long, and padding. Padding is counted in
 * fours of taps; weights go on from one to the next, and from row to row.
 */
typedef struct tsr_dsp_pixel_taps {
  const int8_t *const *rows; /* at least one; NULL: a row of padding alone */
  const int8_t *const *rows_end;
  const int32_t *weights;
  int8_t *out;
  const int8_t *out_end; /* where `out` stands when all channels are done */
  int32_t offset;        /* of the even channels; pairs of fields are loaded together from here on */
  int32_t odd_offset;
  int32_t at;            /* bytes from the start of a row to its first run */
  int32_t before;        /* padding in front of that */
  int32_t bytes;         /* of a run: at least 4 */
  int32_t skip;          /* bytes of code that its first round leaves out */
  int32_t gap;           /* bytes from the end of a run to the next; 0: a row has one run */
  int32_t after;         /* padding behind the last run */
  int32_t last;          /* bytes from the start of a row to the end of its last run */
  int32_t missing;       /* padding of a row that is NULL */
  uint32_t padding;      /* its value as a pair */
} tsr_dsp_pixel_taps;

/* Sets the length of runs: a multiple of 4. */
TSR_DSP_INLINE void tsr_dsp_pixel_taps_run(tsr_dsp_pixel_taps *t, int32_t bytes) {
  t->bytes = bytes;
  /* 64 bytes of code for 4 of a run, in rounds of 8. */
  t->skip = 64 * (-(bytes >> 2) & 7);
}

#if defined(TSR_DSP_ASSEMBLY)

/* Four taps. Every instruction has four bytes. */
#define TSR_DSP_BYTES_STEP                         \
  "ldm.w %[wp]!, {%[w0], %[w1], %[w2], %[w3]}\n\t" \
  "ldr.w %[x0], [%[ap]], #4\n\t"                   \
  "sxtb16 %[x1], %[x0], ror #8\n\t"                \
  "sxtb16 %[x0], %[x0]\n\t"                        \
  TSR_DSP_PAIR_1X4("x0", "w0", "w1") TSR_DSP_PAIR_1X4("x1", "w2", "w3")

/*
 * All channels of a pixel: `channels`, a multiple of 4 and at least 4. LDM wants its registers in ascending order: they
 * have names. `n` is the padding that is still to be added or, in a run, its end.
 */
TSR_DSP_INLINE void tsr_dsp_dot_bytes(tsr_dsp_pixel_taps *t, int8_t *out, int32_t channels, const int32_t shift) {
  t->out = out;
  t->out_end = out + channels;
  register uint32_t w0 __asm__("r0");
  register uint32_t w1 __asm__("r1");
  register uint32_t w2 __asm__("r2");
  register uint32_t w3 __asm__("r3");
  uint32_t b0, b1, a0, a1, x0, x1, ap, wp, rp, n;
  __asm__ volatile(
      "ldr %[wp], %[weights]\n\t"
      "b.w 1f\n"
      /* Behind a run: where the row has another, that is next. */
      "5:\n\t"
      "ldr %[x1], [%[rp], #-4]\n\t"
      "ldr %[w0], %[last]\n\t"
      "add %[x1], %[w0]\n\t"
      "cmp %[ap], %[x1]\n\t"
      "beq.w 8f\n\t"
      "add %[ap], %[x0]\n\t"
      "b.w 3f\n"
      /* A row of padding. */
      "6:\n\t"
      "ldr %[x0], %[missing]\n\t"
      "add %[n], %[x0]\n\t"
      "b.w 8f\n"
      /* Padding: behind the last row (9), or in front of a run. */
      "9:\n\t"
      "mov %[ap], #0\n"
      "7:\n\t"
      "ldr %[x0], %[padding]\n"
      "17:\n\t"
      "ldm.w %[wp]!, {%[w0], %[w1], %[w2], %[w3]}\n\t"
      TSR_DSP_PAIR_1X4("x0", "w0", "w1") TSR_DSP_PAIR_1X4("x0", "w2", "w3")
      "subs %[n], #1\n\t"
      "bne.w 17b\n\t"
      "cmp %[ap], #0\n\t"
      "bne.w 3f\n\t"
      "b.w 10f\n"
      /* Four channels. */
      "1:\n\t"
      "ldr %[rp], %[rows]\n\t"
      "ldrd %[b0], %[b1], [%[wp]]\n\t"
      "ldrd %[a0], %[a1], [%[wp], #8]\n\t"
      "add %[wp], #16\n\t"
      "mov %[n], #0\n"
      /* A row. */
      "2:\n\t"
      "ldr %[ap], [%[rp]], #4\n\t"
      "cmp %[ap], #0\n\t"
      "beq.w 6b\n\t"
      "ldrd %[x0], %[x1], %[at]\n\t"
      "add %[ap], %[x0]\n\t"
      "adds %[n], %[x1]\n\t"
      "bne.w 7b\n"
      /* A run. */
      "3:\n\t"
      "ldrd %[x0], %[x1], %[bytes]\n\t"
      "add %[n], %[ap], %[x0]\n\t"
      "add pc, %[x1]\n\t"
      "nop\n"
      "4:\n\t" TSR_DSP_FOUR_TIMES(TSR_DSP_BYTES_STEP) TSR_DSP_FOUR_TIMES(TSR_DSP_BYTES_STEP)
      "cmp %[ap], %[n]\n\t"
      "bne.w 4b\n\t"
      "ldrd %[x0], %[n], %[gap]\n\t"
      "cmp %[x0], #0\n\t"
      "bne.w 5b\n"
      "8:\n\t"
      "ldr %[x0], %[rows_end]\n\t"
      "cmp %[rp], %[x0]\n\t"
      "bne.w 2b\n\t"
      "cmp %[n], #0\n\t"
      "bne.w 9b\n"
      /* The outputs. */
      "10:\n\t"
      TSR_DSP_SCALE_1X4
      "ldr %[ap], %[out]\n\t"
      "ldr %[n], %[out_end]\n\t"
      TSR_DSP_STORE_1X4
      "cmp %[ap], %[n]\n\t"
      "bne.w 1b\n\t"
      : [b0] "=&r"(b0), [b1] "=&r"(b1), [a0] "=&r"(a0), [a1] "=&r"(a1), [w0] "=&r"(w0), [w1] "=&r"(w1),
        [w2] "=&r"(w2), [w3] "=&r"(w3), [x0] "=&r"(x0), [x1] "=&r"(x1), [ap] "=&r"(ap), [wp] "=&r"(wp),
        [rp] "=&r"(rp), [n] "=&r"(n), [out] "+m"(t->out)
      : [rows] "m"(*t), [rows_end] "m"(t->rows_end), [weights] "m"(t->weights), [out_end] "m"(t->out_end),
        [offset] "m"(t->offset), [at] "m"(t->at), [bytes] "m"(t->bytes), [gap] "m"(t->gap), [last] "m"(t->last),
        [missing] "m"(t->missing), [padding] "m"(t->padding), [shift] "i"(shift), [odd_shift] "i"(shift + 8)
      : "memory", "cc");
}

#else

/* Adds the products of a pair of taps to b0, b1, a0, a1 (see tsr_dsp_dot.h). Gives where the weights go on. */
static inline const int32_t *tsr_dsp_add_pair(int32_t *sums, uint32_t pair, const int32_t *weights) {
  for (int32_t i = 0; i < 2; ++i) {
    const uint32_t w = (uint32_t)weights[i];
    sums[i] = tsr_dsp_smlad(pair, tsr_dsp_sxtb16(w), sums[i]);
    sums[2 + i] = tsr_dsp_smlad(pair, w, sums[2 + i]);
  }
  return weights + 2;
}

static inline const int32_t *tsr_dsp_add_padding(int32_t *sums, uint32_t pair, int32_t quads, const int32_t *weights) {
  for (; quads > 0; --quads) weights = tsr_dsp_add_pair(sums, pair, tsr_dsp_add_pair(sums, pair, weights));
  return weights;
}

static inline const int32_t *tsr_dsp_add_run(int32_t *sums, const int8_t *from, int32_t bytes,
                                             const int32_t *weights) {
  for (const int8_t *const end = from + bytes; from != end; from += 4) {
    const uint32_t x = tsr_dsp_load(from);
    weights = tsr_dsp_add_pair(sums, tsr_dsp_sxtb16(x), weights);
    weights = tsr_dsp_add_pair(sums, tsr_dsp_sxtb16_odd(x), weights);
  }
  return weights;
}

/* All channels of a pixel, in C. */
static inline void tsr_dsp_dot_bytes(tsr_dsp_pixel_taps *t, int8_t *out, int32_t channels, const int32_t shift) {
  const int32_t *w = t->weights;
  for (int8_t *const end = out + channels; out != end; out += 4) {
    int32_t sums[4] = {w[0], w[1], w[2], w[3]};
    w += 4;
    for (const int8_t *const *row = t->rows; row != t->rows_end; ++row) {
      w = tsr_dsp_add_padding(sums, t->padding, *row == NULL ? t->missing : t->before, w);
      if (*row == NULL) continue;
      const int8_t *from = *row + t->at;
      for (;;) {
        w = tsr_dsp_add_run(sums, from, t->bytes, w);
        from += t->bytes;
        if (from == *row + t->last) break;
        from += t->gap;
      }
      w = tsr_dsp_add_padding(sums, t->padding, t->after, w);
    }
    tsr_dsp_put(out, sums[0], w[0], t->offset, shift);
    tsr_dsp_put(out + 1, (int32_t)((uint32_t)sums[2] - (uint32_t)sums[0]), w[2], t->odd_offset, shift + 8);
    tsr_dsp_put(out + 2, sums[1], w[1], t->offset, shift);
    tsr_dsp_put(out + 3, (int32_t)((uint32_t)sums[3] - (uint32_t)sums[1]), w[3], t->odd_offset, shift + 8);
    w += 4;
  }
}

#endif

#endif
