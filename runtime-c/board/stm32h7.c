/*
 * Tessera board port: STM32H742, H743, H753 (one core, supplied by the internal regulator).
 * Source: RM0433, chapters Embedded flash memory, Power control (PWR), Reset and clock control (RCC), System
 * configuration controller (SYSCFG); ES0392 for errata. Compared with libopencm3 and with the device tree of Zephyr.
 *
 * Every wait has an end. If the oscillator, the voltage or the PLL does not get ready, the core stays at the internal
 * oscillator of 64 MHz.
 */
#include "cortex_m7_cache.h"
#include "stm32_gpio.h"

#define FLASH_ACR 0x52002000u
#define ACR_LATENCY 0xFu
#define ACR_MASK 0x3Fu
/* Programming delay: 2 from 185 MHz of AXI clock on (RM0433, FLASH recommended number of wait states). Nothing is programmed here. */
#define ACR_WRHIGHFREQ (2u << 4)

#define PWR_CSR1 0x58024804u
#define PWR_CR3 0x5802480Cu
#define PWR_D3CR 0x58024818u
#define CSR1_ACTVOSRDY (1u << 13)
#define CR3_BYPASS (1u << 0)
#define CR3_LDOEN (1u << 1)
#define CR3_SCUEN (1u << 2)
#define D3CR_VOS (3u << 14)
#define D3CR_VOSRDY (1u << 13)

#define SYSCFG_PWRCR 0x5800042Cu
#define PWRCR_ODEN (1u << 0)

#define RCC 0x58024400u
#define RCC_CR (RCC + 0x00u)
#define RCC_CFGR (RCC + 0x10u)
#define RCC_D1CFGR (RCC + 0x18u)
#define RCC_D2CFGR (RCC + 0x1Cu)
#define RCC_D3CFGR (RCC + 0x20u)
#define RCC_PLLCKSELR (RCC + 0x28u)
#define RCC_PLLCFGR (RCC + 0x2Cu)
#define RCC_PLL1DIVR (RCC + 0x30u)
#define RCC_AHB2ENR (RCC + 0xDCu)
#define RCC_AHB4ENR (RCC + 0xE0u)
#define RCC_APB4ENR (RCC + 0xF4u)
#define CR_HSION (1u << 0)
#define CR_HSIRDY (1u << 2)
#define CR_HSIDIV (3u << 3)
#define CR_HSEON (1u << 16)
#define CR_HSERDY (1u << 17)
#define CR_HSEBYP (1u << 18)
#define CR_PLL1ON (1u << 24)
#define CR_PLL1RDY (1u << 25)
#define CFGR_SW 0x7u
#define CFGR_SW_PLL1 0x3u
#define CFGR_SWS (7u << 3)
#define CFGR_SWS_PLL1 (3u << 3)
#define PLLCKSELR_HSE 2u
#define PLLCFGR_DIVP1EN (1u << 16)
#define AHB2ENR_SRAMS (7u << 29)
#define APB4ENR_SYSCFGEN (1u << 1)

#define GPIO_BASE 0x58020000u

#define HSI_HZ 64000000u

/* Revision Y and Z of the chip: 400 MHz at the most, and an erratum of AXI SRAM. V is 0x2003, X 0x2001 (RM0433, DBGMCU_IDC). */
#define DBGMCU_IDC 0x5C001000u
#define REVISION_X 0x20000000u
#define AXI_TARG7_FN_MOD 0x51008108u

