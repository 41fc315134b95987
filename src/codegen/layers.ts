import { describeNode, type RowShape, rowShape, type Tensor } from '../graph/types.ts';
import type { FieldValue, KernelCall, KernelInput } from '../ops/define.ts';
import { windowStart } from '../plan/demand.ts';
import { rowsTogether } from '../plan/joined.ts';
import type { Layer, Plan } from '../plan/types.ts';
import { addressText, baseParameter } from './arena.ts';
import type { ConstantPool } from './constants.ts';
import { bracket, rowText, startExpression, unrolledRows } from './expressions.ts';
import { identifier, safeText } from './text.ts';

/** What every function that writes a layer's C needs. */
export interface LayerContext {
  readonly plan: Plan;
  readonly prefix: string;
  readonly pool: ConstantPool;
}

const shapeText = (shape: readonly number[]): string => shape.join('x');

/** The C name of a layer: its number, so that it is unique, and what it does. */
export function layerName({ prefix }: LayerContext, layer: Layer): string {
  return `${prefix}_layer_${layer.index}_${identifier(layer.node.op)}`;
}

/** A struct of constants: its name, and its definition unless an equal one stands before it. */
interface Constants {
  readonly name: string;
  readonly definition: string | null;
}

function constantsOf({ pool }: LayerContext, type: string, name: string, fields: readonly string[]): Constants {
  const value = `{\n${fields.map((field) => `  ${field},`).join('\n')}\n}`;
  const known = pool.share(`${type} ${value}`, name);
  return { name: known, definition: known === name ? `static const ${type} ${name} = ${value};` : null };
}

/**
 * The structs of a layer's call, of which the last is what the kernel is given. Numbers that layers may have in common
 * are a struct of their own where the kernel has them so; what is equal stands once.
 */
function parametersOf(context: LayerContext, layer: Layer, index: number): readonly Constants[] {
  if (layer.lowering.kind === 'alias') return [];
  const { calls } = layer.lowering;
  const call = calls[index] as KernelCall;
  const number = `${layer.index}${calls.length > 1 ? `_${index}` : ''}`;
  const fieldText = ([key, value]: [string, FieldValue]): string => {
    if (value === null) return `.${key} = NULL`;
    if (typeof value === 'number') return `.${key} = ${value}`;
    return `.${key} = ${context.pool.add(value, `layer_${number}_${key}`)}`;
  };
  const fields = Object.entries(call.fields);
  const name = `${context.prefix}_layer_${number}`;
  if (call.shape === undefined) return [constantsOf(context, call.struct, name, fields.map(fieldText))];
  const isNumber = ([, value]: [string, FieldValue]): boolean => typeof value === 'number';
  const numbers = fields.filter(isNumber).map(fieldText);
  const shape = constantsOf(context, call.shape, `${context.prefix}_shape_${number}`, numbers);
  const pointers = fields.filter((field) => !isNumber(field)).map(fieldText);
  return [shape, constantsOf(context, call.struct, name, [...pointers, `.shape = &${shape.name}`])];
}

/** The C name of the parameters of a layer's call. */
export function parametersName(context: LayerContext, layer: Layer, call: number): string {
  return (parametersOf(context, layer, call).at(-1) as Constants).name;
}

/** The definitions of the parameters of all calls of a layer, but for those that stand above an earlier layer. */
export function parametersText(context: LayerContext, layer: Layer): string {
  if (layer.lowering.kind === 'alias') return '';
  const structs = layer.lowering.calls.flatMap((_, index) => parametersOf(context, layer, index));
  return structs.flatMap(({ definition }) => definition ?? []).join('\n\n');
}

/** What stands above a layer's function. */
export function layerComment(layer: Layer, remark = ''): string {
  const inputs = layer.tensors.inputs.filter((tensor) => tensor !== null && tensor.kind !== 'constant') as Tensor[];
  const shapes = `${inputs.map((tensor) => shapeText(tensor.shape)).join(', ')} -> ${shapeText(layer.tensors.output.shape)}`;
  return `/* ${safeText(describeNode(layer.node))}: ${shapes}, ${layer.macs} MACs${remark} */`;
}

/** Bytes from one row of a tensor to the next, where it is stored whole. */
function rowStride({ plan }: LayerContext, tensor: Tensor): number {
  const { width, channels } = rowShape(tensor.shape);
  return plan.storage.get(tensor.name)?.rowBytes ?? width * channels;
}

/** The address of a tensor's storage, as a C expression: of row 0 or slot 0. */
export function baseOf(context: LayerContext, tensor: Tensor): string {
  if (tensor.kind === 'constant') {
    const values = tensor.data as Int8Array;
    return context.pool.add({ type: 'int8', values }, `constant_${identifier(tensor.name)}`);
  }
  const storage = context.plan.storage.get(tensor.name);
  if (storage === undefined || storage.buffer === null) throw new Error(`tensor ${tensor.name} has no place`);
  return addressText(context.plan, storage.buffer, storage.offset);
}

const offsetText = (base: string, offset: number | string): string =>
  offset === 0 || offset === '0' ? base : `${base} + ${offset}`;

/** The scratch of a layer's call. */
export function scratchOf({ plan }: LayerContext, layer: Layer, call: KernelCall): string {
  const buffer = plan.scratch.get(layer.index);
  return buffer === undefined || call.scratchBytes === 0 ? 'NULL' : addressText(plan, buffer);
}

