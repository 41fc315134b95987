import type { Graph, Node, Port, Quantization, Tensor } from '../graph/types.ts';
import { tensorOf } from '../graph/types.ts';
import type { LinearAttributes } from '../ops/quantize-linear.ts';
import { withNodes } from '../passes/rewrite.ts';

/** The quantisation of a Quantize node as int8 has it: uint8 steps are moved down by 128. */
function asInt8(attributes: LinearAttributes & { readonly dtype: string }): Quantization {
  const shift = attributes.dtype === 'uint8' ? 128 : 0;
  return { scales: attributes.scales, zeroPoints: attributes.zeroPoints.map((zeroPoint) => zeroPoint - shift) };
}

function equal(a: Quantization, b: Quantization): boolean {
  return a.scales[0] === b.scales[0] && a.zeroPoints[0] === b.zeroPoints[0];
}

/** Whether a graph holds QuantizeLinear or DequantizeLinear nodes: whether it was quantised by someone else. */
export function isQdq(graph: Graph): boolean {
  return graph.nodes.some((node) => node.op === 'Quantize' || node.op === 'Dequantize');
}

/**
 * Takes QuantizeLinear and DequantizeLinear nodes out of a QDQ graph: their scales and zero points become those of the
 * tensors, exactly. Where one value is quantised in two ways, or twice in a row, a table requantises it.
 * Tensors that the model does not quantise stay without; `assignQuantization` sees to them.
 */
export function absorbQdq(graph: Graph): Graph {
  // What nobody uses in the end, `withNodes` drops.
  const tensors = new Map<string, Tensor>(graph.tensors);
  const nodes: Node[] = [];
  // Old name -> new name of the tensor that holds its value.
  const names = new Map<string, string>();
  const now = (name: string): string => names.get(name) ?? name;

  for (const port of graph.inputs) {
    const tensor = tensorOf(graph, port.tensor);
    tensors.set(tensor.name, tensor.quant === undefined ? tensor : { ...tensor, dtype: 'int8' });
  }
  for (const node of graph.nodes) {
    const input = now(node.inputs[0] ?? '');
    if (node.op === 'Dequantize') {
      names.set(node.output, input);
    } else if (node.op === 'Quantize') {
      const quant = asInt8(node.attributes as LinearAttributes & { readonly dtype: string });
      const known = tensors.get(input) as Tensor;
      if (known.quant === undefined || equal(known.quant, quant)) {
        tensors.set(input, { ...known, dtype: 'int8', quant });
        names.set(node.output, input);
      } else {
        tensors.set(node.output, { ...known, name: node.output, dtype: 'int8', quant });
        nodes.push({ op: 'Unary', inputs: [input], output: node.output, attributes: { chain: [] }, from: node.from });
      }
    } else {
      nodes.push({ ...node, inputs: node.inputs.map((name) => (name === null ? null : now(name))) });
    }
  }
  const port = (old: Port): Port => ({ ...old, tensor: now(old.tensor) });
  return withNodes(
    { ...graph, inputs: graph.inputs.map(port), outputs: graph.outputs.map(port), tensors, nodes },
    nodes,
  );
}
