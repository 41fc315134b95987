/*
 * Tessera board port: ticks from TIM2 of an STM32, 32 bits, not divided (RM0090, general-purpose timers TIM2 to TIM5). Emulators do not count cycles
 * in the core's own counter; QEMU gives TIM2 a nanosecond a tick, which is one instruction with -icount shift=0.
 */
#include "tsr_port.h"

#define TIM2_CR1 0x40000000u
#define TIM2_EGR 0x40000014u
#define TIM2_CNT 0x40000024u
#define TIM2_PSC 0x40000028u
#define TIM2_ARR 0x4000002Cu
#define CR1_ENABLE 0x1u
#define EGR_UPDATE 0x1u

/* RCC_APB1ENR, TIM2EN (RM0090). */
#define RCC_APB1ENR 0x40023840u

void tsr_ticks_start(void) {
  tsr_set_bits(RCC_APB1ENR, 1u);
  TSR_REGISTER(TIM2_CR1) = 0u;
  TSR_REGISTER(TIM2_PSC) = 0u;
  TSR_REGISTER(TIM2_ARR) = 0xFFFFFFFFu;
  TSR_REGISTER(TIM2_EGR) = EGR_UPDATE;
  TSR_REGISTER(TIM2_CR1) = CR1_ENABLE;
}

uint32_t tsr_board_ticks(void) { return TSR_REGISTER(TIM2_CNT); }
