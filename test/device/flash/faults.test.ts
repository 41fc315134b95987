import { describe, expect, it } from 'vitest';
import { fittedImage } from '../../../src/device/flash/geometry.ts';
import { meanings } from '../../../src/device/flash/ledger.ts';
import { programDevice } from '../../../src/device/flash/program.ts';
import { exitCode, TesseraError } from '../../../src/errors.ts';
import { createDice, type Dice, randomFrom } from '../../support/random.ts';
import { createTestDevice, expectedMemory, firmware, geometry } from './device.ts';
import type { StepFault } from './emulator.ts';
import { createVirtualLink, type LineFault } from './virtual-link.ts';

/** What is done to one run. */
interface Fault {
  readonly kind: string;
  readonly line: readonly LineFault[];
  readonly step: { readonly at: number; readonly fault: StepFault } | null;
}

const lineFault =
  (kind: LineFault['kind'], direction: LineFault['direction']) =>
  (at: number, dice: Dice): Fault => ({
    kind: `${kind} ${direction}`,
    line: [{ kind, direction, at, bits: dice.integer(1, 255) }],
    step: null,
  });

const stepFault =
  (kind: string, make: (dice: Dice) => StepFault) =>
  (at: number, dice: Dice): Fault => ({ kind, line: [], step: { at, fault: make(dice) } });

/** Faults of a byte on the line, in either direction. */
const ofBytes = (['lost', 'corrupted', 'hang-up'] as const).flatMap((kind) => [
  { direction: 'to-device', make: lineFault(kind, 'to-device') },
  { direction: 'to-host', make: lineFault(kind, 'to-host') },
]);

/** Faults of an answer of the device. */
const ofSteps = [
  stepFault('NACK instead of doing it', () => ({ kind: 'nack', when: 'before' })),
  stepFault('NACK after doing it', () => ({ kind: 'nack', when: 'after' })),
  stepFault('busy for a while', (dice) => ({ kind: 'busy', count: dice.integer(1, 20), interval: 400 })),
  stepFault('busy for ever', () => ({ kind: 'busy', count: 400, interval: 400 })),
  stepFault('stall', (dice) => ({ kind: 'stall', milliseconds: dice.integer(200, 15_000) })),
  stepFault('stall for ever', () => ({ kind: 'stall', milliseconds: 1e9 })),
  stepFault('reset', () => ({ kind: 'reset' })),
];

const byMeaning = new Map(Object.entries(meanings).map(([knowledge, text]) => [text, knowledge]));

/** Quicker than toEqual, for some thousands of comparisons. */
function expectSame(found: Uint8Array, wanted: Uint8Array): void {
  expect(Buffer.compare(found, wanted)).toBe(0);
}

/** Holds what an error says of the device against the device. */
function checkStatement(message: string, memory: Uint8Array, before: Uint8Array, wanted: Uint8Array): void {
  if (/Nothing on the device was changed/.test(message)) {
    expectSame(memory, before);
    return;
  }
  const ranges = [...message.matchAll(/^ {2}(0x[0-9a-f]{8}) to (0x[0-9a-f]{8}) {2}(.+)$/gm)];
  expect(ranges.length).toBeGreaterThan(0);
  let end = geometry.base;
  for (const [, from = '', to = '', meaning = ''] of ranges) {
    expect(Number(from)).toBe(end);
    end = Number(to) + 1;
    const part = (bytes: Uint8Array): Uint8Array => bytes.subarray(Number(from) - geometry.base, end - geometry.base);
    const knowledge = byMeaning.get(meaning);
    if (knowledge === 'untouched') expectSame(part(memory), part(before));
    else if (knowledge === 'erased') expectSame(part(memory), new Uint8Array(part(memory).length).fill(0xff));
    else if (knowledge === 'written' || knowledge === 'verified') expectSame(part(memory), part(wanted));
    else expect(knowledge).toBe('unknown');
  }
  expect(message).toMatch(/The rest of the flash is as it was before\.$/);
  expectSame(memory.subarray(end - geometry.base), before.subarray(end - geometry.base));
}

type Ending = 'no retry' | 'mended' | 'reported';

