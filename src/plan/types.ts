import type { Graph, Node, Tensor } from '../graph/types.ts';
import type { AxisMap, Lowering, QuantizedNode } from '../ops/define.ts';

/** What the steps of a layer need of one of its inputs. */
export interface Demand {
  readonly input: number;
  readonly tensor: Tensor;
  /** First and last input row that step y needs, clipped to the input; last is -1 where it needs none. */
  readonly firstRow: Int32Array;
  readonly lastRow: Int32Array;
  /** The first row that steps from y on need: what is older is dead; the height of the input behind the last step. */
  readonly firstRowFrom: Int32Array;
  /** The row map, where one formula holds for every step; null where it takes a table. */
  readonly rows: AxisMap | null;
  /** The column map; null where every step needs all columns. */
  readonly columns: AxisMap | null;
}

/** A node of a quantised graph, lowered to calls of kernels. */
export interface Layer {
  readonly index: number;
  readonly node: Node;
  readonly tensors: QuantizedNode<object>;
  /** The integer parameters, as the operator's own `parameters` gave them. */
  readonly parameters: unknown;
  readonly lowering: Lowering;
  readonly macs: number;
  /** What its steps need of each input that is an activation. */
  readonly demands: readonly Demand[];
  /** Where its kernels are those that take less scratch: what it would be with the fastest. */
  readonly fast?: Lowering;
  /** No stage runs on into it: layers that were put in to work after the ones before, and not together with them. */
  readonly startsStage?: boolean;
}