/** Row pointers that each input of a call contributes. */
export function pointerCounts(call: KernelCall): readonly number[] {
  return call.inputs.map(({ rows }) => (rows === 'whole' ? 1 : rows.count));
}

export const indent = (lines: readonly string[], depth: number): string[] =>
  lines.map((line) => `${'  '.repeat(depth)}${line}`);

const rowBytes = (shape: RowShape): number => shape.width * shape.channels;

/** `+ n * bytes`: the image that the loop over the batch is at. */
const imageText = (shape: RowShape): string =>
  shape.batch > 1 ? ` + (ptrdiff_t)n * ${shape.rows * rowBytes(shape)}` : '';

/** The statements that point rows[at...] at what one input of a kernel needs for step y. */
function inputText(context: LayerContext, layer: Layer, call: KernelCall, access: KernelInput, at: number): string[] {
  const tensor = layer.tensors.inputs[access.input] as Tensor;
  const shape = rowShape(tensor.shape);
  const base = baseOf(context, tensor);
  const stride = rowStride(context, tensor);
  if (access.rows === 'whole') return [`rows[${at}] = ${base};`];
  const map = access.rows;
  const image = `${base}${imageText(shape)}`;
  if (map.count <= unrolledRows) {
    return Array.from({ length: map.count }, (_, i) => {
      const { row, outside } = rowText(call, access, shape.rows, i);
      const there = shape.rows === 1 ? image : `${image} + ${bracket(row)} * ${stride}`;
      return `rows[${at + i}] = ${outside === '' ? there : `${outside} ? NULL : ${there}`};`;
    });
  }
  const target = at === 0 ? 'rows' : `rows + ${at}`;
  return [
    `tsr_rows(${target}, ${image}, ${stride}, ${shape.rows}, ${startExpression(map, 'y')}, ${map.dilation}, ${map.count});`,
  ];
}

/** One call of a kernel on whole tensors: all at once, or so many rows of image n from row y on. */
function callText(
  context: LayerContext,
  layer: Layer,
  call: KernelCall,
  parameters: string,
  span: 'all' | number,
): string[] {
  const { output } = layer.tensors;
  const out = rowShape(output.shape);
  const counts = pointerCounts(call);
  const lines = [`const int8_t *rows[${counts.reduce((sum, count) => sum + count, 0)}];`];
  let at = 0;
  call.inputs.forEach((access, index) => {
    const tensor = layer.tensors.inputs[access.input] as Tensor;
    if (span === 'all') lines.push(`rows[${at}] = ${baseOf(context, tensor)};`);
    else lines.push(...inputText(context, layer, call, access, at));
    at += counts[index] as number;
  });
  const first = call.inputs[0] as KernelInput;
  const source = rowShape((layer.tensors.inputs[first.input] as Tensor).shape);
  const pixels = (shape: RowShape): string => {
    if (span === 'all') return `${shape.batch * shape.rows * shape.width}`;
    if (shape.rows % span === 0) return `${span * shape.width}`;
    return `tsr_min(${span}, ${shape.rows} - y) * ${shape.width}`;
  };
  const segment = [
    `.row = ${span === 'all' ? 0 : 'y'}`,
    `.column = 0`,
    `.out_width = ${pixels(out)}`,
    `.in_width = ${pixels(source)}`,
    `.pad_left = ${-windowStart(first.columns, 0)}`,
  ];
  lines.push(`const tsr_segment segment = {${segment.join(', ')}};`);
  const row =
    span === 'all' || call.steps === 'accumulate' || out.rows === 1 ? '' : ` + y * ${rowStride(context, output)}`;
  const image = span === 'all' ? '' : imageText(out);
  const target = offsetText(`${baseOf(context, output)}${image}${row}`, call.outputOffset);
  lines.push(`${call.symbol}(&${parameters}, rows, ${target}, &segment, ${scratchOf(context, layer, call)});`);
  return lines;
}

/** The C of a layer that is computed whole: its parameters and its function. An alias has none. */
export function layerText(context: LayerContext, layer: Layer): string {
  if (layer.lowering.kind === 'alias') return '';
  const body: string[] = [];
  const { batch } = rowShape(layer.tensors.output.shape);
  layer.lowering.calls.forEach((call, index) => {
    const parameters = parametersName(context, layer, index);
    const together = rowsTogether(layer, call, context.plan);
    if (call.steps === 'once' || together === Number.POSITIVE_INFINITY) {
      body.push('{', ...indent(callText(context, layer, call, parameters, 'all'), 1), '}');
      return;
    }
    const text = callText(context, layer, call, parameters, together);
    const end = call.firstRow + call.count;
    const rowsOfCall = call.rowsAtOnce ?? together;
    const next = rowsOfCall === 1 ? '++y' : `y += ${rowsOfCall}`;
    const rows = [`for (int32_t y = ${call.firstRow}; y < ${end}; ${next}) {`, ...indent(text, 1), '}'];
    body.push(...(batch > 1 ? [`for (int32_t n = 0; n < ${batch}; ++n) {`, ...indent(rows, 1), '}'] : rows));
  });
  body.push(`TSR_MARK(${layer.index});`);
  const definition = [
    layerComment(layer),
    `static void ${layerName(context, layer)}(${baseParameter(context.plan)}) {`,
    ...indent(body, 1),
    '}',
  ];
  return [parametersText(context, layer), definition.join('\n')].filter((text) => text !== '').join('\n\n');
}
