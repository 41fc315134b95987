/*
 * Tessera board port: from reset to main on a Cortex-M.
 *
 * The vector table holds the exceptions of the architecture only: no interrupt is ever enabled. The stack lies at the
 * start of its memory region, so that an overflow leaves the memory and faults instead of overwriting data. The program
 * runs on the process stack; faults have a small main stack of their own, so that an overflow can still be told.
 * Source: Armv7-M Architecture Reference Manual (DDI 0403), B1.5 and B3.2; Armv8-M (DDI 0553).
 */
#include "tsr_port.h"

/* From the linker script. */
extern uint32_t tsr_data_start[];
extern uint32_t tsr_data_end[];
extern const uint32_t tsr_data_load[];
extern uint32_t tsr_bss_start[];
extern uint32_t tsr_bss_end[];
extern uint8_t tsr_stack_start[];
extern uint8_t tsr_stack_end[];

/* Of the main stack: a fault calls five functions with no more than a few words each. */
#define FAULT_STACK_BYTES 256
__attribute__((aligned(8), used)) uint8_t tsr_fault_stack[FAULT_STACK_BYTES];

int main(void);
void tsr_reset(void);
void tsr_start(void);
void tsr_fault(void);
void tsr_report_fault(const uint32_t *frame);

/* Coprocessor access control: full access to CP10 and CP11, the floating-point unit (DDI 0403, B3.2.20). */
#define CPACR 0xE000ED88u
#define CPACR_FPU 0x00F00000u

/* Vector table offset (DDI 0403, B3.2.5). */
#define VTOR 0xE000ED08u

/* Configurable fault status and fault address (DDI 0403, B3.2.15 and B3.2.18). */
#define CFSR 0xE000ED28u
#define BFAR 0xE000ED38u

typedef union tsr_vector {
  const uint8_t *stack;
  void (*handler)(void);
} tsr_vector;

__attribute__((section(".tsr_vectors"), used)) const tsr_vector tsr_vectors[16] = {
    {.stack = tsr_fault_stack + FAULT_STACK_BYTES}, {.handler = tsr_reset}, {.handler = tsr_fault}, {.handler = tsr_fault},
    {.handler = tsr_fault},   {.handler = tsr_fault}, {.handler = tsr_fault}, {.handler = tsr_fault},
    {.handler = tsr_fault},   {.handler = tsr_fault}, {.handler = tsr_fault}, {.handler = tsr_fault},
    {.handler = tsr_fault},   {.handler = tsr_fault}, {.handler = tsr_fault}, {.handler = tsr_fault},
};

/*
 * Assembly, since a compiler may use floating-point registers in any function of C. A bootloader that jumps here may
 * have left interrupts on, and its own stack and vector table: they are put right first.
 */
__attribute__((naked, noreturn, used)) void tsr_reset(void) {
  __asm__ volatile(
      "cpsid i\n"
      "ldr r0, =tsr_stack_end\n"
      "msr psp, r0\n"
      "ldr r0, =tsr_fault_stack + %c3\n"
      "msr msp, r0\n"
      "movs r0, #2\n"
      "msr control, r0\n"
      "isb\n"
      "ldr r0, =tsr_vectors\n"
      "ldr r1, =%c2\n"
      "str r0, [r1]\n"
      "ldr r0, =%c0\n"
      "ldr r1, [r0]\n"
      "orr r1, r1, %1\n"
      "str r1, [r0]\n"
      "dsb\n"
      "isb\n"
      "b tsr_start\n"
      ".ltorg\n" ::"i"(CPACR),
      "i"(CPACR_FPU), "i"(VTOR), "i"(FAULT_STACK_BYTES));
}

__attribute__((noreturn, used)) void tsr_start(void) {
  const uint32_t *from = tsr_data_load;
  for (uint32_t *to = tsr_data_start; to < tsr_data_end; ++to) *to = *from++;
  for (uint32_t *to = tsr_bss_start; to < tsr_bss_end; ++to) *to = 0;
  (void)main();
  for (;;) {
  }
}

/* Bit 2 of the link register tells which stack the exception's frame is on (DDI 0403, B1.5.8). */
__attribute__((naked, noreturn, used)) void tsr_fault(void) {
  __asm__ volatile(
      "tst lr, #4\n"
      "ite eq\n"
      "mrseq r0, msp\n"
      "mrsne r0, psp\n"
      "ldr r1, =tsr_fault_stack + %c0\n"
      "msr msp, r1\n"
      "b tsr_report_fault\n"
      ".ltorg\n" ::"i"(FAULT_STACK_BYTES));
}

static void write_text(const char *text) {
  while (*text != '\0') tsr_board_write((uint8_t)*text++);
}

static void write_hex(uint32_t value) {
  for (int32_t shift = 28; shift >= 0; shift -= 4) tsr_board_write((uint8_t)"0123456789abcdef"[(value >> shift) & 15u]);
}

/* Says on the serial line what happened and where, once, and stops. */
__attribute__((noreturn, used)) void tsr_report_fault(const uint32_t *frame) {
  const int on_stack = (uintptr_t)frame >= (uintptr_t)tsr_stack_start && (uintptr_t)frame < (uintptr_t)tsr_stack_end;
  write_text("\r\ne-[fault: status ");
  write_hex(TSR_REGISTER(CFSR));
  write_text(", address ");
  write_hex(TSR_REGISTER(BFAR));
  if (on_stack) {
    write_text(", at instruction ");
    write_hex(frame[6]);
  } else {
    write_text(", stack overflow");
  }
  write_text("]\r\nm-ready\r\n");
  for (;;) {
  }
}
