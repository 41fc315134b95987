import { elementCount, type Tensor } from '../../src/graph/types.ts';
import type { GraphBuilder } from '../../src/ops/build.ts';
import { createDice, type Dice } from '../support/random.ts';

/** Most elements of a tensor of a random graph: enough for every geometry, and soon computed. */
export const mostElements = 1200;

/** What the makers of nodes work with. */
export interface Workshop extends Dice {
  readonly builder: GraphBuilder;
  /** One of the activations there are that fits, rather one that nothing reads yet. */
  take(fits?: (tensor: Tensor) => boolean): Tensor | null;
  /** Adds a node and puts its output with the other activations; null where it would be too large. */
  node(op: string, inputs: readonly (Tensor | null)[], attributes?: object): Tensor | null;
  input(shape: readonly number[]): Tensor;
  /** A float constant, `value` for each element. */
  constant(shape: readonly number[], value: () => number): Tensor;
  /** Activations that no node reads. */
  unread(): readonly Tensor[];
  activations(): readonly Tensor[];
  readonly inputs: readonly Tensor[];
}

export function createWorkshop(builder: GraphBuilder, random: () => number): Workshop {
  const dice = createDice(random);
  const activations: Tensor[] = [];
  const inputs: Tensor[] = [];
  const read = new Set<string>();
  const unread = (): readonly Tensor[] => activations.filter((tensor) => !read.has(tensor.name));
  return {
    ...dice,
    builder,
    inputs,
    unread,
    activations: () => activations,
    take(fits = () => true) {
      const fresh = unread().filter(fits);
      const all = activations.filter(fits);
      if (all.length === 0) return null;
      return fresh.length > 0 && dice.chance(0.75) ? dice.pick(fresh) : dice.pick(all);
    },
    node(op, operands, attributes = {}) {
      const output = builder.add(op, operands, attributes);
      // Inputs may be larger: what keeps their size is as large.
      const most = Math.max(mostElements, ...operands.map((operand) => elementCount(operand?.shape ?? [])));
      if (elementCount(output.shape) > most || output.data !== undefined) {
        throw new Error(`${op} gives [${output.shape}]: makers see to sizes`);
      }
      for (const operand of operands) if (operand !== null) read.add(operand.name);
      activations.push(output);
      return output;
    },
    input(shape) {
      const tensor = builder.input(`x${inputs.length}`, { shape, dtype: 'float32' });
      inputs.push(tensor);
      activations.push(tensor);
      return tensor;
    },
    constant(shape, value) {
      const data = Float32Array.from({ length: elementCount(shape) }, value);
      return builder.constant('constant', { shape, dtype: 'float32', data });
    },
  };
}

/** Adds one node of an operator where an activation fits it; null where none does. */
export type Maker = (w: Workshop) => Tensor | null;

export const last = (tensor: Tensor): number => tensor.shape.at(-1) ?? 1;
export const isSpatial = (tensor: Tensor): boolean => tensor.shape.length === 3 || tensor.shape.length === 4;
export const fitsIn = (shape: readonly number[]): boolean =>
  elementCount(shape) <= mostElements && elementCount(shape) > 0;
export const axesOf = (tensor: Tensor): number[] => tensor.shape.map((_, axis) => axis);
