import { goesInRows } from './boundary.ts';
import { layerTime } from './cost/cost.ts';
import { accumulates, canStream } from './demand.ts';
import { createFindings, exactBytes, type Findings, type Fitted, kindOf, ringsOf } from './findings.ts';
import { type Price, pricesOf, priceWithin, scratchLimits, together } from './lean.ts';
import { bytesAlone, type Life, livesOf } from './lives.ts';
import type { PlacedProgram } from './overlap.ts';
import { bytesTogether, createRingSum } from './rings.ts';
import { type InputMode, runsOf, type Stretch, stageOf } from './stages.ts';
import { alignUp, type Layer, type Program, type Step } from './types.ts';
import { regionsOf } from './views.ts';
import { type Cost, type Cut, cutsOf, segmentWidths, stepsOf } from './widths.ts';

/** A run of layers as one step of the plan: what it needs of the arena, and its time (see layerTime). */
export interface Candidate {
  readonly start: number;
  readonly end: number;
  /** Columns that its layers compute at a time: all alike, or each its own. Null: a single layer, computed whole. */
  readonly segment: number | readonly number[] | null;
  /** Layers take their fastest kernels of no more scratch than this, or else those of the least; infinite: no limit. */
  readonly scratchLimit: number;
  /** No step over these layers needs less: outputs count as lying over dying inputs as far as their sizes let them. */
  readonly bytes: number;
  /** What it needs where no output begins in an input. */
  readonly apart: number;
  readonly time: number;
}

/** The steps that plans of a program can have. */
export interface Candidates {
  readonly program: PlacedProgram;
  /** Ordered by where they end. */
  readonly all: readonly Candidate[];
  readonly stepOf: (candidate: Candidate) => Step;
  /** What a step really needs: its outputs lie over its inputs as far as its order of computing lets them. */
  readonly exactBytes: (candidate: Candidate) => number;
  /** The layers of a candidate, with the kernels that they take. */
  readonly layersOf: (candidate: Candidate) => readonly Layer[];
  /** The stage of a candidate with layers in segments of different widths (see cutsOf). */
  readonly cuts: (candidate: Candidate) => readonly Cut[];
  /** The tensors that live at some time of a step. */
  readonly livingAt: (candidate: Candidate) => readonly Life[];
}

/**
 * Every step that a plan could take, within a stretch of the layers; of steps over the same layers those that one could choose.
 * @param cuts stages with layers in segments of different widths, beside those of one width
 * @param kept whether stages are left out that need more than their layers computed whole, one after the other
 */
