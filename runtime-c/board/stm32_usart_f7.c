/*
 * Tessera board port: the USART of STM32F7 and of newer families (H7, L4, L4+), and their LPUART, whose divider counts
 * in 256ths of a clock.
 * Source: RM0385, RM0433 and RM0432, chapters USART and LPUART, registers.
 */
#include "tsr_port.h"

#define USART_CR1 (TSR_UART_ADDRESS + 0x00u)
#define USART_BRR (TSR_UART_ADDRESS + 0x0Cu)
#define USART_ISR (TSR_UART_ADDRESS + 0x1Cu)
#define USART_ICR (TSR_UART_ADDRESS + 0x20u)
#define USART_RDR (TSR_UART_ADDRESS + 0x24u)
#define USART_TDR (TSR_UART_ADDRESS + 0x28u)
#define CR1_UE (1u << 0)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define ISR_ORE (1u << 3)
#define ISR_RXNE (1u << 5)
#define ISR_TXE (1u << 7)
#define ICR_ERRORS 0xFu

void tsr_uart_start(uint32_t clock_hz) {
  const uint32_t parts = TSR_UART_LOW_POWER != 0 ? 256u : 1u;
  /* 256ths of a clock need more than 32 bits, but what a whole division leaves does not. */
  const uint32_t whole = clock_hz / TSR_UART_BAUD * parts;
  const uint32_t rest = clock_hz % TSR_UART_BAUD * parts;
  /* Written while the USART is off. */
  TSR_REGISTER(USART_CR1) = 0u;
  TSR_REGISTER(USART_BRR) = whole + (rest + TSR_UART_BAUD / 2u) / TSR_UART_BAUD;
  TSR_REGISTER(USART_CR1) = CR1_TE | CR1_RE;
  tsr_set_bits(USART_CR1, CR1_UE);
}

int tsr_board_read(void) {
  const uint32_t status = TSR_REGISTER(USART_ISR);
  /* An overrun stays, and nothing more comes in, until it is cleared. */
  if ((status & ISR_ORE) != 0u) TSR_REGISTER(USART_ICR) = ICR_ERRORS;
  if ((status & ISR_RXNE) == 0u) return -1;
  return (int)(TSR_REGISTER(USART_RDR) & 0xFFu);
}

void tsr_board_write(uint8_t byte) {
  if (tsr_wait(USART_ISR, ISR_TXE, ISR_TXE)) TSR_REGISTER(USART_TDR) = byte;
}
