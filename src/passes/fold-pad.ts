import { type Graph, type Node, tensorOf } from '../graph/types.ts';
import type { AveragePoolAttributes } from '../ops/average-pool.ts';
import { present } from '../ops/define.ts';
import type { PadAttributes } from '../ops/pad-read.ts';
import type { Window } from '../ops/window.ts';
import { consumersOf, producersOf, quantizedAlike, withNodes } from './rewrite.ts';

type Padding = readonly (readonly [number, number])[];

/** The zeros that a Pad puts round the spatial axes of a channels-last tensor; null where it does anything else. */
function spatialPadding({ mode, before, after, value }: PadAttributes): Padding | null {
  const last = before.length - 1;
  const zeros = mode === 'constant' && value === 0 && [...before, ...after].every((size) => size >= 0);
  const others = [0, last].every((axis) => before[axis] === 0 && after[axis] === 0);
  if (!zeros || !others || last < 2) return null;
  return before.slice(1, last).map((size, i) => [size, present(after[i + 1])]);
}

function sum(a: Padding, b: Padding): Padding {
  return a.map(([before, after], axis) => [before + present(b[axis])[0], after + present(b[axis])[1]]);
}

/** The attributes of a node whose input is no longer padded; null where its own padding is not of zeros. */
function padded(node: Node, padding: Padding): object | null {
  if (node.op !== 'Conv' && node.op !== 'AveragePool') return null;
  const pads = sum((node.attributes as Window).pads, padding);
  if (node.op === 'Conv') return { ...node.attributes, pads };
  // Zeros from outside count in a mean, whatever the pooling does with padding of its own; that lies further out.
  return { ...node.attributes, pads, counted: sum((node.attributes as AveragePoolAttributes).counted, padding) };
}

/**
 * Makes explicit padding with zeros that of the convolutions and average poolings that read it. (A maximum ignores its
 * padding instead.) In a quantised graph zero is the zero point, so that nothing changes as long as that stays.
 */
export function foldPad(graph: Graph): Graph {
  const consumers = consumersOf(graph);
  const producers = producersOf(graph);
  const outputs = new Set(graph.outputs.map((port) => port.tensor));

  const paddingOf = (pad: Node): Padding | null => {
    if (pad.op !== 'Pad' || outputs.has(pad.output)) return null;
    const padding = spatialPadding(pad.attributes as PadAttributes);
    const { quant } = tensorOf(graph, pad.output);
    const alike = quant === undefined || quantizedAlike(tensorOf(graph, present(pad.inputs[0])).quant, quant);
    const readers = consumers.get(pad.output) ?? [];
    return padding !== null && alike && readers.every((reader) => padded(reader, padding) !== null) ? padding : null;
  };

  const nodes = graph.nodes.map((node): Node => {
    const pad = producers.get(node.inputs[0] ?? '');
    const padding = pad === undefined ? null : paddingOf(pad);
    const attributes = padding === null ? null : padded(node, padding);
    if (pad === undefined || attributes === null) return node;
    return {
      ...node,
      attributes,
      inputs: [present(pad.inputs[0]), ...node.inputs.slice(1)],
      from: [...pad.from, ...node.from],
    };
  });
  return withNodes(graph, nodes);
}
