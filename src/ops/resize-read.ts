import { elementCount, type Tensor } from '../graph/types.ts';
import { present, type ReadContext } from './define.ts';
import { fromChannelsLast, toChannelsLast } from './layout.ts';
import { coordinateModes, nearestModes, type ResizeAttributes, type ResizeAxis } from './resize-axis.ts';

/** Longest axis: tables of elements are 16 bits wide. */
const maxSize = 65535;

function choice<T extends string>(c: ReadContext, name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((entry) => entry === value);
  if (found === undefined) {
    return c.unsupported(`${name} ${value}; ${choices.join(', ')} are supported`);
  }
  return found;
}

/** The axes that `scales` or `sizes` speak of. */
function readAxes(c: ReadContext, rank: number): readonly number[] {
  const stated = c.optionalIntegers('axes');
  if (stated === null) return Array.from({ length: rank }, (_, axis) => axis);
  const axes = stated.map((axis) => (axis < 0 ? axis + rank : axis));
  if (axes.some((axis) => axis < 0 || axis >= rank)) c.invalid(`axes [${stated}] are out of range for ${rank} axes`);
  if (new Set(axes).size !== axes.length) c.invalid(`axes [${stated}] name an axis twice`);
  return axes;
}

/** Every axis of `shape`, with the size that it gets. */
function resizedAxes(
  c: ReadContext,
  shape: readonly number[],
  axes: readonly number[],
  scales: readonly number[] | null,
  sizes: readonly number[] | null,
): readonly ResizeAxis[] {
  const values = present(scales ?? sizes);
  const what = scales !== null ? 'scales' : 'sizes';
  if (values.length !== axes.length) c.invalid(`${what} needs ${axes.length} values, and has ${values.length}`);
  if (values.some((value) => !(value > 0))) c.invalid(`${what} must be positive: [${values}]`);
  const ratios = sizes === null ? [] : axes.map((axis, i) => present(sizes[i]) / present(shape[axis]));
  const policy = c.string('keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch' && policy !== 'not_larger' && policy !== 'not_smaller') {
    c.invalid(`keep_aspect_ratio_policy ${policy} is unknown`);
  }
  const common = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return shape.map((input, axis) => {
    const i = axes.indexOf(axis);
    if (i < 0) return { input, output: input, scale: 1 };
    const value = present(values[i]);
    // In 32-bit floats, as ONNX's own shape inference has it.
    if (scales !== null) return { input, output: Math.floor(Math.fround(input * value)), scale: value };
    if (policy === 'stretch') return { input, output: value, scale: value / input };
    return { input, output: Math.floor(common * input + 0.5), scale: common };
  });
}

/** The scales or sizes, which stand at other inputs from opset to opset; exactly one of them is given. */
function readTargets(c: ReadContext): {
  readonly scales: readonly number[] | null;
  readonly sizes: readonly number[] | null;
} {
  if (c.operator === 'Upsample' && c.opset < 9) {
    const scales = c.floats('scales');
    return { scales: scales ?? c.invalid('scales are missing'), sizes: null };
  }
  const early = c.operator === 'Upsample' || c.opset < 11;
  const numbers = (index: number, what: string): readonly number[] | null => {
    const value = c.optionalConstant(index, what);
    return value === null || value.data.length === 0 ? null : Array.from(value.data, Number);
  };
  const scales = numbers(early ? 1 : 2, 'the scales');
  const sizes = early ? null : numbers(3, 'the sizes');
  if (scales === null && sizes === null) c.invalid('neither scales nor sizes are given');
  if (scales !== null && sizes !== null) c.invalid('scales and sizes are both given');
  return { scales, sizes };
}

type Interpolation = Pick<ResizeAttributes, 'mode' | 'coordinates' | 'nearest'>;

function readInterpolation(c: ReadContext, scales: readonly number[]): Interpolation {
  const stated = c.string('mode', 'nearest');
  // Upsample called it bilinear once.
  const mode = choice(c, 'mode', stated === 'bilinear' ? 'linear' : stated, ['nearest', 'linear'] as const);
  if (c.operator === 'Upsample' || c.opset < 11) {
    // What opset 10 left open, onnxruntime decides so: the element before where it enlarges, after where it shrinks.
    const shrinking = scales.every((scale) => scale < 1);
    if (mode === 'nearest' && !shrinking && scales.some((scale) => scale < 1)) {
      c.unsupported(`scales [${scales}] that enlarge one axis and shrink another, before opset 11`);
    }
    return { mode, coordinates: 'asymmetric', nearest: shrinking ? 'ceil' : 'floor' };
  }
  if (c.integer('antialias', 0) !== 0) c.unsupported('antialias');
  if (c.integer('exclude_outside', 0) !== 0) c.unsupported('exclude_outside');
  const coordinates = c.string('coordinate_transformation_mode', 'half_pixel');
  return {
    mode,
    coordinates: choice(c, 'coordinate_transformation_mode', coordinates, coordinateModes),
    nearest: choice(c, 'nearest_mode', c.string('nearest_mode', 'round_prefer_floor'), nearestModes),
  };
}

/** Resize, and Upsample, which it took the place of. */
export function readResize(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  if (x.dtype !== 'float32') c.unsupported(`type ${x.dtype}; float32 is supported`);
  const rank = x.shape.length;
  const { scales, sizes } = readTargets(c);
  const axes = resizedAxes(c, x.shape, readAxes(c, rank), scales, sizes);
  const resized = axes.flatMap(({ scale, input, output }, axis) => (scale === 1 && input === output ? [] : [axis]));
  if (resized.length === 0) return [x];
  for (const axis of resized) {
    const { input, output } = present(axes[axis]);
    if (input < 1 || output < 1 || input > maxSize || output > maxSize) {
      c.unsupported(`resizing from ${input} to ${output}; sizes from 1 to ${maxSize} are supported`);
    }
  }
  const interpolation = readInterpolation(
    c,
    resized.map((axis) => present(axes[axis]).scale),
  );
  const first = present(resized[0]);
  const last = present(resized.at(-1));
  if (last - first > 1) c.unsupported(`resizing axes [${resized}]; one axis or two that are neighbours are supported`);
  if (first >= 2 && rank <= 4) {
    const attributes: ResizeAttributes = { ...interpolation, axes: axes.slice(2) };
    return [fromChannelsLast(c, c.emit('Resize', [toChannelsLast(c, x)], attributes))];
  }
  // Any other axes: whatever lies before them is the batch, whatever lies behind the channels.
  const inner = elementCount(x.shape.slice(last + 1));
  const view = [elementCount(x.shape.slice(0, first)), ...x.shape.slice(first, last + 1), inner];
  const attributes: ResizeAttributes = { ...interpolation, axes: axes.slice(first, last + 1) };
  const reshaped = (tensor: Tensor, shape: readonly number[]): Tensor =>
    String(tensor.shape) === String(shape) ? tensor : c.emit('Reshape', [tensor], { shape });
  const y = c.emit('Resize', [reshaped(x, view)], attributes);
  return [
    reshaped(
      y,
      axes.map(({ output }) => output),
    ),
  ];
}
