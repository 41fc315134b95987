import { describeNode, type RowShape, rowShape, type Tensor } from '../graph/types.ts';
import type { AxisMap, FieldValue, KernelCall, KernelInput } from '../ops/define.ts';
import { stepCount, windowStart } from '../plan/rows.ts';
import type { Layer, Plan } from '../plan/types.ts';
import type { ConstantPool } from './constants.ts';
import { identifier, safeText } from './text.ts';

/** What every function that writes a layer's C needs. */
export interface LayerContext {
  readonly plan: Plan;
  readonly prefix: string;
  readonly pool: ConstantPool;
  /** Whether the layer works row by row inside a stage. */
  readonly streamed: ReadonlySet<number>;
}

const shapeText = (shape: readonly number[]): string => shape.join('x');

/** The C name of a layer: its number, so that it is unique, and what it does. */
export function layerName({ prefix }: LayerContext, layer: Layer): string {
  return `${prefix}_layer_${layer.index}_${identifier(layer.node.op)}`;
}

function structText(context: LayerContext, call: KernelCall, name: string): string {
  const field = ([key, value]: [string, FieldValue]): string => {
    if (value === null) return `  .${key} = NULL,`;
    if (typeof value === 'number') return `  .${key} = ${value},`;
    return `  .${key} = ${context.pool.add(value, `${name}_${key}`)},`;
  };
  const fields = Object.entries(call.fields).map(field).join('\n');
  return `static const ${call.struct} ${context.prefix}_${name} = {\n${fields}\n};`;
}

/** The address of row 0 of a tensor's storage, as a C expression. */
export function baseOf(context: LayerContext, tensor: Tensor): string {
  if (tensor.kind === 'constant') {
    const values = tensor.data as Int8Array;
    return context.pool.add({ type: 'int8', values }, `constant_${identifier(tensor.name)}`);
  }
  const storage = context.plan.storage.get(tensor.name);
  const buffer = storage?.buffer === null || storage === undefined ? undefined : context.plan.buffers[storage.buffer];
  if (buffer === undefined) throw new Error(`tensor ${tensor.name} has no place`);
  return buffer.offset === 0 ? 'arena' : `arena + ${buffer.offset}`;
}

function slotsOf(context: LayerContext, tensor: Tensor): { slots: number; rowBytes: number; shape: RowShape } {
  const shape = rowShape(tensor.shape);
  const slots = tensor.kind === 'constant' ? shape.rows : (context.plan.storage.get(tensor.name)?.slots ?? shape.rows);
  return { slots, rowBytes: shape.width * shape.channels, shape };
}

/** floor((y * multiply + add) / divide) in C. */
function startExpression(map: AxisMap): string {
  const scaled = map.multiply === 0 ? '' : map.multiply === 1 ? 'y' : `y * ${map.multiply}`;
  const sum =
    map.add === 0 ? scaled || '0' : scaled === '' ? `${map.add}` : `${scaled} ${map.add < 0 ? '-' : '+'} ${Math.abs(map.add)}`;
  return map.divide === 1 ? sum : `tsr_floor_div(${sum}, ${map.divide})`;
}

/** The statements that point rows[at...] at what one input of a kernel needs for step y. */
function inputText(
  context: LayerContext,
  layer: Layer,
  call: KernelCall,
  access: KernelInput,
  at: number,
  span: 'row' | 'whole',
): string {
  const tensor = layer.tensors.inputs[access.input] as Tensor;
  const { slots, rowBytes, shape } = slotsOf(context, tensor);
  const image = shape.batch > 1 ? ` + (ptrdiff_t)n * ${shape.rows * rowBytes}` : '';
  const base = baseOf(context, tensor);
  if (access.rows === 'whole' || span === 'whole') return `rows[${at}] = ${base};`;
  const map = access.rows;
  const inside = call.firstRow + call.count <= shape.rows;
  if (map.count === 1 && map.multiply === 1 && map.add === 0 && map.divide === 1 && inside) {
    return `rows[${at}] = ${base}${image} + ${rowOffset(slots, shape.rows, rowBytes)};`;
  }
  if (map.count === 1 && map.multiply === 0) return `rows[${at}] = ${base}${image} + ${windowStart(map, 0) * rowBytes};`;
  const target = at === 0 ? 'rows' : `rows + ${at}`;
  return `tsr_rows(${target}, ${base}${image}, ${rowBytes}, ${slots}, ${shape.rows}, ${startExpression(map)}, ${map.dilation}, ${map.count});`;
}

function rowOffset(slots: number, rows: number, rowBytes: number): string {
  if (slots === 1) return '0';
  return slots === rows ? `y * ${rowBytes}` : `y % ${slots} * ${rowBytes}`;
}

