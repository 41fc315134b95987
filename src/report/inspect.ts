import { elementCount, type Graph, type Node, type Origin, type Port, tensorOf } from '../graph/types.ts';
import type { Isa } from '../kernels/define.ts';
import type { Problem } from '../onnx/problems.ts';
import { operatorNamed } from '../ops/index.ts';
import { layerColumns } from './layer-columns.ts';
import { refusalsText, structureOf } from './structure.ts';
import { count, plural, shapeText, tableText } from './table.ts';

/** One layer of a model, before anything has been quantised. */
export interface LayerSummary {
  readonly index: number;
  /** The ONNX nodes that it came from. */
  readonly nodes: readonly Origin[];
  /** The operator of the graph. */
  readonly operator: string;
  /** The output's shape, channels last where the layer is spatial. */
  readonly shape: readonly number[];
  readonly macs: number;
  /** Constants that the layer uses, in elements. */
  readonly parameters: number;
  /** The same in bytes as int8: biases and tables take 4 bytes an element. */
  readonly weightBytes: number;
  /** Bytes of the output as int8. */
  readonly outputBytes: number;
  /** C functions; none where the layer only gives its input another shape. */
  readonly kernels: readonly string[];
  /** Why kernels for the target's instruction sets are not taken, where a portable one is. */
  readonly refusals: readonly string[];
}

/** What `tessera inspect` says of a model. */
export interface Inspection {
  readonly schemaVersion: 1;
  readonly model: {
    readonly file: string;
    readonly sha256: string;
    readonly opset: number;
    readonly isQuantized: boolean;
  };
  readonly inputs: readonly Pick<Port, 'name' | 'shape'>[];
  readonly outputs: readonly Pick<Port, 'name' | 'shape'>[];
  readonly layers: readonly LayerSummary[];
  readonly largestActivations: readonly {
    readonly tensor: string;
    readonly shape: readonly number[];
    readonly bytes: number;
  }[];
  readonly totals: {
    readonly layers: number;
    readonly macs: number;
    readonly parameters: number;
    readonly weightBytes: number;
  };
  readonly unsupported: readonly Problem[];
  readonly warnings: readonly string[];
}

const largestShown = 5;

/** Everything about a model that can be known without data. `graph` is null where the file could not be read. */
export function inspectGraph(
  graph: Graph | null,
  model: Inspection['model'],
  problems: readonly Problem[],
  warnings: readonly string[],
  isas: readonly Isa[],
): Inspection {
  if (graph === null) {
    const totals = { layers: 0, macs: 0, parameters: 0, weightBytes: 0 };
    return {
      schemaVersion: 1,
      model,
      inputs: [],
      outputs: [],
      layers: [],
      largestActivations: [],
      totals,
      unsupported: problems,
      warnings,
    };
  }
  const structure = structureOf(graph, isas);
  const layers = graph.nodes.map((node, index): LayerSummary => {
    const output = tensorOf(graph, node.output);
    const inputs = node.inputs.map((name) => (name === null ? null : tensorOf(graph, name)));
    const found = structure.get(node);
    return {
      index,
      nodes: node.from,
      operator: node.op,
      shape: output.shape,
      macs: operatorNamed(node.op).macs(inputs, output, node.attributes),
      ...constantsOf(graph, [node]),
      outputBytes: elementCount(output.shape),
      kernels: found?.kind === 'kernels' ? found.symbols : [],
      refusals: found?.kind === 'kernels' ? found.refusals : [],
    };
  });
  const unsupported = graph.nodes.flatMap((node): readonly Problem[] => {
    const found = structure.get(node);
    if (found?.kind !== 'unsupported') return [];
    const name = node.from.map((origin) => origin.name).join(' + ') || node.output;
    const operator = node.from.map((origin) => origin.operator).join(' + ') || node.op;
    return [{ node: name, operator, kind: 'unsupported', reason: found.reason }];
  });
  const activations = [...graph.inputs.map((port) => port.tensor), ...graph.nodes.map((node) => node.output)].map(
    (name) => {
      const { shape } = tensorOf(graph, name);
      return { tensor: name, shape, bytes: elementCount(shape) };
    },
  );
  const ports = (list: readonly Port[]): Inspection['inputs'] => list.map(({ name, shape }) => ({ name, shape }));
  return {
    schemaVersion: 1,
    model,
    inputs: ports(graph.inputs),
    outputs: ports(graph.outputs),
    layers,
    largestActivations: activations.sort((a, b) => b.bytes - a.bytes).slice(0, largestShown),
    totals: {
      layers: layers.length,
      macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
      ...constantsOf(graph, graph.nodes),
    },
    unsupported: [...problems, ...unsupported],
    warnings,
  };
}

/** Constants that nodes use; one that several use counts once. */
function constantsOf(
  graph: Graph,
  nodes: readonly Node[],
): { readonly parameters: number; readonly weightBytes: number } {
  const seen = new Set<string>();
  let parameters = 0;
  let weightBytes = 0;
  for (const node of nodes) {
    const roles = operatorNamed(node.op).constants ?? {};
    node.inputs.forEach((name, index) => {
      if (name === null || seen.has(name)) return;
      const tensor = tensorOf(graph, name);
      if (tensor.kind !== 'constant') return;
      seen.add(name);
      const role = roles[index] ?? 'operand';
      const size = elementCount(tensor.shape);
      parameters += size;
      weightBytes += size * (role === 'bias' || role === 'data' ? 4 : 1);
    });
  }
  return { parameters, weightBytes };
}

/** An inspection as text. */
export function inspectionText(inspection: Inspection): string {
  const { model, layers, largestActivations, totals, unsupported, warnings } = inspection;
  const ports = (list: Inspection['inputs']): string =>
    list.map(({ name, shape }) => `${name} ${shapeText(shape)}`).join(', ');
  const parts = [`${model.file}: opset ${model.opset}${model.isQuantized ? ', quantised (QDQ)' : ''}`];
  if (layers.length > 0) {
    parts.push(
      [`inputs   ${ports(inspection.inputs)}`, `outputs  ${ports(inspection.outputs)}`].join('\n'),
      tableText(
        [
          ...layerColumns,
          { title: 'parameters', align: 'right', text: (layer) => count(layer.parameters) },
          { title: 'bytes', align: 'right', text: (layer) => count(layer.weightBytes) },
          { title: 'kernel', align: 'left', text: (layer) => layer.kernels.join(', ') || '-' },
        ],
        layers,
      ),
      `Largest activations, in bytes as int8\n${tableText(
        [
          { title: 'bytes', align: 'right', text: (activation) => count(activation.bytes) },
          { title: 'shape', align: 'left', text: (activation) => shapeText(activation.shape) },
          { title: 'tensor', align: 'left', text: (activation) => activation.tensor },
        ],
        largestActivations,
      )}`,
      `Total: ${plural(totals.layers, 'layer')}, ${count(totals.macs)} MACs, ${count(totals.parameters)} parameters, ${count(totals.weightBytes)} bytes of weights as int8`,
    );
  }
  parts.push(...refusalsText(layers));
  if (warnings.length > 0) parts.push(warnings.map((warning) => `warning: ${warning}`).join('\n'));
  if (unsupported.length > 0) {
    const lines = unsupported.map(
      ({ operator, node, reason }) => `  ${[operator, node].filter((text) => text !== '').join(' ')}: ${reason}`,
    );
    parts.push(`Not supported: ${plural(unsupported.length, 'node')}\n${lines.join('\n')}`);
  }
  return `${parts.join('\n\n')}\n`;
}
