import { tensorOf } from '../graph/types.ts';
import { keptOutputs } from './boundary.ts';
import { scratchBytes } from './demand.ts';
import { alignUp, type Layer, type Program, tensorBytes } from './types.ts';
import type { Region } from './views.ts';

/** When the bytes of a tensor that has bytes of its own are in use, by layer; its parts and other names count for it. */
export interface Life {
  readonly name: string;
  readonly bytes: number;
  /** The first layer that makes it or a part of it; -1 for an input of the graph. */
  readonly made: number;
  /** The last layer that touches it; the number of layers where it is an output of the graph that is kept. */
  readonly lastUse: number;
  /** The first layer that reads it, for an input of the graph that is not an output as well. */
  readonly firstUse: number | null;
  /** One layer makes all of it, and nothing lies in it: inside a stage it can be a ring. */
  readonly single: boolean;
}

export function livesOf(program: Program, regions: ReadonlyMap<string, Region>): readonly Life[] {
  const { graph, layers } = program;
  const lives = new Map<string, Life>();
  const root = (name: string): string => regions.get(name)?.root ?? name;
  const touch = (name: string, layer: number): Life => {
    const bytes = tensorBytes(tensorOf(graph, name));
    const known = lives.get(name) ?? { name, bytes, made: layer, lastUse: layer, firstUse: null, single: true };
    const life = { ...known, made: Math.min(known.made, layer), lastUse: Math.max(known.lastUse, layer) };
    lives.set(name, life);
    return life;
  };
  for (const port of graph.inputs) touch(port.tensor, -1);
  for (const { index, node, tensors } of layers) {
    for (const tensor of tensors.inputs) {
      if (tensor === null || tensor.kind === 'constant') continue;
      const name = root(tensor.name);
      const life = touch(name, index);
      if (life.made < 0 && life.firstUse === null) lives.set(name, { ...life, firstUse: index });
    }
    touch(root(node.output), index);
  }
  for (const output of keptOutputs(program)) {
    const name = root(output);
    lives.set(name, { ...touch(name, layers.length), firstUse: null });
  }
  for (const [name, region] of regions) {
    if (region.root === name) continue;
    const life = lives.get(region.root);
    if (life !== undefined) lives.set(region.root, { ...life, single: false });
  }
  return [...lives.values()];
}

/**
 * The bytes that each layer needs if all are computed whole, one after the other, and no output lies over an input.
 * @param from the layer from which on the bytes of a tensor are in use
 */
export function bytesAlone(
  layers: readonly Layer[],
  lives: readonly Life[],
  from: (life: Life) => number,
): readonly number[] {
  const changes = new Float64Array(layers.length + 2);
  for (const life of lives) {
    const first = Math.max(0, from(life));
    changes[first] = (changes[first] as number) + alignUp(life.bytes);
    changes[life.lastUse + 1] = (changes[life.lastUse + 1] as number) - alignUp(life.bytes);
  }
  let living = 0;
  return layers.map((layer, index) => {
    living += changes[index] as number;
    return living + scratchBytes(layer, null);
  });
}
