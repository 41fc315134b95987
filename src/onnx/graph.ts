import type { onnx } from 'onnx-proto';
import type { Graph, Tensor, Value } from '../graph/types.ts';
import { createGraphBuilder } from '../ops/build.ts';
import { OperatorError } from '../ops/define.ts';
import { type Initializers, portOf, readInitializers, readInputs, readOutputs } from './boundary.ts';
import { contextOf, type Reading } from './context.ts';
import { nameTensors } from './names.ts';
import { describe, type Item, itemOf, readerOf } from './node.ts';
import { orderByUse } from './order.ts';
import { maxNameLength, type Problem, printable, type Report } from './problems.ts';

export interface GraphOptions {
  readonly opset: number;
  readonly dimensions: ReadonlyMap<string, number>;
  readonly readExternal?: ((location: string) => Uint8Array) | undefined;
}

export interface GraphResult {
  readonly graph: Graph | null;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** What ONNX names stand for. 'failed': the maker has been reported, so that its users need not be. */
type Tensors = Map<string, Tensor | 'failed'>;

/** Reads all nodes that can be read, so that every problem is found at once. */
export function readGraph(proto: onnx.IGraphProto, options: GraphOptions): GraphResult {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const report: Report = (operator, node, { kind, message }) =>
    problems.push({
      node: printable(node),
      operator: printable(operator),
      kind,
      reason: printable(message, maxNameLength),
    });
  const warn = (text: string): void => void warnings.push(printable(text, maxNameLength));
  const source = { readExternal: options.readExternal, warn };

  const builder = createGraphBuilder(printable(proto.name || 'model'));
  const initializers = readInitializers(proto, source, report);
  const inputs = readInputs(proto, initializers, options.dimensions, warn, report);
  const tensors: Tensors = new Map();
  for (const [name, type] of inputs) tensors.set(name, type === 'failed' ? type : builder.input(name, type));

  /** Null where nothing has that name. Initializers become constants when they are first used. */
  const fetch = (name: string): Tensor | 'failed' | null => {
    const known = tensors.get(name);
    if (known !== undefined) return known;
    const constant = initializers.get(name);
    if (constant === undefined) return null;
    if (constant instanceof OperatorError) report('initializer', name, constant);
    const tensor =
      constant === 'failed' || constant instanceof OperatorError ? 'failed' : builder.constant(name, constant);
    tensors.set(name, tensor);
    return tensor;
  };
  const items = (proto.node ?? []).map(itemOf);
  reportSecondMakers(items, inputs, initializers, tensors, report);
  const outputs = (proto.output ?? []).map(({ name }) => name ?? '');
  readNodes(
    items,
    { fetch, tensors, report, used: new Set([...items.flatMap((item) => item.uses), ...outputs]) },
    {
      opset: options.opset,
      builder,
      source,
      budget: { elements: 2 ** 24 + 4 * elementsOf(initializers), macs: 2 ** 31 },
      finite: new Map(),
      nameUses: new Map(),
      tensorNamed(name) {
        const tensor = fetch(name);
        if (tensor === null || tensor === 'failed') throw new Error(`tensor ${name} was not read before its user`);
        return tensor;
      },
    },
  );

  const outputPorts = readOutputs(proto, fetch, warn, report);
  if (problems.length > 0) return { graph: null, problems, warnings };
  const inputPorts = [...inputs.keys()].map((name) => portOf(name, tensors.get(name) as Tensor));
  const onnxNames = new Map<string, string>();
  for (const [name, tensor] of tensors) {
    if (tensor !== 'failed' && !onnxNames.has(tensor.name)) onnxNames.set(tensor.name, name);
  }
  return { graph: nameTensors(builder.finish(inputPorts, outputPorts), onnxNames), problems, warnings };
}

function elementsOf(initializers: Initializers): number {
  const values = [...initializers.values()].filter((value): value is Value => value !== 'failed' && 'data' in value);
  return values.reduce((sum, { data }) => sum + data.length, 0);
}

/** In ONNX every name is given once; a tensor with two makers counts as failed. */
function reportSecondMakers(
  items: readonly Item[],
  inputs: ReadonlyMap<string, unknown>,
  initializers: ReadonlyMap<string, unknown>,
  tensors: Tensors,
  report: Report,
): void {
  const makers = new Map<string, string>();
  for (const name of initializers.keys()) makers.set(name, 'an initializer');
  for (const name of inputs.keys()) makers.set(name, 'an input');
  for (const { origin, makes } of items) {
    for (const name of makes) {
      const first = makers.get(name);
      makers.set(name, describe(origin));
      if (first === undefined) continue;
      const reason = `tensor ${name} is produced twice, by ${first} and by ${describe(origin)}`;
      report(origin.operator, origin.name, new OperatorError('invalid', reason));
      tensors.set(name, 'failed');
    }
  }
}

interface Names {
  readonly fetch: (name: string) => Tensor | 'failed' | null;
  readonly tensors: Tensors;
  readonly report: Report;
  /** The names that nodes or outputs of the graph refer to. */
  readonly used: ReadonlySet<string>;
}

function readNodes(items: readonly Item[], names: Names, reading: Reading): void {
  const { order, cycle } = orderByUse(items);
  if (cycle[0] !== undefined) {
    const path = [...cycle]
      .reverse()
      .slice(0, 10)
      .map(({ origin }) => describe(origin));
    const { operator, name } = cycle[0].origin;
    names.report(operator, name, new OperatorError('invalid', `it uses its own output, by way of ${path.join(', ')}`));
  }
  // What hangs on the cycle cannot be read, but may hold unsupported operators.
  const done = new Set(order);
  const rest = items.filter((item) => !done.has(item));
  for (const { makes } of rest) for (const name of makes) names.tensors.set(name, 'failed');
  for (const item of [...order, ...rest]) {
    if (!readNode(item, names, reading)) for (const name of item.makes) names.tensors.set(name, 'failed');
  }
}

/** False where the node could not be read; the reason, if it is its own, has been reported. */
function readNode(
  { node, origin, uses, makes }: Item,
  { fetch, tensors, report, used }: Names,
  reading: Reading,
): boolean {
  try {
    const read = readerOf({ node, origin, uses, makes });
    if (read instanceof OperatorError) throw read;
    if (makes.length === 0) return true;
    const inputs = uses.map(fetch);
    const missing = uses[inputs.indexOf(null)];
    if (missing !== undefined) {
      throw new OperatorError('invalid', `its input ${missing} is made by no node, and is no input and no initializer`);
    }
    if (inputs.includes('failed')) return false;
    const results = read(contextOf(node, origin, reading));
    for (const [index, name] of (node.output ?? []).entries()) {
      const tensor = results[index];
      if (name === '' || tensors.has(name)) continue;
      if (tensor !== undefined) tensors.set(name, tensor);
      else if (used.has(name)) throw new OperatorError('unsupported', `its output ${index} (${name}) is used`);
    }
    return true;
  } catch (error) {
    if (!(error instanceof OperatorError))
      throw new Error(`${describe(origin)}: ${(error as Error).message}`, { cause: error });
    report(origin.operator || 'node', origin.name, error);
    return false;
  }
}
