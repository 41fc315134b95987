import type { onnx } from 'onnx-proto';
import { elementCount, type Port, type Tensor, type TensorType, type Value } from '../graph/types.ts';
import { OperatorError } from '../ops/define.ts';
import { maxTensorElements } from './context.ts';
import { declaredDimensions, inputType } from './dims.ts';
import { maxNameLength, printable, type Report } from './problems.ts';
import { readTensor, type TensorSource } from './tensor.ts';

/** The most elements of all initializers together: far more than any microcontroller's flash holds. */
const maxInitializerElements = 2 ** 27;

export type Initializers = ReadonlyMap<string, Value | OperatorError | 'failed'>;

/** Initializers by name. An unsupported one is left for its users to report, since many files hold unused ones. */
export function readInitializers(proto: onnx.IGraphProto, source: TensorSource, report: Report): Initializers {
  const initializers = new Map<string, Value | OperatorError | 'failed'>();
  let left = maxInitializerElements;
  for (const tensor of proto.initializer ?? []) {
    const name = tensor.name ?? '';
    try {
      if (initializers.has(name)) throw new OperatorError('invalid', 'it is there twice');
      if (left < 0)
        throw new OperatorError(
          'unsupported',
          `the initializers have more than ${maxInitializerElements} elements in all`,
        );
      const value = readTensor(tensor, { ...source, warn: (text) => source.warn(`initializer ${name}: ${text}`) });
      left -= value.data.length;
      initializers.set(name, value);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      if (error.kind === 'invalid') report('initializer', name, error);
      initializers.set(name, error.kind === 'invalid' ? 'failed' : error);
    }
  }
  for (const { values } of proto.sparseInitializer ?? []) {
    initializers.set(values?.name ?? '', new OperatorError('unsupported', 'sparse data'));
  }
  return initializers;
}

/** The types of the inputs by name; an initializer may be listed among them and is none. */
export function readInputs(
  proto: onnx.IGraphProto,
  initializers: Initializers,
  dimensions: ReadonlyMap<string, number>,
  warn: (text: string) => void,
  report: Report,
): ReadonlyMap<string, TensorType | 'failed'> {
  const inputs = new Map<string, TensorType | 'failed'>();
  const unused = new Set(dimensions.keys());
  for (const info of proto.input ?? []) {
    const name = info.name ?? '';
    if (initializers.has(name)) continue;
    try {
      if (inputs.has(name)) throw new OperatorError('invalid', 'the input is there twice');
      const type = inputType(info, {
        sizeOf(dimension) {
          unused.delete(dimension);
          return dimensions.get(dimension);
        },
        warn,
      });
      const size = elementCount(type.shape);
      if (size > maxTensorElements) {
        throw new OperatorError(
          'unsupported',
          `the input has ${size} elements; up to ${maxTensorElements} are supported`,
        );
      }
      inputs.set(name, type);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      report('input', name, error);
      inputs.set(name, 'failed');
    }
  }
  for (const dimension of unused)
    warn(`no input has a symbolic dimension ${dimension}: the size given for it is not used`);
  return inputs;
}

/**
 * The outputs that were made.
 * @param fetch the tensor of a name, 'failed' where it is the victim of a problem that has been reported.
 */
export function readOutputs(
  proto: onnx.IGraphProto,
  fetch: (name: string) => Tensor | 'failed' | null,
  warn: (text: string) => void,
  report: Report,
): readonly Port[] {
  const outputs = new Map<string, Port>();
  for (const info of proto.output ?? []) {
    const name = info.name ?? '';
    const tensor = fetch(name);
    if (outputs.has(name)) report('output', name, new OperatorError('invalid', 'the output is there twice'));
    else if (tensor === null) report('output', name, new OperatorError('invalid', 'it is not produced by any node'));
    else if (tensor !== 'failed') {
      const declared = declaredDimensions(info);
      if (declared !== null && !fits(declared, tensor.shape)) {
        warn(`output ${name}: the declared shape [${declared}] differs from the real one, [${tensor.shape}]`);
      }
      outputs.set(name, portOf(name, tensor));
    }
  }
  return [...outputs.values()];
}

function fits(declared: readonly (number | string)[], shape: readonly number[]): boolean {
  if (declared.length !== shape.length) return false;
  return declared.every((size, axis) => typeof size === 'string' || size === shape[axis]);
}

/** A port that is laid out as in the file. Its name goes to terminals and into files from here on. */
export function portOf(name: string, tensor: Tensor): Port {
  return {
    name: printable(name, maxNameLength),
    tensor: tensor.name,
    shape: tensor.shape,
    permutation: tensor.shape.map((_, axis) => axis),
  };
}
