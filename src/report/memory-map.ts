import type { BufferReport, PlanReport } from './plan.ts';
import { count, tableText } from './table.ts';

/** Columns that the map takes at most; where there are more steps, each stands for several. */
const mostColumns = 72;

interface Line {
  readonly memory: string;
  readonly offset: string;
  readonly bytes: string;
  readonly map: string;
  readonly name: string;
}

/** The arena over time: a line a buffer, a column a step, and the bytes in use in tenths of the most. */
export function memoryMapText({ buffers, steps, allocationBound, regions }: PlanReport): string {
  const perColumn = Math.max(1, Math.ceil(steps.length / mostColumns));
  const columns = Array.from({ length: Math.ceil(steps.length / perColumn) }, (_, column) => ({
    first: column * perColumn,
    last: Math.min(steps.length, (column + 1) * perColumn) - 1,
  }));
  const lines = [...buffers]
    .sort((a, b) => a.first - b.first || a.region - b.region || a.offset - b.offset)
    .map(
      (buffer): Line => ({
        memory: regions[buffer.region]?.memory ?? '',
        offset: count(buffer.offset),
        bytes: count(buffer.bytes),
        map: columns.map(({ first, last }) => (buffer.first <= last && first <= buffer.last ? '#' : '.')).join(''),
        name: buffer.name,
      }),
    );
  const live = steps.map((_, step) => liveBytes(buffers, step));
  const tenths = columns.map(({ first, last }) => {
    const most = Math.max(...live.slice(first, last + 1));
    return String(Math.min(9, Math.floor((10 * most) / Math.max(1, allocationBound))));
  });
  const title = perColumn === 1 ? 'steps' : `steps, ${perColumn} a column`;
  return tableText(
    [
      ...(regions.length > 1 ? [{ title: 'memory', align: 'left', text: (line: Line) => line.memory } as const] : []),
      { title: 'offset', align: 'right', text: (line) => line.offset },
      { title: 'bytes', align: 'right', text: (line) => line.bytes },
      { title, align: 'left', text: (line) => line.map },
      { title: 'buffer', align: 'left', text: (line) => line.name },
    ],
    [...lines, { memory: '', offset: '', bytes: '', map: tenths.join(''), name: 'in use, in tenths of the most' }],
    mostColumns,
  );
}

/** The bytes that the buffers that live at a step take: where an output lies over an input, both take them once. */
export function liveBytes(buffers: readonly BufferReport[], step: number): number {
  const live = buffers
    .filter(({ first, last }) => first <= step && step <= last)
    .sort((a, b) => a.region - b.region || a.offset - b.offset);
  let [place, end] = [0, 0];
  return live.reduce((sum, { region, offset, bytes }) => {
    if (region !== place) [place, end] = [region, 0];
    const taken = Math.max(0, offset + bytes - Math.max(offset, end));
    end = Math.max(end, offset + bytes);
    return sum + taken;
  }, 0);
}