/* RM0433, RCC_PLLCFGR: 1 to 16 MHz go in; the wide VCO makes 192 to 960 MHz (836 MHz before revision V). */
#define PLL_INPUT_HZ (TSR_CLOCK_SOURCE_HZ / TSR_PLL_M)
#if PLL_INPUT_HZ < 2000000 || PLL_INPUT_HZ > 16000000
#error "target.json: clock.sourceHz / pll.m must be from 2 to 16 MHz, the inputs of the wide VCO"
#endif
#if PLL_INPUT_HZ * TSR_PLL_N < 192000000 || PLL_INPUT_HZ * TSR_PLL_N > 960000000
#error "target.json: clock.sourceHz / pll.m * pll.n must be from 192 to 960 MHz"
#endif
#if PLL_INPUT_HZ * TSR_PLL_N / TSR_PLL_P != TSR_CORE_HZ
#error "target.json: clock.sourceHz / pll.m * pll.n / pll.p must be clock.coreHz"
#endif
#if PLL_INPUT_HZ * TSR_OLDER_PLL_N / TSR_PLL_P != TSR_OLDER_CORE_HZ || PLL_INPUT_HZ * TSR_OLDER_PLL_N > 836000000
#error "target.json: clock.older must make its coreHz with at most 836 MHz in the VCO"
#endif
#if TSR_PLL_M > 63 || TSR_PLL_P < 2 || TSR_PLL_P > 128 || TSR_PLL_P % 2 != 0
#error "target.json: pll.m must be at most 63, pll.p an even number from 2 to 128"
#endif
#if TSR_PLL_Q < 1 || TSR_PLL_Q > 128 || TSR_PLL_R < 1 || TSR_PLL_R > 128
#error "target.json: pll.q and pll.r must be from 1 to 128"
#endif
#if TSR_CLOCK_HSE == 0
#error "target.json: STM32H7 starts from its external oscillator: clock.source is hse-bypass or hse-crystal"
#endif
/* DS12110, general operating conditions; RM0433, FLASH_ACR: 70 MHz of the AXI bus for each clock of a read. */
#if TSR_CORE_HZ / TSR_AHB_DIVIDER > 240000000
#error "target.json: clock.coreHz / clock.ahbDivider must be at most 240 MHz"
#endif
#if TSR_CORE_HZ / TSR_AHB_DIVIDER / TSR_APB1_DIVIDER > 120000000 || \
    TSR_CORE_HZ / TSR_AHB_DIVIDER / TSR_APB2_DIVIDER > 120000000
#error "target.json: clock.coreHz / clock.ahbDivider / clock.apb1Divider must be at most 120 MHz, with apb2Divider too"
#endif
#if TSR_CORE_HZ / TSR_AHB_DIVIDER > 70000000 * (TSR_FLASH_WAIT_STATES + 1)
#error "target.json: clock.flashWaitStates are too few: the flash of an STM32H7 takes 70 MHz for each, and 70 more"
#endif
#if TSR_CORE_HZ > 480000000 || TSR_OLDER_CORE_HZ > 400000000
#error "target.json: the core runs at 480 MHz at the most, before revision V at 400 MHz"
#endif

static inline uint32_t input_range(void) {
  return PLL_INPUT_HZ >= 8000000u ? 3u : PLL_INPUT_HZ >= 4000000u ? 2u : 1u;
}

/*
 * The regulator's scale 1, and from there scale 0 for more than 400 MHz (RM0433, PWR,
 * voltage scaling). The first write to CR3 after power-up is the only one that counts (bit SCUEN).
 */
static int raise_voltage(int to_scale_0) {
  tsr_put_bits(PWR_CR3, CR3_BYPASS | CR3_LDOEN | CR3_SCUEN, CR3_LDOEN);
  if (!tsr_wait(PWR_CSR1, CSR1_ACTVOSRDY, CSR1_ACTVOSRDY)) return 0;
  tsr_put_bits(PWR_D3CR, D3CR_VOS, TSR_VOLTAGE << 14);
  if (!tsr_wait(PWR_D3CR, D3CR_VOSRDY, D3CR_VOSRDY)) return 0;
  if (!to_scale_0) return 1;
  tsr_set_bits(RCC_APB4ENR, APB4ENR_SYSCFGEN);
  (void)TSR_REGISTER(RCC_APB4ENR);
  tsr_set_bits(SYSCFG_PWRCR, PWRCR_ODEN);
  return tsr_wait(PWR_D3CR, D3CR_VOSRDY, D3CR_VOSRDY);
}

