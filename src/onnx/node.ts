import type { onnx } from 'onnx-proto';
import type { Origin } from '../graph/types.ts';
import { type OnnxReader, OperatorError } from '../ops/define.ts';
import { onnxReaders } from '../ops/index.ts';
import { printable } from './problems.ts';

/** A node with the names that it uses and makes. */
export interface Item {
  readonly node: onnx.INodeProto;
  /** What the node is called to the user: by its name, else by its first output. */
  readonly origin: Origin;
  readonly uses: readonly string[];
  readonly makes: readonly string[];
}

export function itemOf(node: onnx.INodeProto): Item {
  const domain = node.domain ?? '';
  const opType = node.opType ?? '';
  const makes = (node.output ?? []).filter((name) => name !== '');
  const operator = printable(domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`);
  const name = printable(node.name || (makes[0] ?? ''));
  return { node, origin: { name, operator }, uses: (node.input ?? []).filter((input) => input !== ''), makes };
}

export function describe({ operator, name }: Origin): string {
  return name === '' ? operator : `${operator} ${name}`;
}

/** What does the work of an operator that is not read. */
const substitutes: ReadonlyMap<string, string> = new Map([
  ['ConvTranspose', 'a Resize followed by a Conv enlarges, too'],
  ['LayerNormalization', 'exported with opset 16, the model has it in parts that are supported'],
  ['LogSoftmax', 'Softmax, which has the same order of classes, is supported'],
]);

/** Operators on quantised tensors: models of ONNX Runtime's QOperator format, and of dynamic quantisation. */
const onQuantized = /^(com\.microsoft\.)?(QLinear\w+|QGemm|ConvInteger|MatMulInteger|DynamicQuantizeLinear)$/;

function unsupported(operator: string): OperatorError {
  const format =
    'quantise in the QDQ format (QuantizeLinear and DequantizeLinear around float operators), or give the float model';
  const other = substitutes.get(operator) ?? (onQuantized.test(operator) ? format : null);
  return new OperatorError('unsupported', `unsupported operator${other === null ? '' : `: ${other}`}`);
}

/** The reader of a node's operator, or why there is none. */
export function readerOf({ node, origin }: Item): OnnxReader | OperatorError {
  if ((node.opType ?? '') === '') return new OperatorError('invalid', 'the node has no op_type');
  if (['If', 'Loop', 'Scan'].includes(origin.operator)) {
    return new OperatorError('unsupported', 'control flow is not supported');
  }
  return onnxReaders.get(origin.operator) ?? unsupported(origin.operator);
}