/** One run with its fault; throws where it ends in anything but success, or an error that is true. */
async function run(fault: Fault, seed: number): Promise<Ending> {
  const image = firmware(1400, seed);
  const { device, memory, before } = createTestDevice(
    {
      erase: seed % 2 === 0 ? 'extended' : 'plain',
      faultAt: (step) => (step === fault.step?.at ? fault.step.fault : null),
    },
    { programming: seed % 3 === 0 ? 'refuse' : 'and' },
  );
  const { link, now } = createVirtualLink(device, fault.line);
  const wanted = expectedMemory(before, image);
  try {
    const { retries } = await programDevice(link, geometry, fittedImage(geometry, image, 'image'), { now });
    expectSame(memory.bytes, wanted);
    expect(device.started()).toBe(geometry.base);
    return retries === 0 ? 'no retry' : 'mended';
  } catch (error) {
    if (!(error instanceof TesseraError)) throw error;
    expect(error.code).toBe(exitCode.device);
    expect(error.message).not.toBe('');
    checkStatement(error.message, memory.bytes, before, wanted);
    if (device.started() !== null) expect(error.message).toMatch(/whether it has started is not known/);
    return 'reported';
  }
}

/** How many bytes and answers a run without a fault has. */
async function lengths(
  seed: number,
): Promise<{ readonly toDevice: number; readonly toHost: number; readonly steps: number }> {
  const { device } = createTestDevice({ erase: seed % 2 === 0 ? 'extended' : 'plain' });
  const { link, now, counts } = createVirtualLink(device);
  await programDevice(link, geometry, fittedImage(geometry, firmware(1400, seed), 'image'), { now });
  return { ...counts(), steps: device.steps() };
}

type Tally = Map<string, Record<Ending, number>>;

function count(tally: Tally, kind: string, ending: Ending): void {
  const row = tally.get(kind) ?? { 'no retry': 0, mended: 0, reported: 0 };
  row[ending] += 1;
  tally.set(kind, row);
}

function print(tally: Tally): void {
  const rows = [...tally].map(([kind, { 'no retry': none, mended, reported }]) =>
    [kind.padEnd(26), ...[none, mended, reported].map((number) => `${number}`.padStart(10))].join(''),
  );
  const head = ['fault'.padEnd(26), ...['no retry', 'mended', 'reported'].map((title) => title.padStart(10))].join('');
  console.log([head, ...rows].join('\n'));
}

describe('faults while flashing', () => {
  it('at every step end in the right memory, or in an error that is true of the device', async () => {
    const tally: Tally = new Map();
    let runs = 0;
    for (const seed of [1, 2]) {
      const { steps } = await lengths(seed);
      for (let at = 0; at < steps; at += 1) {
        for (const [index, make] of ofSteps.entries()) {
          const fault = make(at, createDice(randomFrom(seed * 100_000 + at * 10 + index)));
          count(tally, fault.kind, await run(fault, seed));
          runs += 1;
        }
      }
    }
    for (let seed = 3; seed < 1203; seed += 1) {
      const dice = createDice(randomFrom(seed));
      const total = await lengths(seed % 7);
      const { direction, make } = dice.pick(ofBytes);
      const fault = make(dice.integer(0, (direction === 'to-device' ? total.toDevice : total.toHost) - 1), dice);
      count(tally, fault.kind, await run(fault, seed % 7));
      runs += 1;
    }
    print(tally);
    expect(runs).toBeGreaterThan(500);
    const sum = [...tally.values()].reduce((a, row) => a + row['no retry'] + row.mended + row.reported, 0);
    expect(sum).toBe(runs);
    // What the protocol allows to mend is mended.
    for (const kind of ['NACK instead of doing it', 'NACK after doing it', 'busy for a while']) {
      expect([kind, tally.get(kind)?.reported]).toEqual([kind, 0]);
    }
    // A single byte spoils nothing, but for one that spoils the speed, or the very last answer.
    for (const kind of ['lost', 'corrupted'].flatMap((what) => [`${what} to-device`, `${what} to-host`])) {
      const row = tally.get(kind) ?? { 'no retry': 0, mended: 0, reported: 1 };
      expect(row['no retry'] + row.mended, kind).toBeGreaterThan(50 * row.reported);
    }
  }, 120_000);

  it('in twos do so too', async () => {
    const tally: Tally = new Map();
    for (let seed = 0; seed < 400; seed += 1) {
      const dice = createDice(randomFrom(5_000_000 + seed));
      const { toDevice, toHost, steps } = await lengths(seed % 5);
      const { direction, make } = dice.pick(ofBytes.slice(0, 4));
      const first = make(dice.integer(0, (direction === 'to-device' ? toDevice : toHost) - 1), dice);
      const second = dice.pick(ofSteps)(dice.integer(0, steps - 1), dice);
      const fault: Fault = { kind: `${first.kind} and more`, line: first.line, step: second.step };
      count(tally, fault.kind, await run(fault, seed % 5));
    }
    print(tally);
    expect([...tally.values()].reduce((a, row) => a + row['no retry'] + row.mended + row.reported, 0)).toBe(400);
  }, 120_000);
});
