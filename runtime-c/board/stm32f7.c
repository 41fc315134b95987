/* Tessera board port: STM32F7. See stm32_f4_f7.h for clocks and their sources. */
#include "cortex_m7_cache.h"
#include "stm32_f4_f7.h"

/* RM0385, FLASH_ACR: prefetch and the ART accelerator of the flash interface, which work on its ITCM side. */
#define ACR_PRFTEN (1u << 8)
#define ACR_ARTEN (1u << 9)

uint32_t tsr_port_start(void) {
  const uint32_t core_hz = stm32_start_clocks(ACR_PRFTEN | ACR_ARTEN);
  if (TSR_CACHES_ON != 0) cortex_m7_caches_on();
  stm32_start_uart();
  return core_hz;
}

uint32_t tsr_port_uart_hz(uint32_t core_hz) {
  return core_hz == TSR_CORE_HZ ? core_hz / TSR_UART_APB_DIVIDER : core_hz;
}
