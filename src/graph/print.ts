import { describeNode, type Graph, type Tensor, tensorOf } from './types.ts';

/** The most elements of a list that are printed. */
const maxListed = 8;

/**
 * A graph as text: a line per input, per node and per output, for tests and for people.
 * `r1: float32[1,16,16,8] = Conv(x, w1, b1) {groups: 1} # Conv conv1`
 */
export function printGraph(graph: Graph): string {
  const typed = (name: string): string => `${name}: ${printType(tensorOf(graph, name))}`;
  const operand = (name: string | null): string => {
    if (name === null) return '-';
    const tensor = tensorOf(graph, name);
    return tensor.kind === 'constant' ? typed(name) : name;
  };
  const lines = [
    `graph ${graph.name}`,
    ...graph.inputs.map((port) => `input ${typed(port.tensor)}${printPort(port.name, port.tensor, port.permutation)}`),
    ...graph.nodes.map((node) => {
      const attributes = printAttributes(node.attributes);
      const origin = node.from.length === 0 ? '' : ` # ${describeNode(node)}`;
      return `${typed(node.output)} = ${node.op}(${node.inputs.map(operand).join(', ')})${attributes}${origin}`;
    }),
    ...graph.outputs.map((port) => `output ${port.tensor}${printPort(port.name, port.tensor, port.permutation)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function printType(tensor: Tensor): string {
  const { dtype, shape, quant, kind } = tensor;
  const scale =
    quant?.scales.length === 1 ? `${quant.scales[0]}` : `${quant?.scales.length} scales on axis ${quant?.axis ?? 0}`;
  const zeroPoint = quant?.zeroPoints.every((zero) => zero === quant.zeroPoints[0])
    ? `${quant.zeroPoints[0]}`
    : 'several';
  const note = kind === 'activation' ? '' : ` ${kind}`;
  return `${dtype}[${shape}]${quant === undefined ? '' : ` (scale ${scale}, zero point ${zeroPoint})`}${note}`;
}

/** What a port adds to its tensor: its own name and a layout other than that of ONNX. */
function printPort(name: string, tensor: string, permutation: readonly number[]): string {
  const isPlain = permutation.every((from, axis) => from === axis);
  const parts = [...(name === tensor ? [] : [name]), ...(isPlain ? [] : [`axes [${permutation}] of ONNX`])];
  return parts.length === 0 ? '' : ` # ${parts.join(', ')}`;
}

function printAttributes(attributes: object): string {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? '' : ` ${printValue(attributes)}`;
}

function printValue(value: unknown): string {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const list = Array.from(value as ArrayLike<unknown>);
    const shown = list.slice(0, maxListed).map(printValue);
    return `[${shown.join(', ')}${list.length > maxListed ? `, ... ${list.length} in all` : ''}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([name, field]) => `${name}: ${printValue(field)}`).join(', ')}}`;
  }
  return String(value);
}
