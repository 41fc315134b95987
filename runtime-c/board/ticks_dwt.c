/*
 * Tessera board port: ticks from the core's own cycle counter (DDI 0403, C1.8). On Cortex-M7 the counter is locked
 * until the lock access register is written (Arm CoreSight: 0xC5ACCE55); on Cortex-M4 that write does nothing.
 */
#include "tsr_port.h"

#define DEMCR 0xE000EDFCu
#define DEMCR_TRCENA 0x01000000u
#define DWT_CTRL 0xE0001000u
#define DWT_CYCCNT 0xE0001004u
#define DWT_LAR 0xE0001FB0u
#define DWT_UNLOCK 0xC5ACCE55u
#define CTRL_CYCCNTENA 0x1u

void tsr_ticks_start(void) {
  tsr_set_bits(DEMCR, DEMCR_TRCENA);
  TSR_REGISTER(DWT_LAR) = DWT_UNLOCK;
  TSR_REGISTER(DWT_CYCCNT) = 0u;
  tsr_set_bits(DWT_CTRL, CTRL_CYCCNTENA);
}

uint32_t tsr_board_ticks(void) { return TSR_REGISTER(DWT_CYCCNT); }
