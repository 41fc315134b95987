import type { onnx } from 'onnx-proto';
import type { TensorType } from '../graph/types.ts';
import { OperatorError } from '../ops/define.ts';
import { toNumber } from './integer.ts';
import { dataTypeOf, typeName } from './tensor.ts';

/** A dimension of a declared shape: its size, or the name of a symbolic one ('' where it has not even that). */
type Dimension = number | string;

/** The declared dimensions, or null where the file states none. */
export function declaredDimensions(info: onnx.IValueInfoProto): readonly Dimension[] | null {
  const shape = info.type?.tensorType?.shape;
  if (shape === null || shape === undefined) return null;
  return (shape.dim ?? []).map((dim) =>
    Object.hasOwn(dim, 'dimValue') ? toNumber(dim.dimValue ?? 0) : (dim.dimParam ?? ''),
  );
}

/** What exporters call the batch dimension where they leave it open. */
const batchNames = /^(n|b|bs|batch|batch_?size|batch_?dim|nbatch|none|\?|-1|unk__\d+|dynamic_axes_\d+|)$/i;

export interface InputOptions {
  /** The size that the user gives for a symbolic dimension, by its name, or `input:axis` where it has none. */
  readonly sizeOf: (dimension: string) => number | undefined;
  readonly warn: (text: string) => void;
}

/**
 * The type and static shape of a graph input. An open batch dimension is taken as 1.
 * @throws OperatorError where the shape stays open or is not valid.
 */
export function inputType(info: onnx.IValueInfoProto, options: InputOptions): TensorType {
  const tensorType = info.type?.tensorType;
  if (tensorType === null || tensorType === undefined) throw new OperatorError('unsupported', 'the input is no tensor');
  const dtype = dataTypeOf(tensorType.elemType ?? 0);
  if (dtype === null) throw new OperatorError('unsupported', `the input's type, ${typeName(tensorType.elemType ?? 0)}`);
  const declared = declaredDimensions(info);
  if (declared === null) {
    throw new OperatorError('unsupported', 'the input has no shape: export the model with a static shape');
  }
  if (declared.length > 16) throw new OperatorError('unsupported', `an input of ${declared.length} axes`);
  for (const size of declared) {
    if (typeof size === 'number' && !(size >= 1 && Number.isSafeInteger(size))) {
      throw new OperatorError('invalid', `bad dimension ${size} in the input's shape [${declared}]`);
    }
  }
  const given = declared.map((dim, axis) => {
    if (typeof dim === 'number') return dim;
    return options.sizeOf(dim === '' ? `${info.name}:${axis}` : dim) ?? dim;
  });
  const shape = withBatch(given, info.name ?? '', options);
  const open = shape.flatMap((dim, axis) =>
    typeof dim === 'string' ? [dim === '' ? `${info.name}:${axis}` : dim] : [],
  );
  if (open.length > 0) {
    const wanted = [...new Set(open)];
    throw new OperatorError(
      'unsupported',
      `the input has symbolic dimensions ${wanted.join(', ')}: give each a size, with ${wanted.map((dim) => `--dim ${dim}=<size>`).join(' ')}`,
    );
  }
  const sizes = shape as readonly number[];
  for (const size of sizes) {
    if (!Number.isInteger(size) || size < 1)
      throw new OperatorError('invalid', `the size ${size} for a dimension of [${declared}]`);
  }
  return { shape: sizes, dtype };
}

function withBatch(shape: readonly Dimension[], input: string, options: InputOptions): readonly Dimension[] {
  const [first, ...rest] = shape;
  if (typeof first !== 'string') return shape;
  if (!batchNames.test(first) && rest.some((dim) => typeof dim === 'string')) return shape;
  options.warn(`input ${input}: the batch dimension${first === '' ? '' : ` ${first}`} is taken as 1`);
  return [1, ...rest];
}
