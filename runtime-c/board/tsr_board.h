/*
 * Tessera board port: what the firmware asks of a board. A board is made of a start-up file, a file that sets clocks
 * and pins, a serial driver and a counter; target.json lists which, and tsr_board_config.h holds its numbers.
 *
 * Nothing here allocates, uses interrupts or waits without a bound.
 */
#ifndef TSR_BOARD_H
#define TSR_BOARD_H

#include <stdint.h>

/*
 * Made from target.json:
 *   TSR_BOARD_NAME              text: the target's name
 *   TSR_BOARD_TICK_UNIT         text: "cycles" on silicon, "instructions" in an emulator
 *   TSR_BOARD_TICKS_PER_SECOND  ticks a second; on silicon an expression, since the clock may have fallen back
 *   TSR_BOARD_CACHES            text: "none", "on" or "off"
 */
#include "tsr_board_config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Clocks, serial line and counter. Called once, before anything else of this header. */
void tsr_board_init(void);

/* The next byte from the host, or -1 where none has come. */
int tsr_board_read(void);

/* Sends a byte. Waits until there is room, but not for ever: a byte that a broken line will not take is lost. */
void tsr_board_write(uint8_t byte);

/* A counter that goes up and wraps round at 2^32. */
uint32_t tsr_board_ticks(void);

/* What the core runs at now, in Hz: the target's frequency, or that of the internal oscillator if a clock failed. */
uint32_t tsr_board_core_hz(void);

/* The stack's lowest byte, and the byte behind its highest, from the linker script: for painting it. */
uint8_t *tsr_board_stack_start(void);
uint8_t *tsr_board_stack_end(void);

/* Puts an array where the target says that arenas go. It is not cleared at start-up. */
#define TSR_BOARD_ARENA __attribute__((section(".tsr_arena"), aligned(16)))

/* The same in another memory of the target, by its name: where arenas lie in several. */
#define TSR_BOARD_ARENA_IN(memory) __attribute__((section(".tsr_arena." memory), aligned(16)))

#ifdef __cplusplus
}
#endif

#endif
