import type { Isa } from '../kernels/define.ts';
import type { RewrittenProgram } from './build.ts';
import type { Candidate, InputMode, Memory } from './candidates.ts';
import { areApart, type Rewriting, rewrite } from './rewrite/apply.ts';
import { groupRewritings } from './rewrite/groups.ts';
import { twiceRewritings } from './rewrite/twice.ts';
import { viewRewritings } from './rewrite/views.ts';
import { type Search, searchOf } from './search.ts';
import type { Program } from './types.ts';

export interface ImproveOptions {
  readonly input: InputMode;
  readonly isas: readonly Isa[];
  /** The most multiply-accumulates that a program may have. */
  readonly mostMacs: number;
  readonly memory: Memory;
}

/** A program, its rewritings, and the plans that it can have. */
interface State {
  readonly chosen: readonly Rewriting[];
  readonly search: Search;
}

/** How far below the least that is known the next program is to come; where that is out of reach, less far. */
const strides = [0.1, 0.03, 0];

/** Programs that are looked at, at most. */
const mostPrograms = 600;

/**
 * Rewrites a program step by step so that it needs less memory: each time where no plan has a step small enough, by the
 * rewriting that costs the fewest extra multiply-accumulates.
 * @returns the searches of the programs on the way, the given one first; each has a lower least than the one before
 */
export function improvements(source: Program, options: ImproveOptions): readonly Search[] {
  const { input, isas, mostMacs, memory } = options;
  const all = [...viewRewritings(source), ...groupRewritings(source), ...twiceRewritings(source)];
  const sourceMacs = source.layers.reduce((sum, { macs }) => sum + macs, 0);
  const allowed = all.filter(({ extraMacs }) => sourceMacs + extraMacs <= mostMacs);
  let programs = 0;
  const stateOf = (chosen: readonly Rewriting[]): State | null => {
    programs += 1;
    const program = chosen.length === 0 ? given(source) : rewrite(source, chosen, isas);
    return program === null ? null : { chosen, search: searchOf(program, input, memory) };
  };
  let state = stateOf([]) as State;
  const found = [state.search];
  for (let stride = 0; stride < strides.length && programs < mostPrograms; ) {
    const target = Math.min(state.search.least - 1, Math.floor(state.search.least * (1 - (strides[stride] as number))));
    const better = reach(state, target, allowed, stateOf, mostMacs);
    if (better === null) {
      stride += 1;
      continue;
    }
    state = better;
    found.push(state.search);
  }
  return found;
}

/** A program as the model has it. */
export function given({ graph, layers }: Program): RewrittenProgram {
  return { graph, layers, source: { graph, layers }, rewritings: [] };
}

/** Adds rewritings until all steps are within a target; null where that is out of reach. */
function reach(
  start: State,
  target: number,
  allowed: readonly Rewriting[],
  stateOf: (chosen: readonly Rewriting[]) => State | null,
  mostMacs: number,
): State | null {
  let state = start;
  for (;;) {
    const way = state.search.nearest(target);
    const over = excessOf(state.search, way, target);
    if (over.steps === 0) return state;
    const concerned = concernedBy(state.search, way, target);
    let best: { readonly state: State; readonly over: Excess } | null = null;
    for (const rewriting of allowed) {
      if (state.chosen.includes(rewriting) || ![...rewriting.replaced.keys()].some((name) => concerned.has(name))) continue;
      const next = stateOf([...state.chosen.filter((other) => areApart(other, rewriting)), rewriting]);
      if (next === null || next.search.macs > mostMacs) continue;
      const left = excessOf(next.search, next.search.nearest(target), target);
      if (!isLess(left, over)) continue;
      const isBetter =
        best === null ||
        next.search.macs < best.state.search.macs ||
        (next.search.macs === best.state.search.macs && isLess(left, best.over));
      if (isBetter) best = { state: next, over: left };
    }
    if (best === null) return null;
    state = best.state;
  }
}

/** How much of a way is above a target. */
interface Excess {
  readonly steps: number;
  readonly bytes: number;
}

const isLess = (a: Excess, b: Excess): boolean => a.steps < b.steps || (a.steps === b.steps && a.bytes < b.bytes);

function excessOf(search: Search, way: readonly Candidate[], target: number): Excess {
  const over = way.map((candidate) => search.bytesOf(candidate) - target).filter((bytes) => bytes > 0);
  return { steps: over.length, bytes: over.reduce((sum, bytes) => sum + bytes, 0) };
}

/** The nodes of the model whose tensors live at the steps above a target, or that work on these. */
function concernedBy(search: Search, way: readonly Candidate[], target: number): ReadonlySet<string> {
  const { layers } = search.program;
  const names = new Set<string>();
  for (const candidate of way) {
    if (search.bytesOf(candidate) <= target) continue;
    for (const layer of layers.slice(candidate.start, candidate.end)) names.add(layer.node.output);
    for (const { name } of search.candidates.livingAt(candidate)) names.add(name);
  }
  for (const { node } of layers) if (node.inputs.some((name) => name !== null && names.has(name))) names.add(node.output);
  return names;
}
