import type { KernelCall } from '../ops/define.ts';
import { segmentsOf } from '../plan/cost/cost.ts';
import { callShapes } from '../plan/cost/work-shapes.ts';
import type { Layer, Plan } from '../plan/types.ts';

/** Pixels that the calls of a kernel compute: the fewest and the most. */
interface Widths {
  readonly least: number;
  readonly most: number;
}

/**
 * A plan whose calls name the smaller files of their kernels: for `size` all that have one; for `speed` where nothing is
 * lost by it, since every call of the kernel computes few pixels (as in streams that go column by column) or many.
 */
export function withSmallKernels(plan: Plan): Plan {
  const widths = widthsOfCalls(plan);
  const symbolOf = ({ symbol, smallSymbol, smallMost = 1, rowsSymbol, rowsLeast = 1 }: KernelCall): string => {
    const { least, most } = widths.get(symbol) ?? { least: 1, most: Number.POSITIVE_INFINITY };
    if (smallSymbol !== undefined && (plan.optimize === 'size' || most <= smallMost)) return smallSymbol;
    return rowsSymbol !== undefined && least >= rowsLeast ? rowsSymbol : symbol;
  };
  const layers = plan.layers.map((layer): Layer => {
    const { lowering } = layer;
    if (lowering.kind === 'alias') return layer;
    const calls = lowering.calls.map((call) => ({ ...call, symbol: symbolOf(call) }));
    return { ...layer, lowering: { kind: 'calls', calls } };
  });
  return { ...plan, layers };
}

function widthsOfCalls(plan: Plan): ReadonlyMap<string, Widths> {
  const widths = new Map<string, Widths>();
  for (const [index, segment] of segmentsOf(plan)) {
    const layer = plan.layers[index] as Layer;
    if (layer.lowering.kind === 'alias') continue;
    for (const call of layer.lowering.calls) {
      const { least, most } = widths.get(call.symbol) ?? { least: Number.POSITIVE_INFINITY, most: 0 };
      const pixels = callShapes(layer, call, segment, plan).map((shape) => shape.pixels);
      widths.set(call.symbol, { least: Math.min(least, ...pixels), most: Math.max(most, ...pixels) });
    }
  }
  return widths;
}
