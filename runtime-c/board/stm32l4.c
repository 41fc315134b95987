/*
 * Tessera board port: STM32L4 and STM32L4+.
 * Source: RM0351 (L47x) and RM0432 (L4+), chapters Embedded flash memory, Power control (PWR) and Reset and clock
 * control (RCC); DS12023 (L4R5), PLL characteristics. Compared with libopencm3 and with the device trees of Zephyr.
 *
 * Every wait has an end. After a reset the core runs at 4 MHz of the multi-speed oscillator, and stays there if the
 * internal oscillator of 16 MHz or the PLL does not get ready.
 */
#include "stm32_gpio.h"

#define FLASH_ACR 0x40022000u
#define ACR_LATENCY 0xFu
#define ACR_PRFTEN (1u << 8)
#define ACR_ICEN (1u << 9)
#define ACR_DCEN (1u << 10)

#define PWR_CR1 0x40007000u
#define PWR_CR2 0x40007004u
#define PWR_SR2 0x40007014u
#define PWR_CR5 0x40007080u
#define CR1_VOS (3u << 9)
#define CR2_IOSV (1u << 9)
#define SR2_VOSF (1u << 10)
#define CR5_R1MODE (1u << 8)

#define RCC 0x40021000u
#define RCC_CR (RCC + 0x00u)
#define RCC_CFGR (RCC + 0x08u)
#define RCC_PLLCFGR (RCC + 0x0Cu)
#define RCC_AHB2ENR (RCC + 0x4Cu)
#define RCC_APB1ENR1 (RCC + 0x58u)
#define CR_MSION (1u << 0)
#define CR_MSIRDY (1u << 1)
#define CR_MSIRGSEL (1u << 3)
#define CR_MSIRANGE (0xFu << 4)
#define CR_MSIRANGE_4MHZ (6u << 4)
#define CR_HSION (1u << 8)
#define CR_HSIRDY (1u << 10)
#define CR_PLLON (1u << 24)
#define CR_PLLRDY (1u << 25)
#define CFGR_SW 0x3u
#define CFGR_SWS (3u << 2)
#define CFGR_HPRE (0xFu << 4)
#define PLLCFGR_HSI16 2u
#define PLLCFGR_PLLREN (1u << 24)
#define APB1ENR1_PWREN (1u << 28)

#define GPIO_BASE 0x48000000u

#define MSI_HZ 4000000u

/*
 * RCC_PLLCFGR: 4 to 16 MHz go into the PLL of an L4, 2.66 to 8 MHz into that of an L4+; the VCO makes 64 to 344 MHz; R
 * is 2, 4, 6 or 8.
 */
#if TSR_CLOCK_SOURCE_HZ != 16000000 || TSR_CLOCK_HSE != 0
#error "target.json: STM32L4 starts from its internal oscillator: clock.source is hsi, sourceHz 16000000"
#endif
#if TSR_CLOCK_SOURCE_HZ / TSR_PLL_M < 4000000 || TSR_PLL_M > 8
#error "target.json: clock.sourceHz / pll.m must be from 4 to 16 MHz"
#endif
#if TSR_CLOCK_SOURCE_HZ / TSR_PLL_M * TSR_PLL_N < 64000000 || TSR_CLOCK_SOURCE_HZ / TSR_PLL_M * TSR_PLL_N > 344000000
#error "target.json: clock.sourceHz / pll.m * pll.n must be from 64 to 344 MHz"
#endif
#if TSR_CLOCK_SOURCE_HZ / TSR_PLL_M * TSR_PLL_N / TSR_PLL_R != TSR_CORE_HZ
#error "target.json: clock.sourceHz / pll.m * pll.n / pll.r must be clock.coreHz"
#endif
#if TSR_PLL_R != 2 && TSR_PLL_R != 4 && TSR_PLL_R != 6 && TSR_PLL_R != 8
#error "target.json: pll.r must be 2, 4, 6 or 8"
#endif
#if TSR_PLL_N < 8 || TSR_PLL_N > 127
#error "target.json: pll.n must be from 8 to 127"
#endif
#if TSR_AHB_DIVIDER != 1
#error "target.json: clock.ahbDivider must be 1"
#endif
#if TSR_CORE_HZ > 80000000 && TSR_BOOST == 0
#error "target.json: above 80 MHz clock.boost must be true"
#endif
/* The buses may be as fast as the core. Flash, RM0432, FLASH_ACR: 20 MHz for each clock of a read; 16 MHz on an L4. */
#if TSR_CORE_HZ > 120000000
#error "target.json: clock.coreHz must be at most 120 MHz on an STM32L4+"
#endif
#if TSR_CORE_HZ > 20000000 * (TSR_FLASH_WAIT_STATES + 1)
#error "target.json: clock.flashWaitStates are too few: the flash of an STM32L4+ takes 20 MHz for each, and 20 more"
#endif

