import type { onnx } from 'onnx-proto';
import { modelError } from '../errors.ts';
import { type Graph, type Origin, type Port, type Tensor, tensorOf, type Value } from '../graph/types.ts';
import { createGraphBuilder } from '../ops/build.ts';
import { OperatorError } from '../ops/define.ts';
import { onnxReaders } from '../ops/index.ts';
import { readConstant } from './constant.ts';
import { contextOf, maxTensorElements, type Reading } from './context.ts';
import { decodeModel } from './decode.ts';
import { declaredDimensions, inputType } from './dims.ts';
import { toNumber } from './integer.ts';
import { nameTensors } from './names.ts';
import { orderByUse } from './order.ts';
import { type Problem, printable, problemsError } from './problems.ts';
import { readTensor, type TensorSource } from './tensor.ts';

export type { Problem } from './problems.ts';

/** The versions of ONNX's default operator set that are read. */
export const opsetRange = { first: 7, last: 25 } as const;
const maxNodes = 65_536;

export interface ReadOptions {
  /** The file's name, for messages. */
  readonly file: string;
  /** Sizes of symbolic dimensions by name (`--dim name=size`); one without a name is called `input:axis`. */
  readonly dimensions?: ReadonlyMap<string, number> | undefined;
  /** The bytes of an external data file; the location has been checked to lie in the model's own folder. */
  readonly readExternal?: ((location: string) => Uint8Array) | undefined;
}

export interface ReadResult {
  /** Null where there are problems. */
  readonly graph: Graph | null;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** The version of the default operator set. */
  readonly opset: number;
}

/**
 * An ONNX file's bytes as a graph with ONNX's own layout. What is wrong with single nodes is collected, all at once.
 * @throws TesseraError (exit code 3) where the bytes are no ONNX model, or one of an unsupported version.
 */
export function readModel(bytes: Uint8Array, options: ReadOptions): ReadResult {
  const model = decodeModel(bytes, options.file);
  const proto = model.graph;
  if (proto === null || proto === undefined) throw modelError(`${options.file}: the model has no graph`);
  if ((proto.output ?? []).length === 0) throw modelError(`${options.file}: the graph has no outputs`);
  if ((proto.node ?? []).length > maxNodes) {
    throw modelError(`${options.file}: the graph has ${proto.node?.length} nodes; up to ${maxNodes} are supported`);
  }
  return readGraph(proto, opsetOf(model, options.file), options);
}

/**
 * The graph of a model that was read.
 * @throws TesseraError (exit code 3) that lists every problem, and every output that is constant.
 */
export function requireGraph(result: ReadResult, file: string): Graph {
  const constantOutputs = (result.graph?.outputs ?? []).filter(
    (port) => result.graph !== null && tensorOf(result.graph, port.tensor).kind === 'constant',
  );
  const problems: Problem[] = [
    ...result.problems,
    ...constantOutputs.map(({ name }): Problem => {
      return { node: name, operator: 'output', kind: 'unsupported', reason: 'it is constant, whatever the input is' };
    }),
  ];
  if (result.graph === null || problems.length > 0) throw problemsError(problems, file);
  return result.graph;
}

function opsetOf(model: onnx.IModelProto, file: string): number {
  const versions = (model.opsetImport ?? []).filter(({ domain }) => (domain ?? '') === '' || domain === 'ai.onnx');
  const opset = Math.max(...versions.map(({ version }) => toNumber(version ?? 0)));
  if (versions.length === 0) throw modelError(`${file}: the model does not say which version of the ONNX operators it uses`);
  const { first, last } = opsetRange;
  if (opset < first || opset > last) {
    throw modelError(
      `${file}: opset ${opset} is not supported; ${first} to ${last} are`,
      `Convert it with onnx.version_converter, or export it with an opset from ${first} to ${last}.`,
    );
  }
  return opset;
}

/** A node with what its problems and its part of the graph are known by. */
interface Item {
  readonly node: onnx.INodeProto;
  readonly origin: Origin;
  readonly uses: readonly string[];
  readonly makes: readonly string[];
}

function itemOf(node: onnx.INodeProto): Item {
  const domain = node.domain ?? '';
  const isDefault = domain === '' || domain === 'ai.onnx';
  const makes = (node.output ?? []).filter((name) => name !== '');
  const operator = printable(isDefault ? (node.opType ?? '') : `${domain}.${node.opType ?? ''}`);
  const name = printable((node.name ?? '') === '' ? (makes[0] ?? '') : (node.name as string));
  return { node, origin: { name, operator }, uses: (node.input ?? []).filter((input) => input !== ''), makes };
}