static void use_hsi(void) {
  tsr_set_bits(RCC_CR, CR_HSION);
  (void)tsr_wait(RCC_CR, CR_HSIRDY, CR_HSIRDY);
  tsr_clear_bits(RCC_CFGR, CFGR_SW);
  (void)tsr_wait(RCC_CFGR, CFGR_SWS, 0u);
  tsr_clear_bits(RCC_CR, CR_PLL1ON);
  (void)tsr_wait(RCC_CR, CR_PLL1RDY, 0u);
  tsr_clear_bits(RCC_CR, CR_HSIDIV);
}

static int start_hse(void) {
  if (TSR_CLOCK_BYPASS != 0) tsr_set_bits(RCC_CR, CR_HSEBYP);
  tsr_set_bits(RCC_CR, CR_HSEON);
  return tsr_wait(RCC_CR, CR_HSERDY, CR_HSERDY);
}

static uint32_t start_clocks(void) {
  const int is_older = TSR_REGISTER(DBGMCU_IDC) < REVISION_X;
  const uint32_t n = is_older ? TSR_OLDER_PLL_N : TSR_PLL_N;
  use_hsi();
  /* ES0392, reading from AXI SRAM may corrupt data: the issuing capability of that port is held at one. */
  if (is_older) TSR_REGISTER(AXI_TARG7_FN_MOD) = 1u;
  if (!raise_voltage(!is_older && TSR_BOOST != 0) || !start_hse()) return HSI_HZ;
  TSR_REGISTER(RCC_PLLCKSELR) = PLLCKSELR_HSE | (TSR_PLL_M << 4);
  TSR_REGISTER(RCC_PLLCFGR) = PLLCFGR_DIVP1EN | (input_range() << 2);
  TSR_REGISTER(RCC_PLL1DIVR) =
      (n - 1u) | ((TSR_PLL_P - 1u) << 9) | ((TSR_PLL_Q - 1u) << 16) | ((TSR_PLL_R - 1u) << 24);
  tsr_set_bits(RCC_CR, CR_PLL1ON);
  if (!tsr_wait(RCC_CR, CR_PLL1RDY, CR_PLL1RDY)) return HSI_HZ;
  tsr_put_bits(FLASH_ACR, ACR_MASK, TSR_FLASH_WAIT_STATES | ACR_WRHIGHFREQ);
  if (!tsr_wait(FLASH_ACR, ACR_LATENCY, TSR_FLASH_WAIT_STATES)) return HSI_HZ;
  const uint32_t apb = stm32_apb_code(TSR_APB1_DIVIDER);
  TSR_REGISTER(RCC_D1CFGR) = stm32_ahb_code(TSR_AHB_DIVIDER) | (apb << 4);
  TSR_REGISTER(RCC_D2CFGR) = (apb << 4) | (stm32_apb_code(TSR_APB2_DIVIDER) << 8);
  TSR_REGISTER(RCC_D3CFGR) = apb << 4;
  tsr_put_bits(RCC_CFGR, CFGR_SW, CFGR_SW_PLL1);
  if (tsr_wait(RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL1)) return is_older ? TSR_OLDER_CORE_HZ : TSR_CORE_HZ;
  tsr_clear_bits(RCC_CFGR, CFGR_SW);
  TSR_REGISTER(RCC_D1CFGR) = 0u;
  TSR_REGISTER(RCC_D2CFGR) = 0u;
  TSR_REGISTER(RCC_D3CFGR) = 0u;
  return HSI_HZ;
}

uint32_t tsr_port_start(void) {
  const uint32_t core_hz = start_clocks();
  /* The memories of the second domain are off after a reset; an arena may lie there. */
  tsr_set_bits(RCC_AHB2ENR, AHB2ENR_SRAMS);
  (void)TSR_REGISTER(RCC_AHB2ENR);
  if (TSR_CACHES_ON != 0) cortex_m7_caches_on();
  stm32_uart_pins(GPIO_BASE, RCC_AHB4ENR, RCC + TSR_UART_ENABLE_OFFSET);
  return core_hz;
}

uint32_t tsr_port_uart_hz(uint32_t core_hz) {
  return core_hz == HSI_HZ ? core_hz : core_hz / (TSR_AHB_DIVIDER * TSR_UART_APB_DIVIDER);
}
