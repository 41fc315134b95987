#include "qemu.h"

extern uint32_t qemu_stack_start[], qemu_stack_end[];
extern uint32_t qemu_data_start[], qemu_data_end[], qemu_data_load[], qemu_bss_start[], qemu_bss_end[];

/* Arm semihosting, version 2.0: the operations that are used here. */
enum { semihosting_write0 = 0x04, semihosting_exit_extended = 0x20 };

static void semihosting(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void qemu_print(const char *text) { semihosting(semihosting_write0, text); }

void qemu_print_number(int64_t value) {
  char text[24];
  char *at = text + sizeof text;
  uint64_t rest = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
  *--at = 0;
  do {
    *--at = (char)('0' + (int)(rest % 10u));
    rest /= 10u;
  } while (rest > 0u);
  if (value < 0) *--at = '-';
  qemu_print(at);
}

void qemu_print_bytes(const void *bytes, int32_t count) {
  const uint8_t *from = bytes;
  char text[65];
  int32_t used = 0;
  for (int32_t i = 0; i < count; ++i) {
    text[used++] = "0123456789abcdef"[from[i] >> 4];
    text[used++] = "0123456789abcdef"[from[i] & 15];
    if (used == 64 || i == count - 1) {
      text[used] = 0;
      qemu_print(text);
      used = 0;
    }
  }
}

void qemu_exit(int32_t code) {
  /* ADP_Stopped_ApplicationExit, and the exit code. */
  const uint32_t block[2] = {0x20026u, (uint32_t)code};
  semihosting(semihosting_exit_extended, block);
  for (;;) {
  }
}

#ifdef QEMU_MPS3
/* SSE-300 system counter: enabled in its control frame, read in its status frame, 64 bits at 32 MHz. */
static volatile uint32_t *const counter_control = (volatile uint32_t *)0x58100000u;
static volatile uint32_t *const counter_status = (volatile uint32_t *)0x48101000u;

static void start_timer(void) { counter_control[0] = 1u; }
static uint32_t read_timer(void) { return counter_status[0]; }
uint64_t qemu_instructions(uint64_t ticks) { return (ticks * 125u + 512u) / 1024u; }
#else
/* CMSDK APB timer 0: counts down at 25 MHz. */
static volatile uint32_t *const timer = (volatile uint32_t *)0x40000000u;

static void start_timer(void) {
  timer[0] = 0u;
  timer[2] = 0xffffffffu;
  timer[1] = 0xffffffffu;
  timer[0] = 1u;
}
static uint32_t read_timer(void) { return 0xffffffffu - timer[1]; }
uint64_t qemu_instructions(uint64_t ticks) { return (ticks * 5u + 16u) / 32u; }
#endif

static uint32_t last;
static uint64_t total;

uint64_t qemu_ticks(void) {
  const uint32_t now = read_timer();
  total += now - last;
  last = now;
  return total;
}

static __attribute__((noinline)) uint64_t ticks_of(void (*work)(void *), void *context) {
  const uint64_t before = qemu_ticks();
  work(context);
  return qemu_ticks() - before;
}

static __attribute__((naked, noinline)) void nothing(void *context) {
  (void)context;
  __asm__ volatile("bx lr");
}

uint64_t qemu_measure(void (*work)(void *context), void *context) {
  /* nothing() is one instruction, which belongs to what is measured. */
  const uint64_t overhead = ticks_of(nothing, NULL);
  return qemu_instructions(ticks_of(work, context) - overhead) + 1u;
}

static __attribute__((naked, noinline)) void known_loop(void *context) {
  (void)context;
  /* 1 + 2 * 500000 + 2 instructions. */
  __asm__ volatile(
      "ldr r0, =500000\n"
      "1: subs r0, #1\n"
      "bne 1b\n"
      "nop\n"
      "bx lr\n"
      ".ltorg");
}

void qemu_calibrate(void) {
  const uint64_t counted = qemu_measure(known_loop, NULL);
  if (counted == 1000003u) return;
  qemu_print("calibration: 1000003 instructions are counted as ");
  qemu_print_number((int64_t)counted);
  qemu_print("\n");
  qemu_exit(90);
}

enum { paint = 0x5ac3 };

uint32_t qemu_measure_stack(void (*work)(void *context), void *context) {
  uint32_t *here;
  __asm__ volatile("mov %0, sp" : "=r"(here));
  /* The frame of this function ends at sp: nothing below is in use until the call. */
  for (volatile uint32_t *word = qemu_stack_start; word < here; ++word) *word = paint;
  work(context);
  const volatile uint32_t *word = qemu_stack_start;
  while (word < here && *word == paint) ++word;
  return (uint32_t)((const volatile uint8_t *)here - (const volatile uint8_t *)word);
}

static void fault(void) {
  /* A fault in here would come back: the second time nothing is printed. */
  static int faulted;
  if (faulted++ == 0) {
    const uint32_t *frame;
    __asm__ volatile("mrs %0, msp" : "=r"(frame));
    qemu_print("fault: status ");
    qemu_print_bytes((const void *)0xe000ed28u, 4);
    qemu_print(" address ");
    qemu_print_bytes((const void *)0xe000ed38u, 4);
    qemu_print(" stack ");
    for (int32_t i = 0; i < 16; ++i) {
      qemu_print_bytes(frame + i, 4);
      qemu_print(" ");
    }
    qemu_print("\n");
  }
  qemu_exit(91);
}

static __attribute__((noreturn, used)) void begin(void) {
  for (uint32_t *to = qemu_data_start, *from = qemu_data_load; to < qemu_data_end;) *to++ = *from++;
  for (uint32_t *to = qemu_bss_start; to < qemu_bss_end;) *to++ = 0u;
  start_timer();
  last = read_timer();
  qemu_exit(main());
}

/* Turns coprocessors 10 and 11 on: floating point, and Helium where there is one. */
void reset(void) __attribute__((naked, noreturn));
void reset(void) {
  __asm__ volatile(
      "ldr r0, =0xe000ed88\n"
      "ldr r1, [r0]\n"
      "orr r1, r1, #0xf00000\n"
      "str r1, [r0]\n"
      "dsb\n"
      "isb\n"
      "b begin\n"
      ".ltorg");
}

typedef void (*handler)(void);
static const __attribute__((section(".vectors"), used)) handler vectors[] = {
    (handler)qemu_stack_end, (handler)reset, fault, fault, fault, fault, fault,
};
