import type { ChoiceReport, OverviewReport } from './overview.ts';
import { type Frame, memoryMap } from './svg-map.ts';
import { lineAt, number, textAt, textWidth, xmlText } from './svg-text.ts';
import { count } from './table.ts';

const width = 1000;
const height = 900;
const front: Frame = { left: 86, top: 108, width: 880, height: 246 };
const map: Frame = { left: 86, top: 456, width: 880, height: 360 };

/** Colours of light and dark pages; those of buffers are told apart by people who see few colours. After Okabe and Ito. */
const style = `text{font-family:system-ui,"Segoe UI","DejaVu Sans",sans-serif;fill:#1f2328}
.soft{fill:#59636e}.strong{font-weight:600}.on{fill:#14181d}
.page{fill:#fff}.grid{stroke:#d8dee4}.axis{stroke:#8c959f}.peak{stroke:#c2410c;stroke-width:1.5;stroke-dasharray:6 4}
.buffer{stroke:#fff;stroke-width:1}.input{fill:#a6d8f2}.tensor{fill:#f6d38b}.ring{fill:#8fd6bd}.scratch{fill:#d3d8de}.output{fill:#eab3d2}
.stage{fill:#d9f0e7;stroke:#3d9a78}.front{fill:none;stroke:#3d9a78;stroke-width:1.5}
.point{fill:#3d9a78;stroke:#fff;stroke-width:1.5}.marked{fill:#c2410c;stroke:#fff;stroke-width:1.5}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.soft{fill:#9198a1}.on{fill:#0d1117}
.page{fill:#0d1117}.grid{stroke:#2a313c}.axis{stroke:#656d76}.peak{stroke:#fb923c}
.buffer{stroke:#0d1117}.stage{fill:#12392d;stroke:#5fc2a0}.front{stroke:#5fc2a0}.point{fill:#5fc2a0;stroke:#0d1117}.marked{fill:#fb923c;stroke:#0d1117}}`;

