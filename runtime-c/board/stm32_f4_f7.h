/*
 * Tessera board port: clocks of STM32F4 and STM32F7, whose RCC and PWR are alike.
 * Source: RM0390 (F446), RM0368 (F401), RM0090 (F405) and RM0385 (F74x), chapters Power controller (PWR) and Reset and
 * clock control (RCC). Compared with the device trees of Zephyr.
 *
 * Every wait has an end. If the oscillator or the PLL does not start, the core stays at the internal oscillator of
 * 16 MHz, and everything works at that speed.
 */
#ifndef STM32_F4_F7_H
#define STM32_F4_F7_H

#include "stm32_gpio.h"

#define FLASH_ACR 0x40023C00u
#define FLASH_LATENCY 0xFu

#define PWR_CR 0x40007000u
#define PWR_CSR 0x40007004u
#define PWR_VOS (3u << 14)
#define PWR_ODEN (1u << 16)
#define PWR_ODSWEN (1u << 17)
#define PWR_ODRDY (1u << 16)
#define PWR_ODSWRDY (1u << 17)

#define RCC 0x40023800u
#define RCC_CR (RCC + 0x00u)
#define RCC_PLLCFGR (RCC + 0x04u)
#define RCC_CFGR (RCC + 0x08u)
#define RCC_AHB1ENR (RCC + 0x30u)
#define RCC_APB1ENR (RCC + 0x40u)
#define CR_HSION (1u << 0)
#define CR_HSIRDY (1u << 1)
#define CR_HSEON (1u << 16)
#define CR_HSERDY (1u << 17)
#define CR_HSEBYP (1u << 18)
#define CR_PLLON (1u << 24)
#define CR_PLLRDY (1u << 25)
#define PLLCFGR_HSE (1u << 22)
#define CFGR_SW 0x3u
#define CFGR_SW_PLL 0x2u
#define CFGR_SWS (3u << 2)
#define CFGR_SWS_PLL (2u << 2)
#define APB1ENR_PWREN (1u << 28)

#define GPIO_BASE 0x40020000u

#define HSI_HZ 16000000u

/* RCC_PLLCFGR: 1 to 2 MHz go in, 100 to 432 MHz come out of the VCO. RM0368 asks for 192 MHz at the least. */
#if TSR_CLOCK_SOURCE_HZ / TSR_PLL_M < 950000 || TSR_CLOCK_SOURCE_HZ / TSR_PLL_M > 2100000
#error "target.json: clock.sourceHz / pll.m must be from 1 to 2 MHz"
#endif
#if TSR_CLOCK_SOURCE_HZ / TSR_PLL_M * TSR_PLL_N < 100000000 || TSR_CLOCK_SOURCE_HZ / TSR_PLL_M * TSR_PLL_N > 432000000
#error "target.json: clock.sourceHz / pll.m * pll.n must be from 100 to 432 MHz"
#endif
#if TSR_CLOCK_SOURCE_HZ / TSR_PLL_M * TSR_PLL_N / TSR_PLL_P != TSR_CORE_HZ * TSR_AHB_DIVIDER
#error "target.json: clock.sourceHz / pll.m * pll.n / pll.p must be clock.coreHz * clock.ahbDivider"
#endif
#if TSR_PLL_P != 2 && TSR_PLL_P != 4 && TSR_PLL_P != 6 && TSR_PLL_P != 8
#error "target.json: pll.p must be 2, 4, 6 or 8"
#endif
#if TSR_PLL_M < 2 || TSR_PLL_M > 63 || TSR_PLL_Q < 2 || TSR_PLL_Q > 15 || TSR_PLL_R > 7
#error "target.json: pll.m must be from 2 to 63, pll.q from 2 to 15, pll.r at most 7"
#endif

/* Back to the internal oscillator, the PLL off: a bootloader may have left it on. */
static inline void stm32_use_hsi(void) {
  tsr_set_bits(RCC_CR, CR_HSION);
  (void)tsr_wait(RCC_CR, CR_HSIRDY, CR_HSIRDY);
  tsr_clear_bits(RCC_CFGR, CFGR_SW);
  (void)tsr_wait(RCC_CFGR, CFGR_SWS, 0u);
  tsr_clear_bits(RCC_CR, CR_PLLON);
  (void)tsr_wait(RCC_CR, CR_PLLRDY, 0u);
}

static inline int stm32_start_source(void) {
  if (TSR_CLOCK_HSE == 0) return 1;
  if (TSR_CLOCK_BYPASS != 0) tsr_set_bits(RCC_CR, CR_HSEBYP);
  tsr_set_bits(RCC_CR, CR_HSEON);
  return tsr_wait(RCC_CR, CR_HSERDY, CR_HSERDY);
}

/* Above 168 MHz (F446) or 180 MHz (F7) the regulator needs its over-drive (PWR, entering over-drive mode). */
static inline int stm32_overdrive(void) {
  if (TSR_BOOST == 0) return 1;
  tsr_set_bits(PWR_CR, PWR_ODEN);
  if (!tsr_wait(PWR_CSR, PWR_ODRDY, PWR_ODRDY)) return 0;
  tsr_set_bits(PWR_CR, PWR_ODSWEN);
  return tsr_wait(PWR_CSR, PWR_ODSWRDY, PWR_ODSWRDY);
}

/* `accelerators`: the bits of FLASH_ACR beside the wait states. Gives the core's frequency. */
static inline uint32_t stm32_start_clocks(uint32_t accelerators) {
  const uint32_t pll = TSR_PLL_M | (TSR_PLL_N << 6) | ((TSR_PLL_P / 2u - 1u) << 16) | (TSR_PLL_Q << 24) |
                       (TSR_PLL_R << 28) | (TSR_CLOCK_HSE != 0 ? PLLCFGR_HSE : 0u);
  stm32_use_hsi();
  tsr_set_bits(RCC_APB1ENR, APB1ENR_PWREN);
  if (!stm32_start_source()) return HSI_HZ;
  /* The voltage can only be set while the PLL is off, and takes effect when it is on (PWR_CR, VOS). */
  tsr_put_bits(PWR_CR, PWR_VOS, TSR_VOLTAGE << 14);
  TSR_REGISTER(RCC_PLLCFGR) = pll;
  tsr_set_bits(RCC_CR, CR_PLLON);
  if (!stm32_overdrive() || !tsr_wait(RCC_CR, CR_PLLRDY, CR_PLLRDY)) return HSI_HZ;
  TSR_REGISTER(FLASH_ACR) = TSR_FLASH_WAIT_STATES | accelerators;
  if (!tsr_wait(FLASH_ACR, FLASH_LATENCY, TSR_FLASH_WAIT_STATES)) return HSI_HZ;
  tsr_put_bits(RCC_CFGR, (0xFu << 4) | (7u << 10) | (7u << 13),
               (stm32_ahb_code(TSR_AHB_DIVIDER) << 4) | (stm32_apb_code(TSR_APB1_DIVIDER) << 10) |
                   (stm32_apb_code(TSR_APB2_DIVIDER) << 13));
  tsr_put_bits(RCC_CFGR, CFGR_SW, CFGR_SW_PLL);
  if (tsr_wait(RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL)) return TSR_CORE_HZ;
  /* The buses' dividers go back too: the caller takes them for 1 where the PLL does not run. */
  tsr_clear_bits(RCC_CFGR, CFGR_SW | (0xFu << 4) | (7u << 10) | (7u << 13));
  return HSI_HZ;
}

static inline void stm32_start_uart(void) { stm32_uart_pins(GPIO_BASE, RCC_AHB1ENR, RCC + TSR_UART_ENABLE_OFFSET); }

#endif
