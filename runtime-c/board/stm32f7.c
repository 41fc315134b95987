/* Tessera board port: STM32F7. See stm32_f4_f7.h for clocks and their sources. */
#include "cortex_m7_cache.h"
#include "stm32_f4_f7.h"

/* RM0385, FLASH_ACR: prefetch and the ART accelerator of the flash interface, which work on its ITCM side. */
#define ACR_PRFTEN (1u << 8)
#define ACR_ARTEN (1u << 9)

/* Data sheets, general operating conditions; RM0385, FLASH_ACR: 30 MHz for each clock of a read at 2.7 to 3.6 V. */
#if TSR_CORE_HZ * TSR_AHB_DIVIDER > 216000000
#error "target.json: clock.coreHz * clock.ahbDivider must be at most 216 MHz on an STM32F7"
#endif
#if TSR_CORE_HZ / TSR_APB1_DIVIDER > 54000000
#error "target.json: clock.coreHz / clock.apb1Divider must be at most 54 MHz"
#endif
#if TSR_CORE_HZ / TSR_APB2_DIVIDER > 108000000
#error "target.json: clock.coreHz / clock.apb2Divider must be at most 108 MHz"
#endif
#if TSR_CORE_HZ > 30000000 * (TSR_FLASH_WAIT_STATES + 1)
#error "target.json: clock.flashWaitStates are too few: the flash of an STM32F7 takes 30 MHz for each, and 30 more"
#endif

uint32_t tsr_port_start(void) {
  const uint32_t core_hz = stm32_start_clocks(ACR_PRFTEN | ACR_ARTEN);
  if (TSR_CACHES_ON != 0) cortex_m7_caches_on();
  stm32_start_uart();
  return core_hz;
}

uint32_t tsr_port_uart_hz(uint32_t core_hz) {
  return core_hz == TSR_CORE_HZ ? core_hz / TSR_UART_APB_DIVIDER : core_hz;
}
