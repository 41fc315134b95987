import type { Frontier } from './frontier.ts';

/**
 * Runs, again and again, nodes after which no more lives than before, and whose steps do not pass `allowed`. That loses
 * no order: what lives is a submodular function of the set of nodes that have run, so that to run such nodes first
 * makes no later step higher. It also takes linear stretches down to their next valley in one go.
 */
export function descend(frontier: Frontier, allowed: number): void {
  let moved = true;
  while (moved) {
    moved = false;
    for (const node of [...frontier.ready()]) {
      if (frontier.isReady(node) && runDown(frontier, node, allowed)) moved = true;
    }
  }
}

/** Runs a node, and then nodes that it made ready, until no more lives than before; or nothing. */
function runDown(frontier: Frontier, first: number, allowed: number): boolean {
  if (frontier.change(first) > 0 && !frontier.opens(first)) return false;
  const start = frontier.live();
  const mark = frontier.ran().length;
  let node: number | undefined = first;
  while (node !== undefined && frontier.stepPeak(node) <= allowed) {
    frontier.run(node);
    if (frontier.live() <= start) return true;
    node = frontier.waiting(node).find((reader) => frontier.isReady(reader));
  }
  frontier.backTo(mark);
  return false;
}
