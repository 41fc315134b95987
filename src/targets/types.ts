import type { Isa } from '../kernels/define.ts';

/** Something that Tessera makes files for: data in targets/<name>/target.json, or in a file of the user's. */
export interface Target {
  readonly name: string;
  readonly description: string;
  readonly kind: TargetKind;
  /** What the compiler needs to know of the machine. */
  readonly compilerFlags: readonly string[];
  /** Instruction sets that kernels may use. */
  readonly isas: readonly Isa[];
  /** Files of the target's own folder that are put beside the generated ones. */
  readonly files: readonly string[];
  /** The memories that arenas can lie in, in order of preference; none: it is the caller's affair, or the board's. */
  readonly arena: readonly ArenaSpace[];
  /** What a firmware needs to know of the board; null for other kinds. */
  readonly board: Board | null;
  /** Where target.json stands. */
  readonly folder: URL;
  /** The text of target.json. */
  readonly text: string;
}

/**
 * `wasm`: a WebAssembly module with its JavaScript; `library`: C files to put into a project; `firmware`: a whole
 * project that starts a board and speaks over its serial line.
 */
export const targetKinds = ['wasm', 'library', 'firmware'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** How fast a memory is beside the others of the target: an arena that the fast ones do not take whole is divided. */
export const memorySpeeds = ['fast', 'usual', 'slow'] as const;
export type MemorySpeed = (typeof memorySpeeds)[number];

/** A memory that an arena can lie in, of a target that is no board. */
export interface ArenaSpace {
  readonly name: string;
  readonly bytes: number;
  readonly speed: MemorySpeed;
}

/** Memory that can be written to. */
export interface MemoryRegion {
  /** What it is called in the linker script. */
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
  readonly speed: MemorySpeed;
  /** What it is good for, in words. */
  readonly purpose: string;
}

export interface FlashMemory {
  /** Address of the first byte. */
  readonly base: number;
  readonly bytes: number;
  /** What the chip says of itself: DEV_ID of DBGMCU_IDCODE, which ST's bootloader gives too. */
  readonly productId?: number;
  /** The address of DBGMCU_IDCODE, where a debug probe reads the product id. */
  readonly idRegister?: number;
  /** [count, bytes] of equal sectors, in order of address. */
  readonly sectors?: readonly (readonly [number, number])[];
}

/** Where the linker puts what. Names of memory regions. */
export interface Placement {
  /** Where the vector table goes; null: to the start of flash. */
  readonly vectors: string | null;
  readonly data: string;
  readonly stack: string;
  readonly stackBytes: number;
  /** In order of preference: the arena goes to the first of the fastest that has room, or is divided among them. */
  readonly arena: readonly string[];
}

export const clockSources = ['fixed', 'hse-bypass', 'hse-crystal', 'hsi'] as const;

/** Clocks. What each number means is in the reference manual of the chip, under the names used here. */
export interface Clock {
  /** `fixed`: it runs from reset on, as in emulators. `hse-bypass`: a clock comes from outside. */
  readonly source: (typeof clockSources)[number];
  readonly coreHz: number;
  readonly sourceHz: number;
  readonly pll: Readonly<Record<'m' | 'n' | 'p' | 'q' | 'r', number>>;
  readonly ahbDivider: number;
  readonly apb1Divider: number;
  readonly apb2Divider: number;
  readonly flashWaitStates: number;
  /** The field VOS of the power controller. */
  readonly voltage: number;
  /** The regulator's mode for the highest frequencies: over-drive, scale 0 or range 1 boost. */
  readonly boost: boolean;
  /** Whether some ports have a supply that has to be let in (STM32L4). */
  readonly vddio2: boolean;
  /** Numbers for older revisions of the chip that are not as fast (STM32H743 before revision V). */
  readonly older: { readonly n: number; readonly coreHz: number };
}

export interface Pin {
  /** PA2 is port 0, pin 2. */
  readonly port: number;
  readonly pin: number;
  /** Alternate function. */
  readonly function: number;
}

/** The serial line that leads to the host. */
export interface Uart {
  readonly name: string;
  readonly address: number;
  readonly baud: number;
  /** What an STM32 needs besides; null in emulators, where a line is always connected. */
  readonly stm32: {
    readonly isLowPower: boolean;
    readonly bus: 'apb1' | 'apb2';
    /** Offset of the clock enable register in RCC, and the bit in it. */
    readonly enableOffset: number;
    readonly enableBit: number;
    readonly tx: Pin;
    readonly rx: Pin;
  } | null;
}

/** Ways to flash a board: the tools of src/device/flash/tools.ts, and ST's bootloader on a serial line. */
export const flashMethodNames = ['openocd', 'st-flash', 'cubeprogrammer', 'uart'] as const;

export const tickUnits = ['cycles', 'instructions'] as const;

/** The counter that times are taken from. */
export interface Ticks {
  readonly unit: (typeof tickUnits)[number];
  /** Ticks a second; null: as many as the core has cycles. */
  readonly perSecond: number | null;
  /** Address of the timer; null where its file knows it. */
  readonly timer: number | null;
  /** A tick is multiply / 2^shift counts of the timer. */
  readonly multiply: number;
  readonly shift: number;
}

/** An emulator of the board: `<command> <arguments> -kernel <image>`. */
export interface Simulator {
  readonly command: string;
  readonly machine: string;
  readonly arguments: readonly string[];
}

export interface Board {
  readonly core: string;
  /** Where the numbers come from. */
  readonly documents: readonly string[];
  /** C files of the board port: from runtime-c/board, or, where `files` lists them, from the target's own folder. */
  readonly sources: readonly string[];
  /** Compiler flags for the model and its kernels, and for everything else. */
  readonly optimize: { readonly model: string; readonly rest: string };
  readonly flash: FlashMemory;
  readonly memory: readonly MemoryRegion[];
  readonly placement: Placement;
  readonly caches: 'none' | 'on' | 'off';
  readonly clock: Clock;
  readonly uart: Uart;
  readonly ticks: Ticks;
  /** How it can be flashed: arguments by tool, in order of preference. `uart`: ST's bootloader on a serial line. */
  readonly flashMethods: Readonly<Record<string, readonly string[]>>;
  readonly simulator: Simulator | null;
}
