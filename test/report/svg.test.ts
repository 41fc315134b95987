import { describe, expect, it } from 'vitest';
import type { OverviewReport } from '../../src/report/overview.ts';
import type { BufferReport, PlanReport } from '../../src/report/plan.ts';
import { planSvg } from '../../src/report/svg.ts';
import { fitted, textWidth, xmlText } from '../../src/report/svg-text.ts';
import { randomFrom } from '../support/random.ts';

const hostile = '</text><script>alert("1")</script>&amp;\u0000\u001b[31m\ud800 \u202e\'';

const buffer = (name: string, offset: number, bytes: number, first: number, last: number): BufferReport => ({
  ...{ name, kind: 'tensor', region: 0, offset, bytes, first, last },
});

function overview(buffers: readonly BufferReport[], layersOfSteps: readonly number[], plans: number): OverviewReport {
  let next = 0;
  const steps = layersOfSteps.map((size): PlanReport['steps'][number] => {
    const layers = Array.from({ length: size }, () => next++);
    return { kind: size > 1 ? 'stage' : 'call', layers, fetched: [], handed: [], rings: [] };
  });
  const arenaBytes = Math.max(0, ...buffers.map(({ offset, bytes }) => offset + bytes));
  const report: PlanReport = {
    ...{ inputs: [], outputs: [], constantBytes: 0, macs: 0, core: null, rewritings: [], planar: [], layers: [] },
    ...{ arenaBytes, allocationBound: arenaBytes, steps, buffers },
    regions: [{ memory: null, speed: null, bytes: arenaBytes, bound: arenaBytes }],
  };
  return {
    model: { file: hostile },
    options: { input: 'stream', output: 'resident' },
    plans: Array.from({ length: plans }, (_, index) => ({
      ...{
        arenaBytes: 100_000 >> index,
        macs: 1,
        macsRatio: 1,
        relativeTime: 1 + 0.0003 * index * index,
        kernelCalls: 1,
      },
      ...{
        estimatedInstructions: null,
        estimatedCycles: null,
        constantBytes: 1,
        steps: 1,
        stages: 0,
        isDefault: index === 2,
        isChosen: index === 1,
      },
    })),
    chosen: report,
    ends: [],
    warnings: [],
  };
}