/** Whether every tensor of a call is whole and the call may take all rows of all images as one. */
function joined(context: LayerContext, layer: Layer, call: KernelCall): boolean {
  if (!call.pointwise || context.streamed.has(layer.index)) return false;
  const output = rowShape(layer.tensors.output.shape);
  return call.inputs.every(({ input, rows }) => {
    const shape = rowShape((layer.tensors.inputs[input] as Tensor).shape);
    const identityMap = rows !== 'whole' && rows.count === 1 && rows.multiply === 1 && rows.add === 0 && rows.divide === 1;
    return identityMap && shape.rows === output.rows && shape.batch === output.batch && shape.width === output.width;
  });
}

/** One call of a kernel, for step y of image n. */
function callText(context: LayerContext, layer: Layer, call: KernelCall, parameters: string): string[] {
  const { output } = layer.tensors;
  const out = slotsOf(context, output);
  const lines: string[] = [];
  const pointers = call.inputs.map(({ rows }) => (rows === 'whole' ? 1 : rows.count));
  lines.push(`const int8_t *rows[${pointers.reduce((sum, count) => sum + count, 0)}];`);
  const whole = call.steps === 'once' || joined(context, layer, call);
  let at = 0;
  call.inputs.forEach((access, index) => {
    lines.push(inputText(context, layer, call, access, at, whole ? 'whole' : 'row'));
    at += pointers[index] as number;
  });
  const pixels = whole ? out.shape.batch * out.shape.rows * out.shape.width : out.shape.width;
  const first = call.inputs[0] as KernelInput;
  const source = rowShape((layer.tensors.inputs[first.input] as Tensor).shape);
  const segment = [
    `.row = ${whole ? 0 : 'y'}`,
    `.out_width = ${pixels}`,
    `.in_width = ${whole ? source.batch * source.rows * source.width : source.width}`,
    `.pad_left = ${-windowStart(first.columns, 0)}`,
  ];
  lines.push(`const tsr_segment segment = {${segment.join(', ')}};`);
  const image = !whole && out.shape.batch > 1 ? ` + (ptrdiff_t)n * ${out.shape.rows * out.rowBytes}` : '';
  const row = whole || call.steps === 'accumulate' ? '' : ` + ${rowOffset(out.slots, out.shape.rows, out.rowBytes)}`;
  const target = `${baseOf(context, output)}${image}${row === ' + 0' ? '' : row}${call.outputOffset > 0 ? ` + ${call.outputOffset}` : ''}`;
  const buffer = context.plan.scratch.get(layer.index);
  const scratch = buffer === undefined || call.scratchBytes === 0 ? 'NULL' : `arena + ${context.plan.buffers[buffer]?.offset ?? 0}`;
  lines.push(`${call.symbol}(&${parameters}, rows, ${target}, &segment, ${scratch});`);
  return lines;
}

const indent = (lines: readonly string[], depth: number): string[] => lines.map((line) => `${'  '.repeat(depth)}${line}`);

/**
 * The C of one layer: its parameters, and a function that computes it whole, or one row of it inside a stage.
 * An alias has none.
 */
export function layerText(context: LayerContext, layer: Layer): string {
  if (layer.lowering.kind === 'alias') return '';
  const name = layerName(context, layer);
  const streams = context.streamed.has(layer.index);
  const parts: string[] = [];
  const body: string[] = [];
  layer.lowering.calls.forEach((call, index) => {
    const suffix = layer.lowering.kind === 'calls' && layer.lowering.calls.length > 1 ? `_${index}` : '';
    const parameters = `layer_${layer.index}${suffix}`;
    parts.push(structText(context, call, parameters));
    const text = callText(context, layer, call, `${context.prefix}_${parameters}`);
    const end = call.firstRow + call.count;
    const { batch } = rowShape(layer.tensors.output.shape);
    if (streams) {
      const all = call.firstRow === 0 && call.count === stepCount(layer);
      const condition = all ? '' : call.firstRow === 0 ? `if (y < ${end}) ` : `if (y >= ${call.firstRow} && y < ${end}) `;
      body.push(`${condition}{`, ...indent(text, 1), '}');
    } else if (call.steps === 'once' || joined(context, layer, call)) {
      body.push('{', ...indent(text, 1), '}');
    } else {
      const rows = [`for (int32_t y = ${call.firstRow}; y < ${end}; ++y) {`, ...indent(text, 1), '}'];
      body.push(...(batch > 1 ? [`for (int32_t n = 0; n < ${batch}; ++n) {`, ...indent(rows, 1), '}'] : rows));
    }
  });
  const inputs = layer.tensors.inputs.filter((tensor) => tensor !== null && tensor.kind !== 'constant') as Tensor[];
  const shapes = `${inputs.map((tensor) => shapeText(tensor.shape)).join(', ')} -> ${shapeText(layer.tensors.output.shape)}`;
  const what = `/* ${safeText(describeNode(layer.node))}: ${shapes}, ${layer.macs} MACs${streams ? '; row y of it' : ''} */`;
  const signature = streams ? 'int8_t *arena, int32_t y' : 'int8_t *arena';
  parts.push([what, `static void ${name}(${signature}) {`, ...indent(body, 1), '}'].join('\n'));
  return parts.join('\n\n');
}
