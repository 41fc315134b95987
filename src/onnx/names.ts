import type { Graph, Port } from '../graph/types.ts';
import { maxNameLength, printable } from './problems.ts';

/**
 * Gives tensors the names that ONNX has for them, as they may go to a terminal or into a file, and drops constants that
 * nothing uses.
 * @param onnxNames the names to give, by the present name; the ports' tensors are renamed with the others.
 */
export function nameTensors(graph: Graph, onnxNames: ReadonlyMap<string, string>): Graph {
  const used = new Set([
    ...[...graph.inputs, ...graph.outputs].map((port) => port.tensor),
    ...graph.nodes.flatMap((node) => [...node.inputs, node.output]),
  ]);
  const kept = [...graph.tensors.values()].filter((tensor) => used.has(tensor.name));
  const taken = new Set<string>();
  const renamed = new Map<string, string>();
  const lastSuffix = new Map<string, number>();
  const claim = (tensor: string, wanted: string): void => {
    const name = printable(wanted, maxNameLength);
    let free = name;
    let suffix = lastSuffix.get(name) ?? 1;
    while (taken.has(free)) free = `${name}#${++suffix}`;
    lastSuffix.set(name, suffix);
    taken.add(free);
    renamed.set(tensor, free);
  };
  for (const { name } of kept) {
    const onnxName = onnxNames.get(name);
    if (onnxName !== undefined) claim(name, onnxName);
  }
  // A number that kept it apart from a tensor that is gone now is not needed any more.
  for (const { name } of kept) if (!renamed.has(name)) claim(name, name.replace(/#\d+$/, ''));

  const nameOf = (name: string): string => renamed.get(name) ?? name;
  const port = (old: Port): Port => ({ ...old, tensor: nameOf(old.tensor) });
  return {
    name: graph.name,
    inputs: graph.inputs.map(port),
    outputs: graph.outputs.map(port),
    tensors: new Map(kept.map((tensor) => [nameOf(tensor.name), { ...tensor, name: nameOf(tensor.name) }])),
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((input) => (input === null ? null : nameOf(input))),
      output: nameOf(node.output),
    })),
  };
}
