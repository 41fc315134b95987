import type { RewrittenProgram } from './build.ts';
import type { Candidate } from './candidates.ts';
import type { Findings } from './findings.ts';
import { groupRewritings } from './rewrite/groups.ts';
import { patchRewritings } from './rewrite/patches.ts';
import { areApart, type Lowerings, type Rewriting, rewrite } from './rewrite/rewrite.ts';
import { twiceRewritings } from './rewrite/twice.ts';
import { viewRewritings } from './rewrite/views.ts';
import { type Search, searchOf } from './search.ts';
import type { InputMode } from './stages.ts';
import type { Program } from './types.ts';

export interface ImproveOptions {
  readonly source: Program;
  readonly input: InputMode;
  readonly lowerings: Lowerings;
  /** The most multiply-accumulates that a program may have. */
  readonly mostMacs: number;
  readonly findings: Findings;
}

/** Families of patches that are looked at for one step, at most: there are many, and each takes long. */
const mostPatches = 8;

/** A program, its rewritings, and the plans that it can have. */
interface State {
  readonly chosen: readonly Rewriting[];
  readonly search: Search;
}

/** How far below the least that is known the next program is to come; where that is out of reach, less far. */
const strides = [0.1, 0.03, 0];

/**
 * Rewrites a program step by step so that it needs less memory: each time where no plan has a step small enough, by the
 * rewriting that costs the fewest extra multiply-accumulates.
 * @returns the searches of the programs on the way, the given one first; each has a lower least than the one before
 */
export function improvements(options: ImproveOptions): readonly Search[] {
  const { source, mostMacs } = options;
  const budget = mostMacs - source.layers.reduce((sum, { macs }) => sum + macs, 0);
  const free = [...viewRewritings(source), ...groupRewritings(source)];
  const allowed =
    budget > 0 ? rewritingsOf(source, options.input).filter(({ extraMacs }) => extraMacs <= budget) : free;
  let state = stateOf([], options) as State;
  const found = [state.search];
  // Where there is nothing to gain at all, it need not be asked for more: nor of a model that has no step.
  if (state.search.least === 0 || reach(state, state.search.least - 1, allowed, budget, options) === null) return found;
  for (let stride = 0; stride < strides.length; ) {
    const { least } = state.search;
    const target = Math.min(least - 1, Math.floor(least * (1 - (strides[stride] as number))));
    const better = reach(state, target, allowed, budget, options);
    if (better === null) {
      stride += 1;
      continue;
    }
    state = better;
    found.push(state.search);
  }
  return found;
}

/** Everything that can be rewritten in a program. */
export function rewritingsOf(source: Program, input: InputMode): readonly Rewriting[] {
  const streamed = new Set(input === 'stream' ? source.graph.inputs.map(({ tensor }) => tensor) : []);
  return [
    ...viewRewritings(source),
    ...groupRewritings(source),
    ...twiceRewritings(source),
    ...patchRewritings(source, streamed),
  ];
}

function stateOf(chosen: readonly Rewriting[], { source, input, lowerings, findings }: ImproveOptions): State | null {
  const program = chosen.length === 0 ? given(source) : rewrite(source, chosen, lowerings);
  return program === null ? null : { chosen, search: searchOf(program, input, findings) };
}

/** A program as the model has it. */
export function given(source: Program): RewrittenProgram {
  return { ...source, source, rewritings: [] };
}

/** Adds rewritings until all steps are within a target; null where that is out of reach. */
function reach(
  start: State,
  target: number,
  allowed: readonly Rewriting[],
  budget: number,
  options: ImproveOptions,
): State | null {
  let state = start;
  for (;;) {
    const way = state.search.nearest(target);
    if (excessOf(state.search, way, target).steps === 0) return state;
    const concerned = concernedBy(state.search, way, target);
    let best: Step | null = null;
    const look = (rewriting: Rewriting): Step | null => stepOf(state, rewriting, { way, target, options });
    for (const family of familiesOf(allowed, state, concerned)) {
      const found = bestOf(family, best?.macs ?? budget, look);
      if (found === null || (best !== null && !isBetter(found, best))) continue;
      best = found;
    }
    const next = best === null ? null : stateOf(best.chosen, options);
    if (next === null) return null;
    state = next;
  }
}

/** A rewriting that is added: all that are chosen then, and what it gains. */
interface Step {
  readonly chosen: readonly Rewriting[];
  readonly macs: number;
  readonly gain: Excess;
}

const isBetter = (a: Step, b: Step): boolean => a.macs < b.macs || (a.macs === b.macs && isLess(a.gain, b.gain));

/** The rewritings that concern some nodes and are not chosen yet, by family. */
function familiesOf(
  allowed: readonly Rewriting[],
  { chosen }: State,
  { near, working }: Concerned,
): readonly (readonly Rewriting[])[] {
  const families = new Map<string, Rewriting[]>();
  for (const rewriting of allowed) {
    // Groups make what lies between their own layers smaller, and nothing else.
    const where = rewriting.kind === 'groups' ? working : near;
    if (chosen.includes(rewriting) || ![...rewriting.replaced.keys()].some((name) => where.has(name))) continue;
    families.set(rewriting.family, [...(families.get(rewriting.family) ?? []), rewriting]);
  }
  const least = (family: readonly Rewriting[]): number => Math.min(...family.map(({ extraMacs }) => extraMacs));
  const sorted = [...families.values()].sort((a, b) => least(a) - least(b));
  let patches = 0;
  return sorted.filter(([first]) => {
    if (first?.kind === 'patches') patches += 1;
    return first?.kind !== 'patches' || patches <= mostPatches;
  });
}

