/*
 * Tessera board port: the level 1 caches of a Cortex-M7, which are off after a reset and hold rubbish.
 * Source: Armv7-M Architecture Reference Manual (DDI 0403), B2.2 and B3.2; Cortex-M7 Generic User Guide (DUI 0646), 4.8.
 */
#ifndef CORTEX_M7_CACHE_H
#define CORTEX_M7_CACHE_H

#include "tsr_port.h"

#define SCB_CCR 0xE000ED14u
#define SCB_CCSIDR 0xE000ED80u
#define SCB_CSSELR 0xE000ED84u
#define SCB_ICIALLU 0xE000EF50u
#define SCB_DCISW 0xE000EF60u
#define CCR_DC (1u << 16)
#define CCR_IC (1u << 17)

static inline void cortex_m7_barrier(void) { __asm__ volatile("dsb\n isb\n" ::: "memory"); }

static inline void cortex_m7_caches_on(void) {
  cortex_m7_barrier();
  TSR_REGISTER(SCB_ICIALLU) = 0u;
  cortex_m7_barrier();
  tsr_set_bits(SCB_CCR, CCR_IC);
  cortex_m7_barrier();
  /* A data cache that is on already holds what is not in memory yet: to invalidate it would lose that. */
  if ((TSR_REGISTER(SCB_CCR) & CCR_DC) != 0u) return;
  TSR_REGISTER(SCB_CSSELR) = 0u;
  cortex_m7_barrier();
  const uint32_t size = TSR_REGISTER(SCB_CCSIDR);
  const uint32_t ways = (size >> 3) & 0x3FFu;
  const uint32_t sets = (size >> 13) & 0x7FFFu;
  /* Sets of 32 bytes from bit 5 on; four ways from bit 30 on. */
  for (uint32_t set = 0; set <= sets; ++set) {
    for (uint32_t way = 0; way <= ways; ++way) TSR_REGISTER(SCB_DCISW) = (set << 5) | (way << 30);
  }
  cortex_m7_barrier();
  tsr_set_bits(SCB_CCR, CCR_DC);
  cortex_m7_barrier();
}

#endif
