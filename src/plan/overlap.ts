import { type Tensor, tensorOf } from '../graph/types.ts';
import { keptOutputs } from './boundary.ts';
import { canStream } from './demand.ts';
import { alignUp, type Buffer, type Join, type Layer, type Program, type Step, tensorBytes } from './types.ts';
import type { Region } from './views.ts';
import { runWalk, startWalk, wholeRows } from './walk.ts';

/** A program, and where its tensors lie in each other. */
export interface PlacedProgram extends Program {
  readonly regions: ReadonlyMap<string, Region>;
}

/**
 * How many bytes before its dying input an output must begin, so that every row is written only after the last read of
 * the bytes under it; null where the two cannot share. Exact to the row: kernels may read and write within a row in any
 * order. After "diagonal memory optimisation" (arXiv 2010.01668), with rows for elements.
 */
export function overlapDistance(
  { graph, layers, regions }: PlacedProgram,
  step: Step,
  output: Tensor,
  input: Tensor,
): number | null {
  const members =
    step.kind === 'call' ? [layers[step.layer] as Layer] : step.layers.map((index) => layers[index] as Layer);
  if (!members.every(canStream)) return null;
  // A layer of several calls that is computed whole makes all rows of one before the next begins.
  if (step.kind === 'call' && members.some(({ lowering }) => lowering.kind === 'calls' && lowering.calls.length > 1))
    return null;
  const isRead = (name: string): boolean => (regions.get(name)?.root ?? name) === input.name;
  if (members.some(({ demands }) => demands.some(({ tensor, rows }) => rows === null && isRead(tensor.name))))
    return null;
  const bytes = tensorBytes(input);
  const stage = step.kind === 'call' ? wholeRows : step;
  const walk = startWalk(members, stage, (name) => tensorOf(graph, name));
  let distance = 0;
  runWalk(walk, {
    step: () => {},
    write(flow, row, _from, to) {
      if (flow.tensor.name !== output.name) return;
      const written = (row * flow.width + to) * flow.pixelBytes;
      let needed = bytes;
      for (const member of walk.members) {
        if (member.y >= member.steps) continue;
        for (const { demand } of member.intakes) {
          const region = regions.get(demand.tensor.name);
          if (region?.root !== input.name) continue;
          needed = Math.min(needed, region.offset + (demand.firstRowFrom[member.y] as number) * region.rowBytes);
        }
      }
      distance = Math.max(distance, written - needed);
    },
  });
  return alignUp(distance);
}

/** The bytes that an output over an input takes less than the two apart. */
export function savedBytes(input: Pick<Buffer, 'bytes'>, output: Pick<Buffer, 'bytes'>, distance: number): number {
  const together = Math.max(alignUp(input.bytes) + distance, alignUp(output.bytes));
  return alignUp(input.bytes) + alignUp(output.bytes) - together;
}

/**
 * Lets outputs begin in their dying inputs, where the busiest steps gain by it.
 * @param buffers of the tensors, by their names, and others
 * @param whole the tensors that are stored whole
 */
export function joinBuffers(
  program: PlacedProgram,
  steps: readonly Step[],
  buffers: readonly Buffer[],
  whole: ReadonlySet<string>,
): readonly Join[] {
  const byName = new Map(buffers.map((buffer) => [buffer.name, buffer]));
  const joins: Join[] = [];
  const possible = new Map<number, readonly Join[]>();
  // A model whose outputs are its inputs has buffers, and no steps.
  while (steps.length > 0) {
    const live = liveBySteps(buffers, joins);
    const most = Math.max(0, ...live);
    const before = joins.length;
    live.forEach((bytes, step) => {
      if (bytes < most) return;
      const known = possible.get(step) ?? joinsAt(program, steps, buffers, whole, step);
      possible.set(step, known);
      const free = known.filter(
        (join) => !joins.some(({ input, output }) => input === join.input || output === join.output),
      );
      const saved = (join: Join): number =>
        savedBytes(byName.get(join.input) as Buffer, byName.get(join.output) as Buffer, join.distance);
      const [best] = free.filter((join) => saved(join) > 0).sort((a, b) => saved(b) - saved(a));
      if (best !== undefined) joins.push(best);
    });
    if (joins.length === before) break;
  }
  return joins;
}

/** The bytes that live at each step. */
export function liveBySteps(buffers: readonly Buffer[], joins: readonly Join[]): readonly number[] {
  const byName = new Map(buffers.map((buffer) => [buffer.name, buffer]));
  const last = buffers.reduce((most, buffer) => Math.max(most, buffer.last), -1);
  const live = new Array<number>(last + 1).fill(0);
  for (const { first, last: end, bytes } of buffers) {
    for (let step = first; step <= end; step += 1) live[step] = (live[step] as number) + alignUp(bytes);
  }
  for (const { step, input, output, distance } of joins) {
    const saved = savedBytes(byName.get(input) as Buffer, byName.get(output) as Buffer, distance);
    live[step] = (live[step] as number) - saved;
  }
  return live;
}

/** Every output of a step over every input that dies there. */
function joinsAt(
  program: PlacedProgram,
  steps: readonly Step[],
  buffers: readonly Buffer[],
  whole: ReadonlySet<string>,
  index: number,
): readonly Join[] {
  const { graph, layers, regions } = program;
  const step = steps[index] as Step;
  const made = new Set((step.kind === 'call' ? [step.layer] : step.layers).map((layer) => layers[layer]?.node.output));
  const kept = new Set(keptOutputs(program).map((name) => regions.get(name)?.root));
  const dying = buffers.filter(
    ({ name, last, first }) => last === index && first < index && whole.has(name) && !made.has(name) && !kept.has(name),
  );
  const atStart = buffers.filter(
    ({ name, last, first }) =>
      last === index && first === index && whole.has(name) && !made.has(name) && !kept.has(name),
  );
  const born = buffers.filter(
    ({ name, first, last }) =>
      first === index && (last > index || program.handed?.has(name)) && whole.has(name) && made.has(name),
  );
  return born.flatMap((output) =>
    [...dying, ...atStart].flatMap((input): Join[] => {
      const distance = overlapDistance(program, step, tensorOf(graph, output.name), tensorOf(graph, input.name));
      return distance === null ? [] : [{ step: index, input: input.name, output: output.name, distance }];
    }),
  );
}
