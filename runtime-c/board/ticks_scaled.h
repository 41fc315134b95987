/*
 * Ticks of a counter whose rate is no whole number of instructions. The emulator gives each instruction the same
 * time, so that instructions = ticks * TSR_TICKS_MULTIPLY / 2^TSR_TICKS_SHIFT, with an error below one instruction.
 * It must be read at least once while the counter goes round, or a round is missed.
 */
#ifndef TICKS_SCALED_H
#define TICKS_SCALED_H

#include "tsr_port.h"

static uint64_t tsr_ticks_total;

/* `now`: the counter, which goes up from 0 and round at 2^32. */
static inline uint32_t tsr_scale_ticks(uint32_t now) {
  tsr_ticks_total += now - (uint32_t)tsr_ticks_total;
  return (uint32_t)((tsr_ticks_total * TSR_TICKS_MULTIPLY) >> TSR_TICKS_SHIFT);
}

#endif
