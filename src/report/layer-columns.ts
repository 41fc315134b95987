import type { Origin } from '../graph/types.ts';
import { type Column, count, shapeText } from './table.ts';

/** The ONNX nodes that a layer came from, in words; empty where it came from none. */
export function nodesText(nodes: readonly Origin[]): string {
  return nodes.map(({ name, operator }) => name || operator).join(' + ');
}

/** What tables of layers begin with. */
export const layerColumns: readonly Column<{
  readonly index: number;
  readonly nodes: readonly Origin[];
  readonly operator: string;
  readonly shape: readonly number[];
  readonly macs: number;
}>[] = [
  { title: '#', align: 'right', text: ({ index }) => String(index) },
  { title: 'ONNX nodes', align: 'left', text: ({ nodes }) => nodesText(nodes) || '-' },
  { title: 'operator', align: 'left', text: ({ operator }) => operator },
  { title: 'output', align: 'left', text: ({ shape }) => shapeText(shape) },
  { title: 'MACs', align: 'right', text: ({ macs }) => count(macs) },
];
