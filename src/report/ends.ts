import { describeNode } from '../graph/types.ts';
import type { StepEnd } from '../plan/explain.ts';
import type { Plan } from '../plan/types.ts';
import { count, plural } from './table.ts';

const barriers = {
  alias: 'computes nothing: its output is another name for its input, which must be whole',
  whole: 'needs whole tensors',
  batch: 'has several images, and stages take one',
  complete: 'is complete only with its last row, and all that follows needs it',
  after: 'begins anew after the layers before it, so that their memory is free',
} as const;

/** Why a step ends, with the words for it. */
export type EndReport = Pick<StepEnd, 'kind'> & { readonly text: string };

/** Why the layers of a run of steps stand each by itself, and why the run ends. */
export function runEnds(ends: readonly EndReport[]): readonly string[] {
  const last = ends.at(-1);
  if (last === undefined) return [];
  const inner = ends.slice(0, -1);
  const reasons = {
    barrier: 'a layer beside cannot stream',
    memory: 'a stage across would need more bytes',
    time: 'a stage across would fit too, but not be faster',
    chain: 'steps across would fit each alone, but not together',
    end: '',
  } as const;
  const kinds = (['barrier', 'memory', 'time', 'chain'] as const).flatMap((kind) => {
    const found = inner.filter((end) => end.kind === kind).length;
    return found === 0 ? [] : [`${found} as ${reasons[kind]}`];
  });
  const separate = kinds.length === 0 ? [] : [`${plural(inner.length, 'end')} inside: ${kinds.join(', ')}`];
  return [...separate, last.text];
}

/** Why a step ends where it ends, in words. */
export function endText(plan: Plan, end: StepEnd): string {
  if (end.kind === 'end') return 'it ends with the model';
  const node = plan.layers[end.layer]?.node;
  const layer = `layer ${end.layer}${node === undefined ? '' : ` (${describeNode(node)})`}`;
  if (end.kind === 'barrier') return `it ends because ${layer} ${barriers[end.barrier]}`;
  if (end.kind === 'memory') {
    return `it ends before ${layer}: every plan that streams on across here needs at least ${count(end.needed)} bytes, this one ${count(end.limit)}`;
  }
  if (end.kind === 'chain') {
    return `it ends before ${layer}: a plan that streams on across here needs ${count(end.needed)} bytes at each step alone, but more where one output lies over an input after the other`;
  }
  const more = end.time / end.chosen - 1;
  const time = more > 0 ? `would take ${(more * 100).toFixed(1)} % more time (estimate)` : 'would not be faster';
  return `it ends before ${layer}: a plan that streams on across here needs ${count(end.needed)} bytes and fits too, but ${time}`;
}