/* Back to 4 MHz of the multi-speed oscillator, as after a reset: a bootloader may have left something else. */
static void use_msi(void) {
  tsr_set_bits(RCC_CR, CR_MSION);
  (void)tsr_wait(RCC_CR, CR_MSIRDY, CR_MSIRDY);
  tsr_put_bits(RCC_CR, CR_MSIRANGE, CR_MSIRANGE_4MHZ);
  tsr_set_bits(RCC_CR, CR_MSIRGSEL);
  tsr_clear_bits(RCC_CFGR, CFGR_SW);
  (void)tsr_wait(RCC_CFGR, CFGR_SWS, 0u);
  tsr_clear_bits(RCC_CR, CR_PLLON);
  (void)tsr_wait(RCC_CR, CR_PLLRDY, 0u);
}

static uint32_t start_clocks(void) {
  tsr_set_bits(RCC_APB1ENR1, APB1ENR1_PWREN);
  (void)TSR_REGISTER(RCC_APB1ENR1);
  /*
   * Ports PG2 to PG15 have a supply of their own, cut off after a reset (RM0432, PWR, independent I/O
   * supply rail).
   */
  if (TSR_VDDIO2 != 0) tsr_set_bits(PWR_CR2, CR2_IOSV);
  use_msi();
  tsr_set_bits(RCC_CR, CR_HSION);
  if (!tsr_wait(RCC_CR, CR_HSIRDY, CR_HSIRDY)) return MSI_HZ;
  tsr_put_bits(PWR_CR1, CR1_VOS, TSR_VOLTAGE << 9);
  if (!tsr_wait(PWR_SR2, SR2_VOSF, 0u)) return MSI_HZ;
  /* Range 1 boost, of STM32L4+ alone (RM0432, PWR_CR5): asked for before the clock is raised. */
  if (TSR_BOOST != 0) tsr_clear_bits(PWR_CR5, CR5_R1MODE);
  TSR_REGISTER(RCC_PLLCFGR) =
      PLLCFGR_HSI16 | ((TSR_PLL_M - 1u) << 4) | (TSR_PLL_N << 8) | PLLCFGR_PLLREN | ((TSR_PLL_R / 2u - 1u) << 25);
  tsr_set_bits(RCC_CR, CR_PLLON);
  if (!tsr_wait(RCC_CR, CR_PLLRDY, CR_PLLRDY)) return MSI_HZ;
  TSR_REGISTER(FLASH_ACR) = TSR_FLASH_WAIT_STATES | ACR_PRFTEN | ACR_ICEN | ACR_DCEN;
  if (!tsr_wait(FLASH_ACR, ACR_LATENCY, TSR_FLASH_WAIT_STATES)) return MSI_HZ;
  /*
   * Past 80 MHz the AHB clock goes through half its frequency for a microsecond (RM0432, RCC, system clock
   * selection).
   */
  if (TSR_BOOST != 0) tsr_put_bits(RCC_CFGR, CFGR_HPRE, stm32_ahb_code(2u) << 4);
  tsr_put_bits(RCC_CFGR, (7u << 8) | (7u << 11),
               (stm32_apb_code(TSR_APB1_DIVIDER) << 8) | (stm32_apb_code(TSR_APB2_DIVIDER) << 11));
  tsr_set_bits(RCC_CFGR, CFGR_SW);
  if (tsr_wait(RCC_CFGR, CFGR_SWS, CFGR_SWS)) {
    for (volatile uint32_t i = 0; i < 100u; ++i) {
    }
    tsr_clear_bits(RCC_CFGR, CFGR_HPRE);
    return TSR_CORE_HZ;
  }
  tsr_clear_bits(RCC_CFGR, CFGR_SW | CFGR_HPRE | (7u << 8) | (7u << 11));
  return MSI_HZ;
}

uint32_t tsr_port_start(void) {
  const uint32_t core_hz = start_clocks();
  stm32_uart_pins(GPIO_BASE, RCC_AHB2ENR, RCC + TSR_UART_ENABLE_OFFSET);
  return core_hz;
}

uint32_t tsr_port_uart_hz(uint32_t core_hz) {
  return core_hz == TSR_CORE_HZ ? core_hz / TSR_UART_APB_DIVIDER : core_hz;
}
