import { elementCount, type Graph, type Port, type Tensor, type Value } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { randomFrom } from '../support/random.ts';
import { makers } from './makers.ts';
import { createWorkshop, mostElements, type Workshop } from './workshop.ts';

/** A float graph that a seed gives, always the same, and inputs for it by tensor name. */
export interface RandomGraph {
  readonly seed: number;
  readonly graph: Graph;
  readonly sampleInputs: readonly ReadonlyMap<string, Value>[];
}

const samples = 3;

function inputShape(w: Workshop): readonly number[] {
  const batch = w.chance(0.15) ? 2 : 1;
  const channels = w.pick([1, 2, 3, 4, 5, 8, 9]);
  const kind = w.integer(0, 9);
  if (kind < 6) return [batch, w.integer(1, 11), w.integer(1, 9), channels];
  if (kind < 8) return [batch, w.integer(3, 20), channels];
  if (kind < 9) return [w.integer(1, 3), w.integer(1, 24)];
  return [batch, 2, w.integer(2, 4), w.integer(1, 4), w.integer(1, 4)];
}

/** x plus a convolution of x: what a network of residual blocks is made of. */
function residual(w: Workshop): Tensor | null {
  const x = w.take((tensor) => tensor.shape.length === 4);
  if (x === null) return null;
  const channels = x.shape[3] as number;
  const kernel = [3, w.pick([1, 3])];
  const pads = kernel.map((taps) => [(taps - 1) / 2, (taps - 1) / 2]);
  const weights = w.constant([channels, ...kernel, 1], () => 0.4 * w.normal());
  const y = w.node('Conv', [x, weights, null], { kernel, strides: [1, 1], dilations: [1, 1], pads, groups: channels });
  return w.node('Add', w.chance(0.5) ? [x, y] : [y, x], w.chance(0.5) ? {} : { clamp: { min: 0, max: null } });
}

/** A convolution and a depthwise one of its output: what separable blocks are. */
function separable(w: Workshop): void {
  const convolution = (input: Tensor, outputs: number, kernel: readonly number[], more: object): Tensor | null => {
    const groups = 'groups' in more ? outputs : 1;
    const each = (input.shape[3] as number) / groups;
    const taps = kernel.reduce((product, size) => product * size, each);
    const weights = w.constant([outputs, ...kernel, each], () => w.normal() / Math.sqrt(taps));
    const bias = w.chance(0.7) ? w.constant([outputs], () => 0.3 * w.normal()) : null;
    const clamp = w.chance(0.6) ? { clamp: { min: 0, max: w.pick([null, 1.5]) } } : {};
    const window = { strides: [1, 1], dilations: [1, 1], pads: kernel.map(() => [0, 0]), groups };
    return w.node('Conv', [input, weights, bias], { kernel, ...window, ...more, ...clamp });
  };
  const isTall = w.chance(0.8);
  const batch = !isTall && w.chance(0.2) ? 2 : 1;
  const height = isTall ? w.integer(8, 12) : w.integer(2, batch > 1 ? 2 : 5);
  const width = isTall ? w.pick([5, 6, 6, 8]) : w.integer(8, 14);
  const x = w.input([batch, height, width, w.integer(1, 9)]);
  const [none, even, early, late, wide] = [
    [0, 0],
    [1, 1],
    [1, 0],
    [0, 1],
    [2, 1],
  ] as const;
  const taps = w.chance(0.8) ? 3 : 1;
  const channels = 4 * w.integer(2, isTall && width > 6 ? 2 : 3);
  const made = convolution(x, channels, [taps, taps], taps === 3 ? { pads: [even, even] } : {});
  const stride = w.pick([1, 1, 2]);
  const pads = [w.pick([even, even, late, wide]), w.pick([even, even, even, even, late, early, none, wide])];
  const filtered =
    made === null ? null : convolution(made, channels, [3, 3], { strides: [stride, stride], pads, groups: channels });
  if (filtered !== null && w.chance(0.7)) convolution(filtered, w.integer(1, 9), [1, 1], {});
}

