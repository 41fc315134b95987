import type { onnx } from 'onnx-proto';
import { modelError } from '../errors.ts';
import { type Graph, tensorOf } from '../graph/types.ts';
import { decodeModel } from './decode.ts';
import { readGraph } from './graph.ts';
import { toNumber } from './integer.ts';
import { type Problem, problemsError } from './problems.ts';

export type { Problem } from './problems.ts';

/** The versions of ONNX's default operator set that are read. (25 only added types of two bits to 24.) */
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
 * An ONNX file's bytes as a graph with ONNX's own layout at the model's inputs and outputs. What is wrong with single
 * nodes is collected, all at once.
 * @throws TesseraError (exit code 3) where the bytes are no ONNX model, or one of an unsupported version.
 */
export function readModel(bytes: Uint8Array, options: ReadOptions): ReadResult {
  const { file, dimensions = new Map(), readExternal } = options;
  const model = decodeModel(bytes, file);
  const proto = model.graph;
  if (proto === null || proto === undefined) throw modelError(`${file}: the model has no graph`);
  if ((proto.output ?? []).length === 0) throw modelError(`${file}: the graph has no outputs`);
  const nodes = (proto.node ?? []).length;
  if (nodes > maxNodes) throw modelError(`${file}: the graph has ${nodes} nodes; up to ${maxNodes} are supported`);
  const opset = opsetOf(model, file);
  return { ...readGraph(proto, { opset, dimensions, readExternal }), opset };
}

/**
 * The graph of a model that was read.
 * @throws TesseraError (exit code 3) that lists every problem, and every output that is constant.
 */
export function requireGraph({ graph, problems }: ReadResult, file: string): Graph {
  if (graph === null) throw problemsError(problems, file);
  const constant = graph.outputs.filter((port) => tensorOf(graph, port.tensor).kind === 'constant');
  if (constant.length > 0) {
    const reason = 'the output is constant, whatever the input is';
    throw problemsError(
      constant.map(({ name }) => ({ node: name, operator: 'output', kind: 'unsupported', reason })),
      file,
    );
  }
  return graph;
}

function opsetOf(model: onnx.IModelProto, file: string): number {
  const versions = (model.opsetImport ?? []).filter(({ domain }) => (domain ?? '') === '' || domain === 'ai.onnx');
  const opset = versions.reduce((most, { version }) => Math.max(most, toNumber(version ?? 0)), 0);
  if (versions.length === 0)
    throw modelError(`${file}: the model does not say which version of the ONNX operators it uses`);
  const { first, last } = opsetRange;
  if (opset < first || opset > last) {
    throw modelError(
      `${file}: opset ${opset} is not supported; ${first} to ${last} are`,
      `Export the model with an opset from ${first} to ${last}, or convert it with onnx.version_converter.`,
    );
  }
  return opset;
}
