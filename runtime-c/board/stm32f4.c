/* Tessera board port: STM32F4. See stm32_f4_f7.h for clocks and their sources. */
#include "stm32_f4_f7.h"

/* RM0390, FLASH_ACR: prefetch, instruction cache and data cache of the flash interface. */
#define ACR_PRFTEN (1u << 8)
#define ACR_ICEN (1u << 9)
#define ACR_DCEN (1u << 10)

/*
 * The most that any STM32F4 takes; data sheets, general operating conditions. The buses of the chips up to 100 MHz (F401,
 * F41x) are the faster ones: 50 and 100 MHz; those of the others go to 45 and 90 MHz. Flash at 2.7 to 3.6 V, FLASH_ACR:
 * 30 MHz for each clock of a read, 32 MHz on a few chips.
 */
#if TSR_CORE_HZ * TSR_AHB_DIVIDER > 180000000
#error "target.json: clock.coreHz * clock.ahbDivider must be at most 180 MHz on an STM32F4"
#endif
#if TSR_CORE_HZ / TSR_APB1_DIVIDER > (TSR_CORE_HZ > 100000000 ? 45000000 : 50000000)
#error "target.json: clock.coreHz / clock.apb1Divider must be at most 50 MHz, 45 MHz where the core is above 100 MHz"
#endif
#if TSR_CORE_HZ / TSR_APB2_DIVIDER > (TSR_CORE_HZ > 100000000 ? 90000000 : 100000000)
#error "target.json: clock.coreHz / clock.apb2Divider must be at most 100 MHz, 90 MHz where the core is above 100 MHz"
#endif
#if TSR_CORE_HZ > 32000000 * (TSR_FLASH_WAIT_STATES + 1)
#error "target.json: clock.flashWaitStates are too few: the flash of an STM32F4 takes 32 MHz for each, and 32 more"
#endif

uint32_t tsr_port_start(void) {
  const uint32_t core_hz = stm32_start_clocks(ACR_PRFTEN | ACR_ICEN | ACR_DCEN);
  stm32_start_uart();
  return core_hz;
}

uint32_t tsr_port_uart_hz(uint32_t core_hz) {
  return core_hz == TSR_CORE_HZ ? core_hz / TSR_UART_APB_DIVIDER : core_hz;
}