/** Channels expanded, filtered and weighed by a gate that sees all pixels: what squeeze-and-excitation blocks are. */
function gated(w: Workshop): void {
  const convolution = (input: Tensor | null, outputs: number, taps: number, groups: number): Tensor | null => {
    if (input === null) return null;
    const each = (input.shape[3] as number) / groups;
    const weights = w.constant([outputs, taps, taps, each], () => w.normal() / (taps * Math.sqrt(each)));
    const pad = [(taps - 1) / 2, (taps - 1) / 2];
    const window = { kernel: [taps, taps], strides: [1, 1], dilations: [1, 1], pads: [pad, pad] };
    return w.node('Conv', [input, weights, null], { ...window, groups, clamp: { min: -2, max: null } });
  };
  const unary = (input: Tensor | null, name: string): Tensor | null =>
    input === null ? null : w.node('Unary', [input], { chain: [{ function: name, parameters: [] }] });
  const size = [1, w.integer(2, 7), w.integer(2, 7), w.integer(2, 5)];
  const mostChannels = 21;
  const fits = ({ shape }: Tensor): boolean =>
    shape.length === 4 && (elementCount(shape) / (shape[3] as number)) * mostChannels <= mostElements;
  const x = w.take(fits) ?? w.input(size);
  const channels = w.integer(6, mostChannels);
  const filtered = convolution(convolution(x, channels, w.pick([1, 1, 3]), 1), channels, w.pick([3, 5]), channels);
  const active = w.chance(0.3) ? unary(filtered, 'tanh') : filtered;
  if (active === null) return;
  const mean = w.node('ReduceMean', [active], { axes: [1, 2] });
  const gate = unary(convolution(mean, channels, 1, 1), 'sigmoid');
  const product = gate === null ? null : w.node('Mul', [active, gate], {});
  const y = convolution(product, x.shape[3] as number, 1, 1);
  if (y !== null && w.chance(0.7)) w.node('Add', [x, y], {});
}

/**
 * Seeds modulo 8 of graphs with a separable block: those are planned for Arm DSP, where rows may be channel-planar, and for
 * Helium, where pairs of rows may be computed together.
 */
export const separableSeeds: readonly number[] = [1, 5, 6];

/** A float graph of about 3 to 20 nodes of all operators, channels last, and inputs for it. */
export function randomGraph(seed: number): RandomGraph {
  const random = randomFrom(Math.imul(seed + 1, 0x9e3779b1));
  const builder = createGraphBuilder(`random ${seed}`);
  const w = createWorkshop(builder, random);
  for (let i = w.pick([1, 1, 1, 2, 3]); i > 0; i -= 1) w.input(inputShape(w));
  if (seed % 8 === 7) gated(w);
  if (separableSeeds.includes(seed % 8)) separable(w);
  const entries = Object.values(makers);
  const tickets = entries.flatMap(({ weight, make }) => Array.from({ length: weight }, () => make));
  const wanted = w.integer(3, 14);
  for (let made = 0, tries = 0; made < wanted && tries < 60; tries += 1) {
    const make = w.chance(0.08) ? residual : w.pick(tickets);
    if (make(w) !== null) made += 1;
  }
  // Every input is read, but for one now and then.
  for (const input of w.inputs) {
    if (w.unread().includes(input) && !w.chance(0.1))
      w.node('Unary', [input], { chain: [{ function: 'tanh', parameters: [] }] });
  }
  const made = (tensor: Tensor): boolean => !w.inputs.includes(tensor);
  const ends = w.unread().filter(made);
  const inner = w.activations().filter((tensor) => !ends.includes(tensor) && (made(tensor) || w.chance(0.05)));
  const outputs = [...ends, ...(inner.length > 0 && w.chance(0.25) ? [w.pick(inner)] : [])];
  const ports = outputs.map((tensor, i): Port => ({ ...plainPort(tensor), name: `y${i}` }));
  const twice = ports[0] !== undefined && w.chance(0.03) ? [{ ...ports[0], name: 'again' }] : [];
  const graph = builder.finish(w.inputs.map(plainPort), [...ports, ...twice]);
  const sampleInputs = Array.from({ length: samples }, () => {
    const scale = 2 ** w.integer(-2, 2);
    return new Map(
      w.inputs.map(({ name, shape, dtype }): [string, Value] => {
        const data = Float32Array.from({ length: elementCount(shape) }, () => scale * w.normal());
        return [name, { shape, dtype, data }];
      }),
    );
  });
  return { seed, graph, sampleInputs };
}
