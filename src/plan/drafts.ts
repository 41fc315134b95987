import type { Draft } from './build.ts';
import { timeOf } from './cost/cost.ts';
import type { Plan } from './types.ts';

/** A draft, and the time of its plan in estimated instructions. */
export interface TimedDraft {
  readonly draft: Draft;
  readonly time: number;
}

/** Where little search leaves a gap above the bound, how much more is done, and for how many plans. */
const thorough = { work: 40_000_000, plans: 2 };

/**
 * The plan of the least arena, of these the fastest; null where there is none. Drafts are placed only as long as their
 * bounds say that they can be it.
 */
export function leastOf(drafts: readonly TimedDraft[]): Plan | null {
  const sorted = [...drafts].sort((a, b) => a.draft.bound - b.draft.bound || a.time - b.time);
  let best: Plan | null = null;
  let bestTime = Number.POSITIVE_INFINITY;
  const isBetter = (bytes: number, time: number): boolean => {
    const known = best?.arenaBytes ?? Number.POSITIVE_INFINITY;
    return bytes < known || (bytes === known && time < bestTime);
  };
  const look = (plan: Plan, time: number): void => {
    // The same plan again may come with a proof that there is no better place for its buffers.
    const isProven = plan.arenaBytes === best?.arenaBytes && plan.arenaBytes === plan.allocationBound;
    if (isBetter(plan.arenaBytes, time) || (isProven && time === bestTime)) [best, bestTime] = [plan, time];
  };
  const open: (TimedDraft & { readonly plan: Plan })[] = [];
  for (const one of sorted) {
    const { draft, time } = one;
    if (!isBetter(draft.bound, time)) continue;
    const plan = draft.place();
    look(plan, time);
    if (plan.arenaBytes > plan.allocationBound) open.push({ ...one, plan });
  }
  for (const { draft, time } of open.slice(0, thorough.plans)) {
    if (isBetter(draft.bound, time)) look(draft.place(thorough.work), time);
  }
  // Of the plan that is kept it should be known whether its buffers have better places.
  const kept = open.slice(thorough.plans).find(({ plan }) => plan === best);
  if (kept !== undefined) look(kept.draft.place(thorough.work), kept.time);
  return best;
}

/** The fastest plan that fits; null where none does. `limit`: bytes that no plan that fits has more than. */
export function fastestOf(drafts: readonly TimedDraft[], limit: number, fits: (plan: Plan) => boolean): Plan | null {
  const sorted = [...drafts].sort((a, b) => a.time - b.time || a.draft.bound - b.draft.bound);
  let searches = thorough.plans;
  for (const { draft } of sorted) {
    if (draft.bound > limit) continue;
    let plan = draft.place();
    if (plan.arenaBytes > limit && plan.allocationBound <= limit && searches > 0) {
      searches -= 1;
      plan = draft.place(thorough.work);
    }
    if (fits(plan)) return plan;
  }
  return null;
}

/** The plans of which none has both less arena and less time than another, the fastest first. */
export function frontOf(drafts: readonly TimedDraft[]): readonly Plan[] {
  const sorted = [...drafts].sort((a, b) => a.time - b.time || a.draft.bound - b.draft.bound);
  const front: { readonly plan: Plan; readonly time: number }[] = [];
  for (const { draft } of sorted) {
    const last = front.at(-1);
    if (last !== undefined && draft.bound >= last.plan.arenaBytes) continue;
    const plan = draft.place();
    if (last !== undefined && plan.arenaBytes >= last.plan.arenaBytes) continue;
    // Where outputs lie over inputs the time depends on how far apart: a plan can turn out faster than one before.
    const time = timeOf(plan);
    while (time <= (front.at(-1)?.time ?? Number.NEGATIVE_INFINITY)) front.pop();
    front.push({ plan, time });
  }
  return front.map(({ plan }) => plan);
}
