import { rowShape, type Tensor } from '../graph/types.ts';
import { rowsNeeded, stepCount } from './rows.ts';
import type { Layer } from './types.ts';

/**
 * Runs the schedule of a stage without computing anything, and gives the row slots that each tensor made or fetched
 * inside needs at the least: as many as rows are ever alive at once. The rule is the generated code's: of the layers
 * that have the rows that they need the deepest goes first; where there is none, the next row is fetched.
 * @param layers in topological order
 * @param fetched tensors whose rows arrive one by one; other tensors from outside are there from the start
 */
export function ringSlots(layers: readonly Layer[], fetched: readonly Tensor[]): ReadonlyMap<string, number> {
  const rowsOf = (tensor: Tensor): number => rowShape(tensor.shape).rows;
  const made = new Map<string, number>(fetched.map((tensor) => [tensor.name, 0]));
  for (const layer of layers) made.set(layer.tensors.output.name, 0);
  const slots = new Map<string, number>([...made.keys()].map((name) => [name, 1]));
  const done = new Array<number>(layers.length).fill(0);
  const counts = layers.map(stepCount);
  const consumers = new Map<string, { layer: number; input: number }[]>();
  layers.forEach((layer, position) => {
    layer.tensors.inputs.forEach((tensor, input) => {
      if (tensor === null || !made.has(tensor.name)) return;
      consumers.set(tensor.name, [...(consumers.get(tensor.name) ?? []), { layer: position, input }]);
    });
  });

  const oldestNeeded = (name: string): number => {
    let oldest = Number.POSITIVE_INFINITY;
    for (const consumer of consumers.get(name) ?? []) {
      const layer = layers[consumer.layer] as Layer;
      for (let row = done[consumer.layer] as number; row < (counts[consumer.layer] as number); row += 1) {
        const needed = rowsNeeded(layer, consumer.input, row);
        if (needed === null) continue;
        oldest = Math.min(oldest, needed.first);
        break;
      }
    }
    return oldest;
  };
  const addRow = (name: string): void => {
    const row = made.get(name) as number;
    made.set(name, row + 1);
    slots.set(name, Math.max(slots.get(name) as number, row + 1 - Math.min(row, oldestNeeded(name))));
  };
  const ready = (position: number): boolean => {
    const layer = layers[position] as Layer;
    const row = done[position] as number;
    if (row >= (counts[position] as number)) return false;
    return layer.tensors.inputs.every((tensor, input) => {
      const available = tensor === null ? undefined : made.get(tensor.name);
      if (available === undefined) return true;
      const needed = rowsNeeded(layer, input, row);
      return needed === null || needed.last < available;
    });
  };

  const step = (): boolean => {
    for (let position = layers.length - 1; position >= 0; position -= 1) {
      if (!ready(position)) continue;
      const layer = layers[position] as Layer;
      const { output } = layer.tensors;
      if (accumulates(layer)) {
        if (done[position] === (counts[position] as number) - 1) {
          for (let row = 0; row < rowsOf(output); row += 1) addRow(output.name);
        }
      } else {
        addRow(output.name);
      }
      done[position] = (done[position] as number) + 1;
      return true;
    }
    const source = fetched.find((tensor) => (made.get(tensor.name) as number) < rowsOf(tensor));
    if (source === undefined) return false;
    addRow(source.name);
    return true;
  };
  while (done.some((count, position) => count < (counts[position] as number))) {
    if (!step()) throw new Error('a stage cannot finish');
  }
  return slots;
}

/** Whether a layer's output is complete only after its last step. */
export function accumulates(layer: Layer): boolean {
  return layer.lowering.kind === 'calls' && layer.lowering.calls.some((call) => call.steps === 'accumulate');
}