/** A picture of the plans that a model can have, and of the arena of the chosen one over time: an SVG file. */
export function planSvg(overview: OverviewReport): string {
  const { model, plans, chosen, options } = overview;
  const input = options.input === 'stream' ? 'input fetched row by row' : 'input resident';
  const output = options.output === 'stream' ? ', output handed over row by row' : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${xmlText(`Plans of ${model.file}`)}</title>
<style>${style}</style>
<rect width="${width}" height="${height}" class="page"/>
${textAt(24, 36, model.file.length > 80 ? `${model.file.slice(0, 79)}…` : model.file, { size: 18, className: 'strong' })}
${textAt(24, 58, `${input}${output}; the chosen plan needs ${count(chosen.arenaBytes)} bytes of arena`, { size: 12, className: 'soft' })}
${textAt(24, front.top - 20, 'SRAM and time of the plans', { size: 13, className: 'strong' })}
${frontPicture(plans, front)}
${textAt(24, map.top - 8, 'The arena of the chosen plan over time', { size: 13, className: 'strong' })}
${memoryMap(chosen, map)}
</svg>
`;
}

/** SRAM over estimated time. The staircase is what can be had: below and left of it there is no plan. */
function frontPicture(plans: readonly ChoiceReport[], { left, top, width: across, height: down }: Frame): string {
  const times = plans.map(({ relativeTime }) => relativeTime);
  const slowest = Math.max(1.002, ...times);
  const fastest = Math.min(1, ...times);
  // Each doubling takes the same room: the plans that save most lie close together otherwise.
  const bytes = plans.map(({ arenaBytes }) => Math.log2(Math.max(1, arenaBytes)));
  const low = Math.floor(Math.min(...bytes) - 0.15);
  const high = Math.max(low + 1, Math.max(...bytes) + 0.15);
  const x = (time: number): number => left + 12 + ((time - fastest) / (slowest - fastest)) * (across - 24);
  const y = (value: number): number => top + down - ((Math.log2(Math.max(1, value)) - low) / (high - low)) * down;
  const grid = Array.from({ length: Math.floor(high) - low + 1 }, (_, index) => 2 ** (low + index)).flatMap((value) => [
    lineAt(left, y(value), left + across, y(value), 'grid'),
    textAt(left - 8, y(value) + 3.5, count(value), { size: 10, anchor: 'end', className: 'soft' }),
  ]);
  const ticks = timeTicks(fastest, slowest).map((time) =>
    textAt(x(time), top + down + 17, time.toFixed(3), { size: 10, anchor: 'middle', className: 'soft' }),
  );
  const points = [...plans].sort((a, b) => a.relativeTime - b.relativeTime || b.arenaBytes - a.arenaBytes);
  const path = points.map(({ relativeTime, arenaBytes }, index) =>
    index === 0
      ? `M${number(x(relativeTime))} ${number(y(arenaBytes))}`
      : `H${number(x(relativeTime))}V${number(y(arenaBytes))}`,
  );
  const dots = points.map((plan) => {
    const marked = plan.isChosen || plan.isDefault;
    const title = `${count(plan.arenaBytes)} bytes, time ${plan.relativeTime.toFixed(3)} (estimate), ${count(plan.kernelCalls)} kernel calls`;
    return `<circle cx="${number(x(plan.relativeTime))}" cy="${number(y(plan.arenaBytes))}" r="${marked ? 6 : 4}" class="${marked ? 'marked' : 'point'}"><title>${title}</title></circle>`;
  });
  return [
    ...grid,
    lineAt(left, top + down, left + across, top + down, 'axis'),
    ...ticks,
    `<path d="${path.join('')}" class="front"/>`,
    ...dots,
    ...pointLabels(points, x, y, { left, top: top - 10, right: left + across, bottom: top + down }),
    textAt(left + across / 2, top + down + 38, 'time, to that of layer by layer (estimate)', {
      size: 11,
      anchor: 'middle',
      className: 'soft',
    }),
    textAt(left - 66, top + down / 2, 'bytes of SRAM', { size: 11, anchor: 'middle', className: 'soft', turned: true }),
  ].join('\n');
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Labels of the points, those that are marked first, where none lies upon another label or point. Where points are dense,
 * one that is marked has its label upon them rather than none.
 */
function pointLabels(
  points: readonly ChoiceReport[],
  x: (time: number) => number,
  y: (bytes: number) => number,
  room: Box,
): readonly string[] {
  const taken: Box[] = points.map(({ relativeTime, arenaBytes }) => {
    const [cx, cy] = [x(relativeTime), y(arenaBytes)];
    return { left: cx - 6, top: cy - 6, right: cx + 6, bottom: cy + 6 };
  });
  points.slice(1).forEach((plan, index) => {
    const before = points[index] as ChoiceReport;
    const [from, to, above, below] = [
      x(before.relativeTime),
      x(plan.relativeTime),
      y(before.arenaBytes),
      y(plan.arenaBytes),
    ];
    taken.push(
      { left: from, top: above - 1, right: to, bottom: above + 1 },
      { left: to - 1, top: above, right: to + 1, bottom: below },
    );
  });
  const labels: Box[] = [];
  const rank = (plan: ChoiceReport): number => (plan.isChosen ? 0 : plan.isDefault ? 1 : 2);
  return [...points]
    .sort((a, b) => rank(a) - rank(b))
    .flatMap((plan) => {
      const words = [...(plan.isDefault ? ['default'] : []), ...(plan.isChosen ? ['chosen'] : [])].join(', ');
      const label = `${count(plan.arenaBytes)}${words === '' ? '' : ` (${words})`}`;
      const size = 10;
      const wide = textWidth(label, size);
      const [cx, cy] = [x(plan.relativeTime), y(plan.arenaBytes)];
      // Right of the point and above it, left, or below: the first that is free.
      const places = [
        { left: cx + 9, top: cy - 15 },
        { left: cx - 9 - wide, top: cy + 4 },
        { left: cx - wide / 2, top: cy + 8 },
        { left: cx + 9, top: cy + 2 },
        { left: cx - 9 - wide, top: cy - 16 },
      ];
      const boxes = places.map((place): Box => ({ ...place, right: place.left + wide, bottom: place.top + size + 3 }));
      const isFree = (one: Box, others: readonly Box[]): boolean =>
        contains(room, one) && !others.some((other) => meet(one, other));
      const box =
        boxes.find((one) => isFree(one, [...taken, ...labels])) ??
        (words === '' ? undefined : boxes.find((one) => isFree(one, labels)));
      if (box === undefined) return [];
      labels.push(box);
      return [textAt(box.left, box.bottom - 3, label, { size, className: words === '' ? 'soft' : 'strong' })];
    });
}

function contains(outer: Box, inner: Box): boolean {
  return (
    outer.left <= inner.left && inner.right <= outer.right && outer.top <= inner.top && inner.bottom <= outer.bottom
  );
}

function meet(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Round values from `from` to `to`, about six. */
function timeTicks(from: number, to: number): readonly number[] {
  const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
  const step = steps.find((one) => (to - from) / one <= 8) ?? 10;
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, index) => (first + index) * step);
}
