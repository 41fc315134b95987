import type { ArenaMemory } from '../plan/types.ts';
import type { Board, MemoryRegion, Target, Uart } from '../targets/types.ts';
import { safeText } from './text.ts';

const hex = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;

/** Bytes of a memory that the rest of the program is taken to need beside an arena, where it has data. */
const dataReserve = 4096;

/** Bytes behind an arena that nothing may write to, and what the linker may lose to alignment. */
const guardBytes = 32;

/** How many bytes of a region are left for arenas beside stack and data. */
export function roomFor({ placement }: Board, region: MemoryRegion): number {
  const stack = placement.stack === region.name ? placement.stackBytes : 0;
  const data = placement.data === region.name ? dataReserve : 0;
  return region.bytes - stack - data - guardBytes;
}

/** The regions that arenas may go to, in order of preference. */
export function arenaRegions({ placement, memory }: Board): readonly MemoryRegion[] {
  return placement.arena.flatMap((name) => memory.filter((region) => region.name === name));
}

/**
 * The memories among which the arena of a model is placed when it is planned; none where the target has only one for
 * arenas, or says nothing.
 */
export function arenaMemories({ arena, board }: Target): readonly ArenaMemory[] {
  if (board === null) return arena;
  const regions = arenaRegions(board).map((region) => ({
    ...region,
    bytes: Math.floor(roomFor(board, region) / 16) * 16,
  }));
  const useful = regions.filter(({ bytes }) => bytes > 0).map(({ name, bytes, speed }) => ({ name, bytes, speed }));
  return useful.length < 2 ? [] : useful;
}

/**
 * The memory for so many bytes that were placed in none: the first of those for arenas that has room; the roomiest where
 * none has, so that the linker says by how much it is too small.
 */
export function arenaRegion(board: Board, bytes: number): MemoryRegion {
  const regions = arenaRegions(board);
  const fitting = regions.find((region) => roomFor(board, region) >= bytes);
  return fitting ?? regions.reduce((best, region) => (roomFor(board, region) > roomFor(board, best) ? region : best));
}

/**
 * The linker script of a board: every memory region, and what lies in it.
 * @param arenas the memories that arenas and copies of inputs lie in; TSR_BOARD_ARENA is the first
 */
export function linkerScript(target: Target, board: Board, arenas: readonly string[]): string {
  const { flash, memory, placement } = board;
  const vectors = placement.vectors ?? 'FLASH';
  const regions = [
    `  FLASH (rx) : ORIGIN = ${hex(flash.base)}, LENGTH = ${flash.bytes}`,
    ...memory.map(
      ({ name, address, bytes, purpose }) =>
        `  ${name} (rw) : ORIGIN = ${hex(address)}, LENGTH = ${bytes} /* ${safeText(purpose)} */`,
    ),
  ];
  return `/* Memory of ${target.name}: made from target.json. */
MEMORY
{
${regions.join('\n')}
}

ENTRY(tsr_reset)

SECTIONS
{
  /* Where the core looks after a reset. */
  .vectors : ALIGN(128) { KEEP(*(.tsr_vectors)) } > ${vectors}

  .text : ALIGN(16) { *(.text .text.*) } > FLASH
  .rodata : ALIGN(16) { *(.rodata .rodata.*) . = ALIGN(4); } > FLASH
  .ARM.exidx : { *(.ARM.exidx*) } > FLASH

  /* The stack comes first in its memory: what overflows it leaves the memory, and faults. */
  .stack (NOLOAD) : ALIGN(8)
  {
    tsr_stack_start = .;
    . += ${placement.stackBytes};
    tsr_stack_end = .;
  } > ${placement.stack}

  .data : ALIGN(4)
  {
    tsr_data_start = .;
    *(.data .data.*)
    . = ALIGN(4);
    tsr_data_end = .;
  } > ${placement.data} AT > FLASH
  tsr_data_load = LOADADDR(.data);

  .bss (NOLOAD) : ALIGN(4)
  {
    tsr_bss_start = .;
    *(.bss .bss.* COMMON)
    . = ALIGN(4);
    tsr_bss_end = .;
  } > ${placement.data}

  /* Not cleared at start-up. */
${arenas.map(arenaSection).join('\n')}
}
`;
}

