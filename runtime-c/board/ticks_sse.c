/*
 * Tessera board port: ticks from the system counter of Arm's SSE-300 subsystem, which counts up at the board's clock.
 * Source: SSE-300 Technical Reference Manual (101773), system counter; registers as in Arm DDI 0487, I5.
 */
#include "ticks_scaled.h"

#define COUNTER_CONTROL (TSR_TIMER_ADDRESS + 0x0u)
#define COUNTER_LOW (TSR_TIMER_ADDRESS + 0x8u)
#define COUNTER_HIGH (TSR_TIMER_ADDRESS + 0xCu)
#define CONTROL_ENABLE 0x1u

void tsr_ticks_start(void) {
  TSR_REGISTER(COUNTER_CONTROL) = 0u;
  TSR_REGISTER(COUNTER_LOW) = 0u;
  TSR_REGISTER(COUNTER_HIGH) = 0u;
  TSR_REGISTER(COUNTER_CONTROL) = CONTROL_ENABLE;
}

uint32_t tsr_board_ticks(void) { return tsr_scale_ticks(TSR_REGISTER(COUNTER_LOW)); }
