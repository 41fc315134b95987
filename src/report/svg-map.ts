import type { BufferReport, PlanReport } from './plan.ts';
import { byteTicks, fitted, lineAt, number, textAt, textWidth, xmlText } from './svg-text.ts';
import { count, plural } from './table.ts';

/** Where a picture is drawn: the axes' rectangle. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const labelSize = 11;
const smallSize = 10;

/** Kinds of buffers as the legend names them. */
const kinds: readonly { readonly kind: BufferReport['kind']; readonly text: string }[] = [
  { kind: 'input', text: 'input' },
  { kind: 'tensor', text: 'whole tensor' },
  { kind: 'ring', text: 'rows in a ring' },
  { kind: 'scratch', text: 'scratch' },
  { kind: 'output', text: 'output' },
];

/** The arena over time: a rectangle a buffer. A stage is as wide as the layers in it, but one step. */
export function memoryMap(report: PlanReport, frame: Frame): string {
  const { left, top, width, height } = frame;
  const { steps, buffers, arenaBytes, regions } = report;
  const layers = Math.max(
    1,
    steps.reduce((sum, step) => sum + step.layers.length, 0),
  );
  const starts = [0];
  for (const step of steps) starts.push((starts.at(-1) as number) + step.layers.length);
  const x = (step: number): number => left + ((starts[step] as number) / layers) * width;
  const ceiling = top + 14;
  const y = (bytes: number): number => top + height - (bytes / Math.max(1, arenaBytes)) * (height - 14);

  const grid = byteTicks(arenaBytes).flatMap((bytes) => [
    lineAt(left, y(bytes), left + width, y(bytes), 'grid'),
    textAt(left - 8, y(bytes) + 3.5, count(bytes), { size: smallSize, anchor: 'end', className: 'soft' }),
  ]);
  // Regions lie one above the other.
  const start = (region: number): number => regions.slice(0, region).reduce((sum, { bytes }) => sum + bytes, 0);
  const borders = regions.slice(1).map((_, index) => {
    const border = y(start(index + 1));
    return lineAt(left, border, left + width, border, 'axis');
  });
  const places = buffers.map((buffer): Frame => {
    const [from, to] = [x(buffer.first), x(buffer.last + 1)];
    const at = start(buffer.region) + buffer.offset;
    const [above, below] = [y(at + buffer.bytes), y(at)];
    return { left: from, top: above, width: to - from, height: below - above };
  });
  const rectangles = buffers.map((buffer, index) => {
    const place = places[index] as Frame;
    const life = buffer.first === buffer.last ? `step ${buffer.first}` : `steps ${buffer.first} to ${buffer.last}`;
    return `<g><title>${xmlText(`${buffer.name}: ${plural(buffer.bytes, 'byte')} at ${count(buffer.offset)}${regions.length === 1 ? '' : ` of ${regions[buffer.region]?.memory}`}, ${life}`)}</title>
<rect x="${number(place.left)}" y="${number(place.top)}" width="${number(place.width)}" height="${number(place.height)}" class="buffer ${buffer.kind}"/>${bufferLabel(buffer, visiblePart(place, places.slice(index + 1)))}</g>`;
  });
  const parts = regions.map(({ memory, bytes }) => `${memory} ${count(bytes)}`);
  const peak = `arena ${count(arenaBytes)} bytes${parts.length > 1 ? `; from below ${parts.join(', ')}` : ''}`;
  const peakLine = [
    lineAt(left, ceiling, left + width, ceiling, 'peak'),
    textAt(left + width, ceiling - 5, peak, { size: labelSize, anchor: 'end', className: 'strong' }),
  ];
  const axis = lineAt(left, top + height, left + width, top + height, 'axis');
  const title = textAt(left - 66, top + height / 2, 'bytes of the arena', {
    size: labelSize,
    anchor: 'middle',
    className: 'soft',
    turned: true,
  });
  return [
    ...grid,
    ...rectangles,
    ...borders,
    axis,
    ...peakLine,
    title,
    ...stepAxis(report, frame, x),
    ...legend(report, frame),
  ].join('\n');
}

/** A part of a rectangle, a large one, that those drawn over it leave free: an output may lie over a dying input. */
function visiblePart(place: Frame, over: readonly Frame[]): Frame {
  let part = place;
  for (const other of over) {
    const [right, bottom] = [part.left + part.width, part.top + part.height];
    const [otherRight, otherBottom] = [other.left + other.width, other.top + other.height];
    if (other.left >= right || otherRight <= part.left || other.top >= bottom || otherBottom <= part.top) continue;
    const strips: readonly Frame[] = [
      { ...part, width: Math.max(0, other.left - part.left) },
      { ...part, left: otherRight, width: Math.max(0, right - otherRight) },
      { ...part, height: Math.max(0, other.top - part.top) },
      { ...part, top: otherBottom, height: Math.max(0, bottom - otherBottom) },
    ];
    part = strips.reduce((best, strip) => (strip.width * strip.height > best.width * best.height ? strip : best));
  }
  return part;
}

