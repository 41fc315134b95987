/* Tessera board port: STM32F4. See stm32_f4_f7.h for clocks and their sources. */
#include "stm32_f4_f7.h"

/* RM0390, FLASH_ACR: prefetch, instruction cache and data cache of the flash interface. */
#define ACR_PRFTEN (1u << 8)
#define ACR_ICEN (1u << 9)
#define ACR_DCEN (1u << 10)

uint32_t tsr_port_start(void) {
  const uint32_t core_hz = stm32_start_clocks(ACR_PRFTEN | ACR_ICEN | ACR_DCEN);
  stm32_start_uart();
  return core_hz;
}

uint32_t tsr_port_uart_hz(uint32_t core_hz) {
  return core_hz == TSR_CORE_HZ ? core_hz / TSR_UART_APB_DIVIDER : core_hz;
}