/** The elements of a picture by name; throws where tags do not match or a character is not one of XML. */
function elementsOf(svg: string): readonly string[] {
  const open: string[] = [];
  const found: string[] = [];
  const rest = svg.replace(
    /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g,
    (_, close: string, name: string, __, empty: string) => {
      if (close === '/') expect(open.pop()).toBe(name);
      else {
        found.push(name);
        if (empty === '') open.push(name);
      }
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<]/);
  expect(rest.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toMatch(/&/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that must not be there
  expect(svg).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
  expect(svg.isWellFormed()).toBe(true);
  return found;
}

interface Label {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly text: string;
}

/** Where the texts of a picture stand, by their stated sizes. */
function labelsOf(svg: string): readonly Label[] {
  return [
    ...svg.matchAll(
      /<text x="([\d.]+)" y="([\d.]+)" font-size="(\d+)" text-anchor="(\w+)"[^>]*?( transform="[^"]*")?>([^<]*)</g,
    ),
  ].map(([, x = '', y = '', size = '', anchor, turned, text = '']): Label => {
    const length = textWidth(text, Number(size));
    const before = anchor === 'end' ? length : anchor === 'middle' ? length / 2 : 0;
    const [across, down, high] = [Number(x), Number(y), 0.72 * Number(size)];
    return turned === undefined
      ? { left: across - before, right: across - before + length, top: down - high, bottom: down, text }
      : { left: across - high, right: across, top: down + before - length, bottom: down + before, text };
  });
}

function overlaps(labels: readonly Label[]): readonly string[] {
  return labels.flatMap((a, index) =>
    labels
      .slice(index + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `${a.text} | ${b.text}`),
  );
}

describe('pictures of plans', () => {
  it('are XML, whatever a model calls its tensors', () => {
    const svg = planSvg(overview([buffer(hostile, 0, 64, 0, 1), buffer('plain', 64, 32, 1, 1)], [3, 1], 4));
    const elements = elementsOf(svg);
    expect(elements).not.toContain('script');
    expect(svg).toContain('&lt;script&gt;');
    expect(xmlText(hostile)).toContain('\ufffd[31m\ufffd');
  });

  it('write no label upon another, inside the picture', () => {
    const random = randomFrom(3);
    for (let round = 0; round < 60; round += 1) {
      const steps = Array.from({ length: 1 + Math.floor(random() * 60) }, () =>
        random() < 0.2 ? 2 + Math.floor(random() * 9) : 1,
      );
      let offset = 0;
      const buffers = Array.from({ length: 12 }, (_, index) => {
        const bytes = 4 + 4 * Math.floor(random() ** 3 * 5000);
        const first = Math.floor(random() * steps.length);
        const last = first + Math.floor(random() * (steps.length - first));
        offset += bytes;
        return buffer(`tensor_of_layer_${index}`, offset - bytes, bytes, first, last);
      });
      const svg = planSvg(overview(buffers, steps, 1 + Math.floor(random() * 12)));
      elementsOf(svg);
      const labels = labelsOf(svg);
      expect(overlaps(labels)).toEqual([]);
      for (const { left, right, top, bottom } of labels.slice(1)) {
        expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
        expect(right).toBeLessThanOrEqual(1000);
        expect(bottom).toBeLessThanOrEqual(900);
      }
    }
  });

  it('show the memories of an arena one above the other', () => {
    const [below, above] = [buffer('below', 0, 100, 0, 0), { ...buffer('above', 0, 300, 0, 0), region: 1 }];
    const made = overview([below, above], [1, 1], 1);
    const region = (memory: string, bytes: number) => ({ memory, speed: 'usual', bytes, bound: bytes }) as const;
    const regions = [region('DTCM', 100), region('AXI', 300)];
    const svg = planSvg({ ...made, chosen: { ...made.chosen, arenaBytes: 400, regions } });
    elementsOf(svg);
    expect(overlaps(labelsOf(svg))).toEqual([]);
    expect(svg).toContain('arena 400 bytes; from below DTCM 100, AXI 300');
    expect(svg).toContain('above: 300 bytes at 0 of AXI');
    const [first, second] = [
      ...svg.matchAll(/<rect x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)" class="buffer/g),
    ];
    expect(Number(second?.[1]) + Number(second?.[2])).toBeCloseTo(Number(first?.[1]), 0);
  });

  it('label what is chosen and what is the default, however dense the points are', () => {
    const made = overview([buffer('x', 0, 8, 0, 0)], [1], 30);
    const plans = made.plans.map((plan, index) => ({
      ...plan,
      ...{ arenaBytes: 50_000 - 150 * index, relativeTime: 1 + 0.01 * index },
      ...{ isDefault: index === 12, isChosen: index === 15 },
    }));
    const svg = planSvg({ ...made, plans });
    expect(svg).toContain('>48,200 (default)<');
    expect(svg).toContain('>47,750 (chosen)<');
    expect(overlaps(labelsOf(svg))).toEqual([]);
  });

  it('write a name where no other buffer is drawn over it', () => {
    // The second lies over the right half of the first.
    const svg = planSvg(overview([buffer('first', 0, 100, 0, 1), buffer('second', 0, 100, 1, 1)], [1, 1], 1));
    const [left, right] = [...svg.matchAll(/class="buffer tensor"\/><text x="([\d.]+)"/g)].map(([, x]) => Number(x));
    expect(left).toBeLessThan(right as number);
    const hidden = planSvg(overview([buffer('first', 0, 100, 0, 0), buffer('second', 0, 100, 0, 0)], [1], 1));
    expect(labelsOf(hidden).map(({ text }) => text)).not.toContain('first');
    const above = labelsOf(planSvg(overview([buffer('first', 0, 100, 0, 0), buffer('second', 0, 60, 0, 0)], [1], 1)));
    const bottom = (name: string): number => above.find(({ text }) => text === name)?.bottom as number;
    expect(bottom('first')).toBeLessThan(bottom('second') - 100);
  });

  it('name the one layer of a stage', () => {
    const made = overview([buffer('x', 0, 8, 0, 0)], [1], 1);
    const steps = made.chosen.steps.map((step) => ({ ...step, kind: 'stage' as const }));
    expect(planSvg({ ...made, chosen: { ...made.chosen, steps } })).toContain('>stage 0: layer 0<');
  });

  it('draw what has no step and no byte', () => {
    elementsOf(planSvg(overview([], [], 0)));
    elementsOf(planSvg(overview([buffer('x', 0, 0, 0, 0)], [1], 1)));
  });

  it('cut text in its middle', () => {
    expect(fitted('abcdefghij', 10 * 6.5, 10)).toBe('abcdefghij');
    expect(fitted('abcdefghij', 7 * 6.5, 10)).toBe('abc…hij');
    expect(fitted('abcdefghij', 3 * 6.5, 10)).toBe('');
  });
});