/** The section of a memory that arenas lie in: see TSR_BOARD_ARENA and TSR_BOARD_ARENA_IN. */
function arenaSection(memory: string, index: number): string {
  const [section, input] =
    index === 0 ? ['.arena', '.tsr_arena'] : [`.arena_${memory.toLowerCase()}`, `.tsr_arena.${memory}`];
  return `  ${section} (NOLOAD) : ALIGN(16) { *(${input}) } > ${memory}`;
}

/** tsr_board_config.h: the target's numbers as macros. */
export function boardConfig(target: Target, board: Board): string {
  const { clock, uart, ticks, caches } = board;
  const perSecond = ticks.perSecond === null ? '(tsr_board_core_hz())' : `${ticks.perSecond}u`;
  const groups: readonly (readonly (readonly [string, string])[])[] = [
    [
      ['BOARD_NAME', `"${target.name}"`],
      ['BOARD_TICK_UNIT', `"${ticks.unit}"`],
      ['BOARD_TICKS_PER_SECOND', perSecond],
      ['BOARD_CACHES', `"${caches}"`],
    ],
    clockMacros(board),
    [
      ['UART_ADDRESS', `${hex(uart.address)}u`],
      ['UART_BAUD', `${uart.baud}u`],
      ...stm32UartMacros(uart, uart.stm32?.bus === 'apb2' ? clock.apb2Divider : clock.apb1Divider),
    ],
    [
      ...(ticks.timer === null ? [] : [['TIMER_ADDRESS', `${hex(ticks.timer)}u`] as const]),
      ['TICKS_MULTIPLY', `${ticks.multiply}u`],
      ['TICKS_SHIFT', `${ticks.shift}u`],
    ],
  ];
  const lines = groups.map((group) => group.map(([name, value]) => `#define TSR_${name} ${value}`).join('\n'));
  return `/* ${safeText(target.description)}: made from target.json. */
#ifndef TSR_BOARD_CONFIG_H
#define TSR_BOARD_CONFIG_H

${lines.join('\n\n')}

#endif
`;
}

function clockMacros({ clock, caches }: Board): readonly (readonly [string, string])[] {
  const core = ['CORE_HZ', `${clock.coreHz}u`] as const;
  if (clock.source === 'fixed') return [core];
  const { pll, older } = clock;
  const flag = (value: boolean): string => (value ? '1' : '0');
  return [
    core,
    ['CLOCK_SOURCE_HZ', `${clock.sourceHz}u`],
    ['CLOCK_HSE', flag(clock.source !== 'hsi')],
    ['CLOCK_BYPASS', flag(clock.source === 'hse-bypass')],
    ...(['m', 'n', 'p', 'q', 'r'] as const).map((name) => [`PLL_${name.toUpperCase()}`, `${pll[name]}u`] as const),
    ['OLDER_PLL_N', `${older.n}u`],
    ['OLDER_CORE_HZ', `${older.coreHz}u`],
    ['AHB_DIVIDER', `${clock.ahbDivider}u`],
    ['APB1_DIVIDER', `${clock.apb1Divider}u`],
    ['APB2_DIVIDER', `${clock.apb2Divider}u`],
    ['FLASH_WAIT_STATES', `${clock.flashWaitStates}u`],
    ['VOLTAGE', `${clock.voltage}u`],
    ['BOOST', flag(clock.boost)],
    ['VDDIO2', flag(clock.vddio2)],
    ['CACHES_ON', flag(caches === 'on')],
  ];
}

function stm32UartMacros({ stm32 }: Uart, apbDivider: number): readonly (readonly [string, string])[] {
  if (stm32 === null) return [];
  const pin = (name: string, { port, pin: number, function: alternate }: typeof stm32.tx) =>
    [
      [`UART_${name}_PORT`, `${port}u`],
      [`UART_${name}_PIN`, `${number}u`],
      [`UART_${name}_FUNCTION`, `${alternate}u`],
    ] as const;
  return [
    ['UART_LOW_POWER', stm32.isLowPower ? '1' : '0'],
    ['UART_APB_DIVIDER', `${apbDivider}u`],
    ['UART_ENABLE_OFFSET', `${hex(stm32.enableOffset)}u`],
    ['UART_ENABLE_BIT', `${stm32.enableBit}u`],
    ...pin('TX', stm32.tx),
    ...pin('RX', stm32.rx),
  ];
}
