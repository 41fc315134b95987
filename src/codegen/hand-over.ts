import { rowShape, type Tensor, tensorOf } from '../graph/types.ts';
import type { Plan } from '../plan/types.ts';
import { readBaseParameter } from './arena.ts';
import { baseOf, indent, type LayerContext } from './layers.ts';

/** The statements that hand row `row` of a tensor to the caller: one for each output that it is. */
function rowStatements(plan: Plan, tensor: Tensor, row: string, pixels: string): readonly string[] {
  return plan.graph.outputs.flatMap((port, index) =>
    port.tensor === tensor.name ? [`sink->write_row(sink->context, ${index}, ${row}, ${pixels});`] : [],
  );
}

/** The statements that hand over a whole tensor; the rows of its images count on. */
export function handWholeText({ plan, ...context }: LayerContext, tensor: Tensor): readonly string[] {
  const { batch, rows, width, channels } = rowShape(tensor.shape);
  const base = baseOf({ plan, ...context }, tensor);
  if (batch * rows === 1) return rowStatements(plan, tensor, '0', base);
  const statements = rowStatements(plan, tensor, 'row', `${base} + row * ${width * channels}`);
  return [`for (int32_t row = 0; row < ${batch * rows}; ++row) {`, ...indent(statements, 1), '}'];
}

/** The statements that hand over a row of a stage that has just been computed; `pixels` is where it begins. */
export function handRowText({ plan }: LayerContext, tensor: Tensor, pixels: string): readonly string[] {
  return rowStatements(plan, tensor, 'y', pixels);
}

/** The C name of the function that hands over what a layer has computed whole. */
export function handOverName({ prefix }: LayerContext, layer: number): string {
  return `${prefix}_layer_${layer}_hand_over`;
}

/** The C of that function. */
export function handOverText(context: LayerContext, layer: number, output: string): string {
  const tensor = tensorOf(context.plan.graph, output);
  return [
    `static void ${handOverName(context, layer)}(${readBaseParameter(context.plan)}, const tsr_sink *sink) {`,
    ...indent(handWholeText(context, tensor), 1),
    '}',
  ].join('\n');
}