/** The mildest of a family that does as much for the steps above the target as the strongest. */
function bestOf(
  family: readonly Rewriting[],
  mostMacs: number,
  stepOf: (rewriting: Rewriting) => Step | null,
): Step | null {
  const affordable = family.filter(({ extraMacs }) => extraMacs <= mostMacs);
  const known = affordable.map((): Step | null | undefined => undefined);
  const at = (index: number): Step | null => {
    const found = known[index] === undefined ? stepOf(affordable[index] as Rewriting) : (known[index] as Step | null);
    known[index] = found;
    return found !== null && found.macs <= mostMacs && isLess(found.gain, nothing) ? found : null;
  };
  let high = affordable.length - 1;
  const strongest = high < 0 ? null : at(high);
  if (strongest === null) return null;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = at(middle);
    if (found !== null && found.gain.steps <= strongest.gain.steps) high = middle;
    else low = middle + 1;
  }
  return at(high);
}

function stepOf(
  state: State,
  rewriting: Rewriting,
  aim: { readonly way: readonly Candidate[]; readonly target: number; readonly options: ImproveOptions },
): Step | null {
  const chosen = [...state.chosen.filter((other) => areApart(other, rewriting)), rewriting];
  const gain = gainOf(state, chosen, rewriting, aim);
  return gain === null ? null : { chosen, macs: chosen.reduce((sum, { extraMacs }) => sum + extraMacs, 0), gain };
}

/** Steps beyond those that a rewriting touches that are cut anew with it. */
const margin = 3;

/** What is above a target with other rewritings, less what is above it now: looked at around the change alone. */
function gainOf(
  { chosen: before, search }: State,
  chosen: readonly Rewriting[],
  rewriting: Rewriting,
  {
    way,
    target,
    options,
  }: { readonly way: readonly Candidate[]; readonly target: number; readonly options: ImproveOptions },
): Excess | null {
  const program = rewrite(options.source, chosen, options.lowerings);
  if (program === null) return null;
  const dropped = before.filter((other) => !chosen.includes(other));
  const touched = new Set(
    [rewriting, ...dropped].flatMap(({ replaced }) => [
      ...replaced.keys(),
      ...[...replaced.values()].flat().map(({ node }) => node.output),
    ]),
  );
  const { layers } = search.program;
  const isTouched = ({ start, end }: Candidate): boolean =>
    layers.slice(start, end).some(({ node }) => touched.has(node.output));
  const first = Math.max(0, way.findIndex(isTouched) - margin);
  const last = Math.min(way.length - 1, way.findLastIndex(isTouched) + margin);
  const [from, to] = [way[first] as Candidate, way[last] as Candidate];
  const stretch = { start: from.start, end: program.layers.length - (layers.length - to.end) };
  const part = searchOf(program, options.input, options.findings, { stretch });
  const left = excessOf(part, part.nearest(target), target);
  const now = excessOf(search, way.slice(first, last + 1), target);
  return { steps: left.steps - now.steps, bytes: left.bytes - now.bytes };
}

/** How much of a way is above a target. */
interface Excess {
  readonly steps: number;
  readonly bytes: number;
}

const nothing: Excess = { steps: 0, bytes: 0 };

const isLess = (a: Excess, b: Excess): boolean => a.steps < b.steps || (a.steps === b.steps && a.bytes < b.bytes);

function excessOf(search: Search, way: readonly Candidate[], target: number): Excess {
  const over = way.map((candidate) => search.bytesOf(candidate) - target).filter((bytes) => bytes > 0);
  return { steps: over.length, bytes: over.reduce((sum, bytes) => sum + bytes, 0) };
}

/** Nodes by their outputs: those that work in the steps above a target, and those that have to do with what lives there. */
interface Concerned {
  readonly near: ReadonlySet<string>;
  readonly working: ReadonlySet<string>;
}

/** The nodes of the model whose tensors live at the steps above a target, or that work on these. */
function concernedBy(search: Search, way: readonly Candidate[], target: number): Concerned {
  const { layers } = search.program;
  const names = new Set<string>();
  const working = new Set<string>();
  for (const candidate of way) {
    if (search.bytesOf(candidate) <= target) continue;
    for (const layer of layers.slice(candidate.start, candidate.end)) {
      names.add(layer.node.output);
      working.add(layer.node.output.replace(/\[\d+:\d+\]$/, ''));
    }
    for (const { name } of search.candidates.livingAt(candidate)) names.add(name);
  }
  for (const { node } of layers)
    if (node.inputs.some((name) => name !== null && names.has(name))) names.add(node.output);
  return { near: names, working };
}