/** Bytes of the arena that are in use from one step to another, both included. */
export interface Buffer {
  readonly name: string;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** A buffer with its place: the region of the arena, an index of Plan.regions, and bytes from the region's start. */
export interface PlacedBuffer extends Buffer {
  readonly region: number;
  readonly offset: number;
}

/** An output that begins so many bytes before a dying input: while the step runs, the two share bytes. */
export interface Join {
  readonly step: number;
  readonly input: string;
  readonly output: string;
  readonly distance: number;
}

/** A memory of the target that an arena, or a part of it, can lie in. */
export interface ArenaMemory {
  readonly name: string;
  /** Bytes of it that an arena may take. */
  readonly bytes: number;
  /** Beside the other memories of the target. */
  readonly speed: 'fast' | 'usual' | 'slow';
}

/** A part of the arena that lies in one memory: the caller gives the address of each. Most arenas have one. */
export interface ArenaRegion {
  /** The memory that it is planned for; null where the target does not say. */
  readonly memory: ArenaMemory | null;
  readonly bytes: number;
  /** No placement of the buffers of this region takes fewer bytes. */
  readonly bound: number;
}

/**
 * How the rows of a tensor inside a stage are kept: row r in slot r modulo `slots`. With a window, the newest row is
 * written to a window of its last `window` columns; columns that leave the window go to the slot, where a row that
 * nobody needs any more lay. A tensor of a 3x3 consumer so takes two rows and a few pixels, not three rows.
 */
export interface Ring {
  readonly slots: number;
  readonly window: number;
  /**
   * Consumers that read the last row again, or late, when nothing follows it: from step `from` on they first have the
   * rest of the window put in its slot, and read the row there.
   */
  readonly settle: readonly Settling[];
  /**
   * Null where something stays in it while other layers compute. Else each segment goes straight to its consumer: tensors
   * of a stage with the same number never hold anything at the same time, and lie at the same place.
   */
  readonly lane: number | null;
}

export interface Settling {
  readonly layer: number;
  readonly input: number;
  readonly from: number;
}

/**
 * How the bytes of a row lie: pixel by pixel, each with its channels, or channel by channel, each with its pixels. A row
 * has as many bytes either way.
 */
export type RowLayout = 'interleaved' | 'planar';

/**
 * Where the rows of a tensor lie: row r of an image in slot r modulo `slots`. A whole tensor has as many slots as rows.
 * Behind the slots lies the window of the newest row, where there is one (see Ring).
 * `buffer` is an index of Plan.buffers; constants lie in flash and have none.
 */
export interface Storage extends Ring {
  readonly buffer: number | null;
  /** Bytes from the start of the buffer: several whole tensors may use one, one after the other. */
  readonly offset: number;
  /** Bytes from one row, or slot, to the next. */
  readonly rowBytes: number;
  /** Bytes from one pixel to the next: more than its channels where the tensor is a part of another. */
  readonly pixelBytes: number;
  readonly layout: RowLayout;
}

/** One layer, computed whole. */
export interface CallStep {
  readonly kind: 'call';
  readonly layer: number;
}

/**
 * A run of layers that computes row by row, depth first: whenever several layers have the rows that they need, the
 * deepest goes first. Tensors inside are never whole: they live in rings.
 */
export interface StageStep {
  readonly kind: 'stage';
  /** In topological order. */
  readonly layers: readonly number[];
  /** For each layer the columns that it computes at a time; its width where it computes whole rows. */
  readonly segments: readonly number[];
  /** Graph inputs whose rows the stage fetches one by one; the others are whole. */
  readonly fetched: readonly string[];
  /** Graph outputs made here whose rows go to the caller as soon as each is complete. */
  readonly handed: readonly string[];
}

export type Step = CallStep | StageStep;

/**
 * `speed`: the kernels that are fastest. `size`: no forms of kernels beside those that all plans need, where a kernel has a
 * smaller file for calls of few pixels that one, and compilers are asked for small code.
 */
export const optimizations = ['speed', 'size'] as const;
export type Optimization = (typeof optimizations)[number];

/** A quantised graph, and what each of its nodes becomes. */
export interface Program {
  readonly graph: Graph;
  readonly layers: readonly Layer[];
  /** Graph outputs that go to the caller as they are made, and are not kept for it; none where it is left out. */
  readonly handed?: ReadonlySet<string> | undefined;
  /** What kernels are chosen for; `speed` where it is left out. */
  readonly optimize?: Optimization | undefined;
}

/**
 * What was rewritten, and where in words: copies that are none (`views`), channels in groups, layers computed twice so
 * that a tensor need not be kept, columns in patches.
 */
export interface RewritingNote {
  readonly kind: 'views' | 'groups' | 'twice' | 'patches';
  readonly text: string;
}

/** Everything that code generation needs to know, decided. */
export interface Plan extends Program {
  /** The model as it was before it was rewritten for this plan: what the plan must compute, byte for byte. */
  readonly source: Program;
  readonly rewritings: readonly RewritingNote[];
  readonly steps: readonly Step[];
  readonly buffers: readonly PlacedBuffer[];
  readonly storage: ReadonlyMap<string, Storage>;
  /** Layer index -> buffer of its scratch. */
  readonly scratch: ReadonlyMap<number, number>;
  /** Layers whose output begins in a dying input, and how many rows a call of them may compute at a time. */
  readonly overlapping: ReadonlyMap<number, number>;
  readonly joins: readonly Join[];
  /** One, but where the arena is divided among memories. */
  readonly regions: readonly ArenaRegion[];
  /** Bytes of all regions together. */
  readonly arenaBytes: number;
  /**
   * The most bytes that live at one step: no placement of these buffers is smaller. Where there are several regions their
   * sum may be more, since each has its own busiest step; then what can be proven is that each region is as small as its
   * own bound.
   */
  readonly allocationBound: number;
  readonly macs: number;
}

/** Alignment of every buffer, in bytes: accumulators are int32. */
export const bufferAlignment = 4;

export function alignUp(bytes: number): number {
  return Math.ceil(bytes / bufferAlignment) * bufferAlignment;
}

/** The bytes of an int8 tensor. */
export function tensorBytes(tensor: Tensor): number {
  return tensor.shape.reduce((product, size) => product * size, 1);
}
