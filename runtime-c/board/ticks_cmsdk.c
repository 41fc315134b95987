/*
 * Tessera board port: ticks from CMSDK APB timer 0, which counts down at the board's clock (DDI 0479, 4.2 APB timer).
 * In an emulator that gives every instruction the same time, ticks are turned into instructions: see ticks_scaled.h.
 */
#include "ticks_scaled.h"

#define TIMER_CTRL (TSR_TIMER_ADDRESS + 0x0u)
#define TIMER_VALUE (TSR_TIMER_ADDRESS + 0x4u)
#define TIMER_RELOAD (TSR_TIMER_ADDRESS + 0x8u)
#define CTRL_ENABLE 0x1u

void tsr_ticks_start(void) {
  TSR_REGISTER(TIMER_CTRL) = 0u;
  TSR_REGISTER(TIMER_RELOAD) = 0xFFFFFFFFu;
  TSR_REGISTER(TIMER_VALUE) = 0xFFFFFFFFu;
  TSR_REGISTER(TIMER_CTRL) = CTRL_ENABLE;
}

uint32_t tsr_board_ticks(void) { return tsr_scale_ticks(0xFFFFFFFFu - TSR_REGISTER(TIMER_VALUE)); }