export function candidatesOf(
  program: Program,
  input: InputMode,
  findings: Findings = createFindings(),
  stretch: Stretch = { start: 0, end: program.layers.length },
  cuts: readonly Cut[] = [],
  kept: 'useful' | 'all' = 'useful',
): Candidates {
  const { graph, layers, handed } = program;
  const regions = regionsOf(graph, layers);
  const placed = { graph, layers, handed, regions };
  const lives = livesOf(program, regions);
  const byEnd = layers.map((): Candidate[] => []);
  const runs = runsOf(layers);
  const isNear = (run: Stretch): boolean => run.start < stretch.end && run.end > stretch.start;
  const rings = runs.map((run) =>
    isNear(run) ? segmentWidths.map((segment) => ringsOf(program, run, segment, input, findings)) : [],
  );
  const timeOf = (layer: Layer, segment: number | null): number => {
    const symbols = layer.lowering.kind === 'alias' ? [] : layer.lowering.calls.map(({ symbol }) => symbol);
    const key = [segment, ...symbols, kindOf(layer, findings)].join(' ');
    const known = findings.times.get(key) ?? layerTime(layer, segment);
    findings.times.set(key, known);
    return known;
  };
  /** By layer and segment. */
  const prices = layers.map(() => new Map<number | null, readonly Price[]>());
  const pricesAt = (index: number, segment: number | null): readonly Price[] => {
    const known = prices[index]?.get(segment) ?? pricesOf(layers[index] as Layer, segment, timeOf);
    prices[index]?.set(segment, known);
    return known;
  };
  const stepPrices = ({ start, end }: Stretch, segment: Candidate['segment']): readonly (readonly Price[])[] =>
    layers
      .slice(start, end)
      .map((_, at) =>
        pricesAt(start + at, typeof segment === 'object' && segment !== null ? (segment[at] as number) : segment),
      );
  // An input that is fetched takes nothing before it is needed.
  const fetchable = new Set(
    runs
      .flatMap((run) => stageOf(program, { ...run, segment: 1 }, input).fetched)
      .filter((name) => lives.some((life) => life.name === name && life.firstUse !== null)),
  );
  const madeBy = layers.map((): Life[] => []);
  const endingAt = layers.map((): Life[] => []);
  for (const life of lives) {
    const made = fetchable.has(life.name) ? (life.firstUse as number) : life.made;
    madeBy[made]?.push(life);
    endingAt[life.lastUse]?.push(life);
  }
  const from = (life: Life): number => (fetchable.has(life.name) ? (life.firstUse as number) : life.made);
  /** Bytes of the tensors that live when layer `start` begins, made before it. */
  const livingAt = (start: number): readonly Life[] =>
    lives.filter((life) => from(life) < start && life.lastUse >= start);

  const alone = kept === 'all' ? layers.map(() => Number.POSITIVE_INFINITY) : bytesAlone(layers, lives, from);
  const mostAlone = alone.reduce((most, bytes) => Math.max(most, bytes), 0);

  const extend = (
    start: number,
    limit: number,
    segment: number | null,
    ring: ReadonlyMap<string, Fitted>,
    living: readonly Life[],
    least: { readonly fast: number; readonly lean: number }[],
  ): void => {
    let whole = living.reduce((sum, life) => sum + alignUp(life.bytes), 0);
    let [born, dying, own, shared, leanShared, time, most] = [0, 0, 0, 0, 0, 0, 0];
    const inRings = createRingSum();
    for (let end = start + 1; end <= limit; end += 1) {
      const layer = layers[end - 1] as Layer;
      const choice = pricesAt(end - 1, segment);
      const [fast, lean] = [choice[0] as Price, choice.at(-1) as Price];
      time += fast.time;
      if (accumulates(layer)) own += fast.scratch;
      else [shared, leanShared] = [Math.max(shared, fast.scratch), Math.max(leanShared, lean.scratch)];
      for (const life of madeBy[end - 1] as Life[]) {
        whole += alignUp(life.bytes);
        if (life.made >= 0) born += alignUp(life.bytes);
      }
      for (const life of endingAt[end - 1] as Life[]) {
        const inside = segment === null || !life.single || from(life) < start ? undefined : ring.get(life.name);
        if (inside !== undefined) {
          whole -= alignUp(life.bytes);
          inRings.add(inside);
        }
        // An output that is handed over when its layer is through may lie over a dying input, too.
        const isBorn = segment === null && handed?.has(life.name) === true;
        if (life.made >= start && !isBorn) born -= alignUp(life.bytes);
        else if (life.made < start && inside === undefined) dying += alignUp(life.bytes);
      }
      // From here on rings and scratch only grow.
      if (own + leanShared + inRings.bytes() > mostAlone) break;
      const apart = whole + own + shared + inRings.bytes();
      const overlaps = segment !== null || canStream(layer);
      const over = overlaps ? Math.min(born, dying) : 0;
      const leanApart = apart - shared + leanShared;
      most = Math.max(most, alone[end - 1] as number);
      const known = least[end] ?? { fast: Number.POSITIVE_INFINITY, lean: Number.POSITIVE_INFINITY };
      // Narrower segments take more time: only those that need less are of use. Layer by layer takes less, too.
      if (apart < known.fast && apart - over <= most) {
        const scratchLimit = Number.POSITIVE_INFINITY;
        byEnd[end - 1]?.push({ start, end, segment, scratchLimit, apart, bytes: apart - over, time });
      }
      if (leanApart < Math.min(known.fast, known.lean, apart) && leanApart - over <= most) {
        byEnd[end - 1]?.push({
          ...{ start, end, segment, scratchLimit: leanShared },
          ...{ apart: leanApart, bytes: leanApart - over },
          time: together(stepPrices({ start, end }, segment), leanShared).time,
        });
      }
      if (segment !== null) {
        least[end] = { fast: Math.min(known.fast, apart), lean: Math.min(known.lean, leanApart) };
      }
    }
  };
  for (let start = stretch.end - 1; start >= stretch.start; start -= 1) {
    const living = livingAt(start);
    if (!goesInRows(program, layers[start] as Layer)) extend(start, start + 1, null, new Map(), living, []);
    const index = runs.findIndex((run) => run.start <= start && start < run.end);
    const run = runs[index];
    if (run === undefined) continue;
    const least: { readonly fast: number; readonly lean: number }[] = [];
    segmentWidths.forEach((segment, i) => {
      const ring = rings[index]?.[i] as ReadonlyMap<string, Fitted>;
      extend(start, Math.min(run.end, stretch.end), segment, ring, living, least);
    });
  }
  /** The bytes of the tensors of a stage that lie in rings. */
  const ringBytesInside = ({ start, end }: Stretch, ring: ReadonlyMap<string, Fitted>): number =>
    bytesTogether(
      lives
        .filter((life) => life.single && from(life) >= start && life.lastUse >= start && life.lastUse < end)
        .flatMap(({ name }) => ring.get(name) ?? []),
    );
  for (const { start, end, segments, scratchLimit } of cuts) {
    // One of a single width to compare with: what lives beside the rings is the same.
    const whole = byEnd[end - 1]?.find((one) => one.start === start && typeof one.segment === 'number');
    const run = runs.findIndex((one) => one.start <= start && end <= one.end);
    if (whole === undefined || run < 0) continue;
    const costOf = (segment: number | readonly number[], limit: number, ring: ReadonlyMap<string, Fitted>) => {
      const { own, shared, time } = together(stepPrices({ start, end }, segment), limit);
      return { bytes: ringBytesInside({ start, end }, ring) + own + shared, time };
    };
    const width = whole.segment as number;
    const ring = rings[run]?.[segmentWidths.indexOf(width)] as ReadonlyMap<string, Fitted>;
    const before = costOf(width, whole.scratchLimit, ring);
    const after = costOf(segments, scratchLimit, ringsOf(program, { start, end }, segments, input, findings));
    const change = after.bytes - before.bytes;
    byEnd[end - 1]?.push({
      ...{ start, end, segment: segments, scratchLimit, time: after.time },
      ...{ apart: whole.apart + change, bytes: whole.bytes + change },
    });
  }
  const stepOf = ({ start, end, segment }: Candidate): Step =>
    segment === null ? { kind: 'call', layer: start } : stageOf(program, { start, end, segment }, input);
  return {
    program: placed,
    all: byEnd.flat(),
    stepOf,
    layersOf: (candidate) =>
      stepPrices(candidate, candidate.segment).map((prices) => priceWithin(prices, candidate.scratchLimit).layer),
    cuts: ({ start, end, segment }) => {
      if (segment === null || end - start < 2) return [];
      const members = layers.slice(start, end);
      const kinds = members.map((layer) => kindOf(layer, findings)).join('\n');
      const known = new Map<string, number>();
      const bytesOf = (segments: readonly number[], key: string): number => {
        const bytes = ringBytesInside({ start, end }, ringsOf(program, { start, end }, segments, input, findings));
        known.set(key, bytes);
        return bytes;
      };
      return scratchLimits(stepPrices({ start, end }, 1)).flatMap((scratchLimit) => {
        const costOf = (segments: readonly number[]): Cost => {
          const key = segments.join();
          const steps = known.has(key) ? 0 : stepsOf(members, segments);
          const rings = known.get(key) ?? bytesOf(segments, key);
          const { shared, time } = together(stepPrices({ start, end }, segments), scratchLimit);
          const scratch = scratchLimit === Number.POSITIVE_INFINITY ? 0 : shared;
          return { bytes: rings + scratch, time, steps };
        };
        const key = `${scratchLimit}\n${kinds}`;
        const found = findings.cuts.get(key) ?? cutsOf(members, costOf, findings.patience);
        findings.cuts.set(key, found);
        return found.map((segments) => ({ start, end, segments, scratchLimit }));
      });
    },
    livingAt: ({ start, end }) => lives.filter((life) => life.made < end && life.lastUse >= start),
    exactBytes: (candidate) =>
      candidate.bytes === candidate.apart
        ? candidate.apart
        : exactBytes(placed, lives, candidate, stepOf(candidate), findings),
  };
}