function readGraph(proto: onnx.IGraphProto, opset: number, options: ReadOptions): ReadResult {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const report = (operator: string, node: string, error: OperatorError | Omit<Problem, 'node' | 'operator'>): void => {
    const reason = error instanceof OperatorError ? error.message : error.reason;
    problems.push({ node, operator, kind: error.kind, reason });
  };
  const warn = (text: string): void => void warnings.push(printable(text, 1000));
  const builder = createGraphBuilder(printable(proto.name ?? '') || 'model');

  // What each ONNX name stands for. 'failed': its maker has been reported, so that its users need not be.
  const tensors = new Map<string, Tensor | 'failed'>();
  const initializers = readInitializers(proto, { readExternal: options.readExternal, warn }, report);
  const inputs = readInputs(proto, initializers, options, warn, report);
  for (const [name, type] of inputs) tensors.set(name, type === 'failed' ? type : builder.input(name, type));

  const fetch = (name: string): Tensor | 'failed' | null => {
    const known = tensors.get(name);
    if (known !== undefined) return known;
    const constant = initializers.get(name);
    if (constant === undefined) return null;
    if (constant instanceof OperatorError) report('initializer', name, constant);
    const tensor = constant === 'failed' || constant instanceof OperatorError ? 'failed' : builder.constant(name, constant);
    tensors.set(name, tensor);
    return tensor;
  };
  const reading: Reading = {
    opset,
    builder,
    source: { readExternal: options.readExternal, warn },
    computed: new Map(),
    finite: new Map(),
    tensorNamed(name) {
      const tensor = fetch(name);
      if (tensor === null || tensor === 'failed') throw new Error(`tensor ${name} was not read before its user`);
      return tensor;
    },
  };

  const items = (proto.node ?? []).map(itemOf);
  const makers = new Map<string, Item>();
  for (const item of items) {
    for (const name of item.makes) {
      const other = makers.get(name)?.origin;
      const by = other === undefined ? 'an input or initializer' : describe(other);
      if (other !== undefined || inputs.has(name) || initializers.has(name)) {
        report(item.origin.operator, item.origin.name, { kind: 'invalid', reason: `tensor ${printable(name)} is produced twice, also by ${by}` });
        tensors.set(name, 'failed');
      } else makers.set(name, item);
    }
  }
  const { order, cycle } = orderByUse(items);
  if (cycle[0] !== undefined) {
    const path = [...cycle].reverse().slice(0, 10).map((item) => describe(item.origin)).join(' -> ');
    const { operator, name } = cycle[0].origin;
    report(operator, name, { kind: 'invalid', reason: `it uses its own output: ${path}${cycle.length > 10 ? ' -> ...' : ''}` });
  }
  const usedNames = new Set([...items.flatMap((item) => item.uses), ...(proto.output ?? []).map(({ name }) => name ?? '')]);
  const done = new Set(order);
  for (const item of [...order, ...items.filter((item) => !done.has(item))]) {
    const failed = (): void => {
      for (const name of item.makes) tensors.set(name, 'failed');
    };
    const { operator, name } = item.origin;
    const read = readerOf(item);
    if (read instanceof OperatorError) {
      report(operator === '' ? 'node' : operator, name, read);
      failed();
      continue;
    }
    const missing = item.uses.filter((use) => fetch(use) === null && !makers.has(use));
    if (missing[0] !== undefined) {
      const reason = `its input ${printable(missing[0])} is made by no node, and is no input and no initializer`;
      report(operator, name, { kind: 'invalid', reason });
    }
    if (item.uses.some((use) => typeof (fetch(use) ?? 'failed') === 'string')) {
      failed();
      continue;
    }
    try {
      const results = read(contextOf(item.node, item.origin, reading));
      for (const [index, made] of (item.node.output ?? []).entries()) {
        const result = results[index];
        if (made === '' || tensors.get(made) === 'failed') continue;
        if (result !== undefined) tensors.set(made, result);
        else if (usedNames.has(made)) throw new OperatorError('unsupported', `its output ${index} (${made}) is used`);
      }
    } catch (error) {
      if (!(error instanceof OperatorError)) throw new Error(`${describe(item.origin)}: ${(error as Error).message}`, { cause: error });
      report(operator, name, error);
      failed();
    }
  }

  const outputs = readOutputs(proto, fetch, makers, warn, report);
  if (problems.length > 0) return { graph: null, problems, warnings, opset };
  const ports = [...inputs.keys()].map((name) => portOf(name, fetch(name) as Tensor));
  const onnxNames = new Map<string, string>();
  for (const [name, tensor] of tensors) if (typeof tensor !== 'string' && !onnxNames.has(tensor.name)) onnxNames.set(tensor.name, name);
  return { graph: nameTensors(builder.finish(ports, outputs), onnxNames), problems, warnings, opset };
}

