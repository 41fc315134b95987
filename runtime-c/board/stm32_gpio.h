/*
 * Tessera board port: the pins of the serial line. All families of STM32 that we start have this port of pins
 * (RM0390, RM0385, RM0433 and RM0432, chapter General-purpose I/Os); only its address and the clock enable differ.
 */
#ifndef STM32_GPIO_H
#define STM32_GPIO_H

#include "tsr_port.h"

#define GPIO_MODER 0x00u
#define GPIO_OSPEEDR 0x08u
#define GPIO_PUPDR 0x0Cu
#define GPIO_AFRL 0x20u
#define GPIO_MODE_ALTERNATE 2u
#define GPIO_SPEED_HIGH 2u
#define GPIO_PULL_UP 1u

/* Gives pin `pin` of the port at `port` to a peripheral. The pull-up keeps a line that nothing drives silent. */
static inline void stm32_pin(uint32_t port, uint32_t pin, uint32_t function) {
  const uint32_t half = port + GPIO_AFRL + 4u * (pin / 8u);
  tsr_put_bits(half, 15u << (4u * (pin % 8u)), function << (4u * (pin % 8u)));
  tsr_put_bits(port + GPIO_OSPEEDR, 3u << (2u * pin), GPIO_SPEED_HIGH << (2u * pin));
  tsr_put_bits(port + GPIO_PUPDR, 3u << (2u * pin), GPIO_PULL_UP << (2u * pin));
  tsr_put_bits(port + GPIO_MODER, 3u << (2u * pin), GPIO_MODE_ALTERNATE << (2u * pin));
}

/*
 * Clocks the serial line and its two ports of pins, and connects the pins. `gpio_base`: port A, the others 0x400
 * apart; `gpio_enable`: the register whose bit n clocks port n; `uart_enable`: the register of the serial line's bit.
 */
static inline void stm32_uart_pins(uint32_t gpio_base, uint32_t gpio_enable, uint32_t uart_enable) {
  tsr_set_bits(gpio_enable, (1u << TSR_UART_TX_PORT) | (1u << TSR_UART_RX_PORT));
  tsr_set_bits(uart_enable, 1u << TSR_UART_ENABLE_BIT);
  /* Two cycles of the bus pass before a peripheral can be used (RM0390, peripheral clock enable): a read is more. */
  (void)TSR_REGISTER(uart_enable);
  stm32_pin(gpio_base + 0x400u * TSR_UART_TX_PORT, TSR_UART_TX_PIN, TSR_UART_TX_FUNCTION);
  stm32_pin(gpio_base + 0x400u * TSR_UART_RX_PORT, TSR_UART_RX_PIN, TSR_UART_RX_FUNCTION);
}

/* Dividers of the buses as their registers hold them: 1, 2, 4, 8, 16 (and, for AHB, 64 to 512, which nobody needs). */
static inline uint32_t stm32_ahb_code(uint32_t divider) {
  return divider >= 16u ? 11u : divider >= 8u ? 10u : divider >= 4u ? 9u : divider >= 2u ? 8u : 0u;
}

static inline uint32_t stm32_apb_code(uint32_t divider) {
  return divider >= 16u ? 7u : divider >= 8u ? 6u : divider >= 4u ? 5u : divider >= 2u ? 4u : 0u;
}

#endif