/** The name of a buffer and its bytes, in its rectangle: in lines, or upwards where it is narrow, as far as there is room. */
function bufferLabel({ name, bytes }: BufferReport, { left, top, width, height }: Frame): string {
  const size = `${count(bytes)} B`;
  const fits = (text: string, room: number): boolean => textWidth(text, smallSize) <= room - 8;
  const middle = top + height / 2;
  const lines = (...texts: readonly string[]): string =>
    texts
      .map((text, index) =>
        textAt(left + 4, middle + 3.5 + 12 * (index - (texts.length - 1) / 2), text, {
          size: smallSize,
          className: 'on',
        }),
      )
      .join('');
  const upwards = (...texts: readonly string[]): string =>
    texts
      .map((text, index) =>
        textAt(left + width / 2 + 3.5 + 12 * (index - (texts.length - 1) / 2), top + height - 4, text, {
          size: smallSize,
          className: 'on',
          turned: true,
        }),
      )
      .join('');
  if (height >= 30 && fits(name, width) && fits(size, width)) return lines(name, size);
  if (height >= 12 && fits(`${name}  ${size}`, width)) return lines(`${name}  ${size}`);
  if (width >= 27 && fits(name, height)) return upwards(name, size);
  if (width >= 13 && fits(name, height)) return upwards(name);
  if (height >= 12 && fits(name, width)) return lines(name);
  const cut = fitted(name, width - 8, smallSize);
  if (height >= 12 && cut.length >= 12) return height >= 30 && fits(size, width) ? lines(cut, size) : lines(cut);
  if (height >= 12 && fits(size, width)) return lines(size);
  return width >= 13 && fits(size, height) ? upwards(size) : '';
}

/** Below the axis: stages as bars, single layers by their number where there is room. */
function stepAxis(
  { steps }: PlanReport,
  { left, top, width, height }: Frame,
  x: (step: number) => number,
): readonly string[] {
  const base = top + height + 6;
  let free = left - 6;
  const marks = steps.flatMap((step, index) => {
    const [from, to] = [x(index), x(index + 1)];
    const [first, last] = [step.layers[0], step.layers.at(-1)];
    const middle = (from + to) / 2;
    if (step.kind === 'stage') {
      const labels =
        first === last
          ? [`stage ${index}: layer ${first}`, `layer ${first}`, `${first}`]
          : [
              `stage ${index}: layers ${first} to ${last}`,
              `layers ${first} to ${last}`,
              `${first} to ${last}`,
              `${first}-${last}`,
            ];
      const label = labels.find((text) => textWidth(text, smallSize) <= to - from - 6) ?? '';
      free = to;
      return [
        `<rect x="${number(from + 1)}" y="${base}" width="${number(to - from - 2)}" height="16" rx="3" class="stage"/>`,
        textAt(middle, base + 11.5, label, { size: smallSize, anchor: 'middle' }),
      ];
    }
    const label = String(first);
    const half = textWidth(label, smallSize) / 2 + 1;
    const nextStage = steps.findIndex((other, position) => position > index && other.kind === 'stage');
    const end = nextStage < 0 ? left + width + 12 : x(nextStage);
    if (middle - half < free || middle + half > end) return [];
    free = middle + half;
    return [textAt(middle, base + 11.5, label, { size: smallSize, anchor: 'middle', className: 'soft' })];
  });
  const title = textAt(left + width / 2, base + 34, 'steps: stages, and single layers by their number', {
    size: labelSize,
    anchor: 'middle',
    className: 'soft',
  });
  return [...marks, title];
}

function legend({ buffers }: PlanReport, { left, top, width, height }: Frame): readonly string[] {
  const shown = kinds.filter(({ kind }) => buffers.some((buffer) => buffer.kind === kind));
  let at = left + width / 2 - shown.reduce((sum, { text }) => sum + textWidth(text, labelSize) + 34, 0) / 2;
  return shown.flatMap(({ kind, text }) => {
    const from = at;
    at += textWidth(text, labelSize) + 34;
    return [
      `<rect x="${number(from)}" y="${top + height + 52}" width="11" height="11" class="buffer ${kind}"/>`,
      textAt(from + 16, top + height + 61.5, text, { size: labelSize }),
    ];
  });
}
