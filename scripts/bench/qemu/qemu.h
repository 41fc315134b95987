/*
 * What programs on QEMU's development boards (mps2-an386, mps2-an500, mps3-an547) can use: output and exit by
 * semihosting, and a count of executed instructions.
 *
 * The count is of instructions, not of cycles: with a fixed -icount every instruction takes 256 ns of the board's time,
 * and the board's timer is read. One instruction is 6.4 ticks of 25 MHz (mps2) or 8.192 of 32 MHz (mps3), so differences
 * are exact to the instruction. Between two readings there may be 2^29 instructions at most.
 */
#ifndef QEMU_H
#define QEMU_H

#include <stddef.h>
#include <stdint.h>

void qemu_print(const char *text);
void qemu_print_number(int64_t value);
/* Bytes as hexadecimal digits. */
void qemu_print_bytes(const void *bytes, int32_t count);
/* Ends the run; 0 is success. */
void qemu_exit(int32_t code) __attribute__((noreturn));

/* Timer ticks since the first reading. */
uint64_t qemu_ticks(void);
/* Ticks as instructions, to the nearest. */
uint64_t qemu_instructions(uint64_t ticks);

/*
 * Instructions of one call of work(context), from its first to its return, both included; what measuring takes is
 * subtracted.
 */
uint64_t qemu_measure(void (*work)(void *context), void *context);

/* Measures a loop of 1,000,003 instructions; ends the run with code 90 if that is not what is counted. */
void qemu_calibrate(void);

/* The same of bytes on the stack: what work(context) and all that it calls take below its caller. */
uint32_t qemu_measure_stack(void (*work)(void *context), void *context);

/* The program's own. */
int main(void);

#endif