type Report = (operator: string, node: string, error: OperatorError | Omit<Problem, 'node' | 'operator'>) => void;

/** Initializers by name. An unsupported one is reported by whoever uses it, since many files hold unused ones. */
function readInitializers(
  proto: onnx.IGraphProto,
  source: TensorSource,
  report: Report,
): ReadonlyMap<string, Value | OperatorError | 'failed'> {
  const initializers = new Map<string, Value | OperatorError | 'failed'>();
  for (const tensor of proto.initializer ?? []) {
    const name = tensor.name ?? '';
    if (initializers.has(name)) {
      report('initializer', name, { kind: 'invalid', reason: 'it is there twice' });
      continue;
    }
    try {
      const warn = (text: string): void => source.warn(`initializer ${name}: ${text}`);
      initializers.set(name, readTensor(tensor, { ...source, warn }));
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      if (error.kind === 'invalid') report('initializer', name, error);
      initializers.set(name, error.kind === 'invalid' ? 'failed' : error);
    }
  }
  for (const sparse of proto.sparseInitializer ?? []) {
    const error = new OperatorError('unsupported', 'sparse data');
    initializers.set(sparse.values?.name ?? '', error);
  }
  return initializers;
}

/** The types of the inputs by name; an initializer may be listed among them and is none. */
function readInputs(
  proto: onnx.IGraphProto,
  initializers: ReadonlyMap<string, unknown>,
  options: ReadOptions,
  warn: (text: string) => void,
  report: Report,
): ReadonlyMap<string, ReturnType<typeof inputType> | 'failed'> {
  const inputs = new Map<string, ReturnType<typeof inputType> | 'failed'>();
  for (const info of proto.input ?? []) {
    const name = info.name ?? '';
    if (initializers.has(name)) continue;
    try {
      if (inputs.has(name)) throw new OperatorError('invalid', 'the input is there twice');
      const type = inputType(info, { dimensions: options.dimensions ?? new Map(), warn });
      const size = type.shape.reduce((product, length) => product * length, 1);
      if (size > maxTensorElements) throw new OperatorError('unsupported', `the input has ${size} elements; up to ${maxTensorElements} are supported`);
      inputs.set(name, type);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      report('input', name, error);
      inputs.set(name, 'failed');
    }
  }
  return inputs;
}

function readOutputs(
  proto: onnx.IGraphProto,
  fetch: (name: string) => Tensor | 'failed' | null,
  makers: ReadonlyMap<string, unknown>,
  warn: (text: string) => void,
  report: Report,
): readonly Port[] {
  const outputs: Port[] = [];
  for (const info of proto.output ?? []) {
    const name = info.name ?? '';
    const tensor = fetch(name);
    if (outputs.some((port) => port.name === name)) report('output', name, { kind: 'invalid', reason: 'the output is there twice' });
    else if (tensor === null && !makers.has(name)) report('output', name, { kind: 'invalid', reason: 'it is not produced by any node' });
    else if (tensor !== null && tensor !== 'failed') {
      const declared = declaredDimensions(info);
      const differs = declared?.length !== tensor.shape.length || declared.some((size, axis) => typeof size === 'number' && size !== tensor.shape[axis]);
      if (declared !== null && differs) warn(`output ${name}: the declared shape [${declared}] differs from the real one, [${tensor.shape}]`);
      outputs.push(portOf(name, tensor));
    }
  }
  return outputs;
}

function readerOf({ node, origin }: Item): typeof readConstant | OperatorError {
  const { opType } = node;
  if ((opType ?? '') === '') return new OperatorError('invalid', 'the node has no op_type');
  if (origin.operator === 'Constant') return readConstant;
  if (['If', 'Loop', 'Scan'].includes(origin.operator)) return new OperatorError('unsupported', 'control flow is not supported');
  return onnxReaders.get(origin.operator) ?? new OperatorError('unsupported', 'unsupported operator');
}

function describe({ operator, name }: Origin): string {
  return name === '' ? operator : `${operator} ${name}`;
}

function portOf(name: string, tensor: Tensor): Port {
  return { name, tensor: tensor.name, shape: tensor.shape, permutation: tensor.shape.map((_, axis) => axis) };
}
