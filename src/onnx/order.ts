/** An item that uses names and makes names. */
export interface Maker {
  readonly uses: readonly string[];
  readonly makes: readonly string[];
}

/**
 * An order in which each item comes after those that make what it uses; the given order where that is one already.
 * `cycle` holds items that (indirectly) use what they make themselves; nothing behind them is in `order`.
 */
export function orderByUse<T extends Maker>(
  items: readonly T[],
): { readonly order: readonly T[]; readonly cycle: readonly T[] } {
  const makerOf = new Map<string, number>();
  for (const [index, item] of items.entries()) for (const name of item.makes) makerOf.set(name, index);
  const before = items.map((item) => [...new Set(item.uses.flatMap((name) => makerOf.get(name) ?? []))]);
  const waiting = before.map((makers) => makers.length);
  const users = items.map((): number[] => []);
  for (const [index, makers] of before.entries()) for (const maker of makers) users[maker]?.push(index);

  const done = new Array<boolean>(items.length).fill(false);
  const order: T[] = [];
  for (let index = 0; index < items.length; index += 1) {
    if (done[index] || waiting[index] !== 0) continue;
    const ready = [index];
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      done[next] = true;
      order.push(items[next] as T);
      for (const user of users[next] as number[]) {
        waiting[user] = (waiting[user] as number) - 1;
        // Those that stand further down are met in their turn, so that a file in order stays as it is.
        if (waiting[user] === 0 && user < index) ready.push(user);
      }
    }
  }
  return { order, cycle: done.every(Boolean) ? [] : findCycle(items, before, done) };
}

function findCycle<T>(
  items: readonly T[],
  before: readonly (readonly number[])[],
  done: readonly boolean[],
): readonly T[] {
  const path: number[] = [done.indexOf(false)];
  const place = new Map<number, number>([[path[0] as number, 0]]);
  for (;;) {
    // Whatever is not done waits for something that is not done either.
    const next = (before[path.at(-1) as number] as readonly number[]).find((maker) => !done[maker]) as number;
    const seen = place.get(next);
    if (seen !== undefined) return path.slice(seen).map((index) => items[index] as T);
    place.set(next, path.length);
    path.push(next);
  }
}
