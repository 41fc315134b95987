import { rowShape, tensorOf } from '../graph/types.ts';
import type { Life } from './lives.ts';
import { overlapDistance, type PlacedProgram, savedBytes } from './overlap.ts';
import { fitRings, ringBytes } from './rings.ts';
import { type InputMode, type Stretch, stageOf } from './stages.ts';
import type { Layer, Program, Ring, Step } from './types.ts';
import { createPatience, type Patience } from './widths.ts';

/** The bytes of a ring, and the lane that it lies in (see Ring). */
export interface Fitted {
  readonly bytes: number;
  readonly lane: number | null;
}

/** What planning a model found out about runs of layers, to be used again for another program with the same runs. */
export interface Findings {
  /** In the order of the tensors that are fetched, and then of the layers. */
  readonly rings: Map<string, readonly Fitted[]>;
  readonly overlaps: Map<string, number>;
  readonly times: Map<string, number>;
  readonly cuts: Map<string, readonly (readonly number[])[]>;
  readonly patience: Patience;
  /** What the layers are that make tensors, by their names. */
  readonly kinds: Map<string, string>;
}

export function createFindings(): Findings {
  return {
    rings: new Map(),
    overlaps: new Map(),
    times: new Map(),
    cuts: new Map(),
    patience: createPatience(),
    kinds: new Map(),
  };
}

/** The bytes of the ring of every tensor, if all layers of a run computed in segments of this width. */
export function ringsOf(
  program: Program,
  run: Stretch,
  segment: number | readonly number[],
  input: InputMode,
  findings: Findings,
): ReadonlyMap<string, Fitted> {
  const members = program.layers.slice(run.start, run.end);
  const stage = stageOf(program, { ...run, segment }, input);
  const names = [...stage.fetched, ...members.map(({ node }) => node.output)];
  const key = [
    segment,
    ...stage.fetched,
    '',
    ...stage.handed,
    '',
    ...members.map((layer) => kindOf(layer, findings)),
  ].join('\n');
  const tensorsOf = names.map((name) => tensorOf(program.graph, name));
  const fitted = (): readonly Fitted[] => {
    const rings = fitRings(members, stage, (name) => tensorOf(program.graph, name));
    return tensorsOf.map(({ name, shape }) => {
      const { width, channels } = rowShape(shape);
      const ring = rings.get(name) as Ring;
      return { bytes: ringBytes(ring, { width, pixelBytes: channels }), lane: ring.lane };
    });
  };
  const known = findings.rings.get(key) ?? fitted();
  findings.rings.set(key, known);
  return new Map(names.map((name, index) => [name, known[index] as Fitted]));
}

/** What a layer is, as far as rings, overlaps and time go: groups of as many channels are alike. */
export function kindOf({ node, tensors, lowering }: Layer, { kinds }: Findings): string {
  // Where channels or columns are computed in parts, their whole is a layer that has the name of the one that computed it.
  if (lowering.kind === 'alias') return `${node.output}, computed in no layer`;
  const kind = kinds.get(node.output) ?? `${node.output.replaceAll(/\[\d+:\d+\]/g, '[]')} ${tensors.output.shape}`;
  kinds.set(node.output, kind);
  return kind;
}

/** What a step needs where its outputs lie over its dying inputs, each over one, the most that is saved first. */
export function exactBytes(
  program: PlacedProgram,
  lives: readonly Life[],
  {
    start,
    end,
    segment,
    apart,
  }: Stretch & { readonly segment: number | readonly number[] | null; readonly apart: number },
  step: Step,
  findings: Findings,
): number {
  const { graph, layers } = program;
  const members = layers.slice(start, end);
  const born = lives.filter(
    ({ name, made, lastUse }) =>
      made >= start &&
      made < end &&
      (lastUse >= end || (segment === null && program.handed?.has(name))) &&
      members.some(({ node, lowering }) => node.output === name && lowering.kind === 'calls'),
  );
  const fetched = step.kind === 'stage' ? step.fetched : [];
  const dying = lives.filter(
    ({ name, made, lastUse }) => made < start && lastUse >= start && lastUse < end && !fetched.includes(name),
  );
  const key = [
    segment,
    ...members.map((layer) => kindOf(layer, findings)),
    '',
    ...born.map(({ name }) => name),
    '',
    ...dying.map(({ name }) => name),
  ].join('\n');
  const known = findings.overlaps.get(key);
  if (known !== undefined) return apart - known;
  const pairs = born.flatMap((output) =>
    dying.flatMap((input) => {
      const distance = overlapDistance(program, step, tensorOf(graph, output.name), tensorOf(graph, input.name));
      if (distance === null) return [];
      return [{ output, input, saved: savedBytes(input, output, distance) }];
    }),
  );
  const used = new Set<Life>();
  let saved = 0;
  for (const pair of pairs.sort((a, b) => b.saved - a.saved)) {
    if (pair.saved <= 0 || used.has(pair.output) || used.has(pair.input)) continue;
    used.add(pair.output).add(pair.input);
    saved += pair.saved;
  }
  findings.overlaps.set(key, saved);
  return apart - saved;
}
