import type { BoundaryType } from '../codegen/model.ts';
import type { NumericArray } from '../numpy/npy.ts';
import { type InputMode, type Objective, type OutputMode, objectives } from '../plan/choose.ts';
import { type Optimization, optimizations } from '../plan/types.ts';
import { type RangeMethod, rangeMethods } from '../quantize/calibrate.ts';
import type { WasmCompiler } from '../simulate/clang.ts';

/** A model: the path of an ONNX file, or its bytes. */
export type ModelSource = string | Uint8Array;

/**
 * What a float model is calibrated on: a file or folder (`x.npy`, `x.npz`), an array whose axis 0 counts samples, one
 * array an input, or 'random' for numbers that mean nothing.
 */
export type CalibrationSource = string | NumericArray | readonly NumericArray[];

/** See `preprocessing` of ReadOptions. */
export interface PixelNumbers {
  readonly scale?: number | readonly number[] | undefined;
  readonly mean?: number | readonly number[] | undefined;
}

/** How a model is read, and what for. */
export interface ReadOptions {
  /** The name of a target, or the path of a target.json: its kernels are chosen. */
  readonly target?: string | undefined;
  /** Sizes of symbolic dimensions. */
  readonly dimensions?: Readonly<Record<string, number>> | undefined;
  /**
   * Makes the model take pixels: what it was trained on is (pixel - mean) * scale. A number for all channels, or a list
   * of one for each; scale 1 and mean 0 where nothing is said.
   */
  readonly preprocessing?: PixelNumbers | undefined;
  /** The prefix of everything that is generated; by default made from the file's name. */
  readonly name?: string | undefined;
}

export interface CompileOptions extends ReadOptions {
  /** Representative inputs: needed by float models; a model that was quantised before needs none. */
  readonly calibrate?: CalibrationSource | undefined;
  /** How ranges follow from what calibration saw. */
  readonly range?: RangeMethod | undefined;
  /** Which conversions the generated C offers at inputs and outputs. */
  readonly boundary?: BoundaryType | undefined;
  /** Whether inputs lie whole in the arena or are fetched row by row. */
  readonly input?: InputMode | undefined;
  /** Whether outputs stand in the arena after a run or are handed over row by row. */
  readonly output?: OutputMode | undefined;
  readonly objective?: Objective | undefined;
  /** The most bytes that the arena may take: the fastest plan that fits, whatever the objective. */
  readonly arenaLimit?: number | undefined;
  /**
   * The most multiply-accumulates, as a multiple of the model's own, at least 1: the least SRAM under that bound,
   * whatever the objective.
   */
  readonly maxOverhead?: number | undefined;
  /** Whether code is to be fast or small, on a firmware's target: the plan and the answers are the same. */
  readonly optimize?: Optimization | undefined;
  /** Where clang for WebAssembly comes from. */
  readonly compiler?: WasmCompiler | undefined;
  /** What the options `input` and `output` are called where the caller takes them from, for hints: --input, --output. */
  readonly modeOptions?: { readonly input: string; readonly output: string } | undefined;
  /** Sees what is being done, and how far it is. */
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

/** The values that options can have. */
export const optionChoices = {
  range: rangeMethods,
  boundary: ['int8', 'float'],
  input: ['resident', 'stream'],
  output: ['resident', 'stream'],
  objective: objectives,
  optimize: optimizations,
  compiler: ['npm', 'system'],
} as const;

/** What is taken where the caller does not say. */
export const defaults = {
  range: 'percentile',
  boundary: 'int8',
  input: 'resident',
  output: 'resident',
  objective: 'balanced',
  optimize: 'speed',
  target: 'wasm',
  compiler: 'npm',
} as const satisfies CompileOptions;
