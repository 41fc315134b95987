import type { Duplex } from 'node:stream';
import { PassThrough, Duplex as Stream } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileModel } from '../../src/api/pipeline.ts';
import { plan as makePlan } from '../../src/compile.ts';
import { deviceError, type Link, streamLink } from '../../src/device/link.ts';
import { measure, spreadOf } from '../../src/device/profile.ts';
import { checked, converse, createLineReader } from '../../src/device/protocol.ts';
import { type DeviceModel, openSession, type Session } from '../../src/device/session.ts';
import { verifySamples } from '../../src/device/verify.ts';
import { elementCount, tensorOf } from '../../src/graph/types.ts';
import { handedOutputs } from '../../src/plan/boundary.ts';
import { evaluateOutputs } from '../../src/plan/evaluate.ts';
import { alignUp, type Plan } from '../../src/plan/types.ts';
import { smallModel } from '../cli/small-model.ts';
import { randomGraph } from '../random/generate.ts';
import { quantizedRandomGraph } from '../random/plans.ts';
import { randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';
import { buildHostFirmware, type HostFirmware, type RunningFirmware } from './support/host-firmware.ts';

const small = compileModel(smallModel, { name: 'small', calibrate: 'random' }).plan;

/** A model of several steps whose input rows are fetched. */
function streamedPlan(): Plan {
  for (let seed = 1; ; seed += 1) {
    const graph = { ...quantizedRandomGraph(randomGraph(seed)).graph, name: `random${seed}` };
    const made = makePlan(graph, { objective: 'sram', input: 'stream' });
    const fetched = made.steps.flatMap((step) => (step.kind === 'stage' ? step.fetched : []));
    if (fetched.length === graph.inputs.length && graph.outputs.length === 1) return made;
  }
}
const streamed = streamedPlan();

/** A model of several outputs, all handed over, one of them by a stage. */
function handingPlan(): Plan {
  for (let seed = 1; ; seed += 1) {
    const graph = { ...quantizedRandomGraph(randomGraph(seed)).graph, name: `random${seed}` };
    const made = makePlan(graph, { objective: 'sram', input: 'stream', output: 'stream' });
    const rows = made.steps.some((step) => step.kind === 'stage' && step.handed.length > 0 && step.fetched.length > 0);
    const isWhole = graph.inputs.length === 1 && rows;
    if (isWhole && graph.outputs.length > 1 && handedOutputs(made).size === graph.outputs.length) return made;
  }
}
const handing = handingPlan();
const handedBytes = handing.graph.outputs.reduce(
  (sum, { tensor }) => sum + elementCount(tensorOf(handing.graph, tensor).shape),
  0,
);

const firmwares: HostFirmware[] = [];
const running: RunningFirmware[] = [];
let both: HostFirmware;
let tight: HostFirmware;

beforeAll(async () => {
  both = await buildHostFirmware([small, streamed]);
  // Without room for a copy of the input.
  tight = await buildHostFirmware([small, streamed], { sramBytes: 0 });
  firmwares.push(both, tight);
}, 120_000);

afterAll(() => {
  for (const { process } of running) process.kill();
  for (const firmware of firmwares) firmware.remove();
});

function start(firmware: HostFirmware): Duplex {
  const started = firmware.start();
  running.push(started);
  return started.stream;
}

const ended = (): ReturnType<typeof deviceError> => deviceError('it has ended');
const linkTo = (stream: Duplex): Link => streamLink('test', stream, ended);

/** What the specification gives for random inputs. */
function sampleOf(plan: Plan, seed: number): { readonly inputs: Int8Array[]; readonly outputs: readonly Int8Array[] } {
  const inputs = randomSteps(plan.graph, randomFrom(seed));
  return { inputs, outputs: evaluateOutputs(plan, inputs) };
}

async function expectSame(session: Session, plan: Plan, seed: number): Promise<void> {
  const { inputs, outputs } = sampleOf(plan, seed);
  await session.run(inputs);
  for (const [index, expected] of outputs.entries()) {
    expect(await session.output(index, expected.length)).toEqual(expected);
  }
}

describe('a session with the firmware', () => {
  it.each([
    ['beside a copy of the input', 2 ** 20, 'copy'],
    ['and nothing else', handing.arenaBytes + handedBytes, 'none'],
  ])(
    'keeps outputs that are handed over, %s',
    async (_, sramBytes, holding) => {
      const firmware = await buildHostFirmware([handing], { sramBytes });
      firmwares.push(firmware);
      const session = await openSession(linkTo(start(firmware)));
      const [model] = session.info.models as [DeviceModel];
      expect(model.holding).toBe(holding);
      await session.select(model);
      expect(await session.selfTest()).toBe(true);
      for (const seed of [1, 2]) await expectSame(session, handing, seed);
      const measured = await measure(session, model, 2);
      // The arena is a multiple of four.
      expect(Math.ceil((measured.memory?.arenaBytes ?? 0) / 4) * 4).toBe(handing.arenaBytes);
    },
    60_000,
  );

  it('learns what runs there', async () => {
    const session = await openSession(linkTo(start(both)));
    expect(session.info).toEqual({
      version: '1.2.3',
      target: 'host',
      unit: 'nanoseconds',
      caches: 'none',
      ticksPerSecond: 1e9,
      marks: true,
      models: [small, streamed].map((plan, index) => ({
        index,
        name: plan.graph.name,
        sha256: 'ab'.repeat(32),
        arenaBytes: plan.arenaBytes,
        inputBytes: sampleOf(plan, 1).inputs.reduce((sum, { length }) => sum + length, 0),
        layers: plan.layers.length,
        holding: 'copy',
      })),
    });
  });

  it.each([
    ['with a copy of the input', () => both, ['copy', 'copy']],
    ['without', () => tight, ['arena', 'none']],
  ] as const)('gives the bytes of the specification, %s', async (_, firmware, holdings) => {
    const session = await openSession(linkTo(start(firmware())));
    expect(session.info.models.map(({ holding }) => holding)).toEqual(holdings);
    for (const [index, plan] of [small, streamed].entries()) {
      await session.select(session.info.models[index] as DeviceModel);
      expect(await session.selfTest()).toBe(true);
      for (const seed of [1, 2, 3]) await expectSame(session, plan, seed);
    }
  });

  it('measures time by layer and what the arena takes', async () => {
    const session = await openSession(linkTo(start(both)));
    for (const [index, plan] of [small, streamed].entries()) {
      const measured = await measure(session, session.info.models[index] as DeviceModel, 5);
      expect(measured).toMatchObject({
        runs: 5,
        selfTest: true,
        memory: { stackBytes: null },
      });
      // The last buffer may not fill its last word.
      expect(alignUp(measured.memory.arenaBytes)).toBe(plan.arenaBytes);
      expect(measured.layers).toHaveLength(plan.layers.length);
      const aliases = plan.layers.map(({ lowering }) => lowering.kind === 'alias');
      for (const [layer, { min, median, max }] of measured.layers.entries()) {
        if (aliases[layer]) expect([min, median, max]).toEqual([0, 0, 0]);
        else expect(min <= median && median <= max).toBe(true);
      }
      expect(measured.total.min).toBeGreaterThan(0);
    }
  });

  it('says which byte differs first', async () => {
    const session = await openSession(linkTo(start(both)));
    const samples = [1, 2, 3].map((seed) => sampleOf(small, seed));
    expect(await verifySamples(session, samples)).toEqual({ samples: 3, bytes: 9, difference: null });
    const wrong = Int8Array.from(samples[1]?.outputs[0] as Int8Array);
    const got = wrong[2] as number;
    wrong[2] = got ^ 1;
    const changed = samples.map((sample, index) => (index === 1 ? { ...sample, outputs: [wrong] } : sample));
    expect(await verifySamples(session, changed)).toEqual({
      samples: 2,
      bytes: 6,
      difference: { sample: 1, output: 0, index: 2, expected: got ^ 1, got },
    });
  });

  it('takes the middle of several times', () => {
    expect(spreadOf([5, 1, 9, 3])).toEqual({ min: 1, median: 3, max: 9 });
  });
});

/** Passes bytes on through `change`, which sees each chunk and its direction. */
function through(stream: Duplex, change: (bytes: Buffer, to: 'board' | 'host') => Buffer): Duplex {
  const up = new PassThrough();
  stream.on('data', (bytes: Buffer) => void up.write(change(bytes, 'host')));
  stream.on('close', () => up.end());
  return Stream.from({
    readable: up,
    writable: new PassThrough().on('data', (bytes: Buffer) => void stream.write(change(bytes, 'board'))),
  });
}

describe('a line that is not perfect', () => {
  it.each([1, 2, 3, 7])('may cut the stream into pieces of %i bytes', async (size) => {
    const stream = start(both);
    const up = new PassThrough();
    stream.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += size) up.write(bytes.subarray(at, at + size));
    });
    const link = linkTo(Stream.from({ readable: up, writable: new PassThrough().on('data', (b) => stream.write(b)) }));
    const session = await openSession(link);
    await expectSame(session, small, 4);
  });

  it('gives the same lines wherever the stream is cut', () => {
    const text = Buffer.from('m-ready\r\nx-run-[12]\r\n\r\n\u0000e-[a]\r\nrest');
    const whole = createLineReader().feed(text);
    expect(whole).toEqual(['m-ready', 'x-run-[12]', '', 'e-[a]']);
    for (let cut = 0; cut <= text.length; cut += 1) {
      const reader = createLineReader();
      expect([...reader.feed(text.subarray(0, cut)), ...reader.feed(text.subarray(cut))]).toEqual(whole);
    }
  });

  it('knows a damaged answer by its checksum, whichever character is wrong', () => {
    const lines = ['x-layer-[0,123,1]', 'x-layer-[1,456,1]'];
    const sum = (given: readonly string[]): boolean =>
      checked({ kind: 'lines', lines: given }, 'x-layers').kind === 'lines';
    const right = [...lines, `x-check-[${rightSum(lines)}]`];
    expect(sum(right)).toBe(true);
    right.forEach((line, index) => {
      for (let at = 0; at < line.length; at += 1) {
        const damaged = `${line.slice(0, at)}${String.fromCharCode(line.charCodeAt(at) ^ 1)}${line.slice(at + 1)}`;
        expect(sum(right.map((other, i) => (i === index ? damaged : other)))).toBe(false);
      }
      expect(sum(right.filter((_, i) => i !== index))).toBe(false);
    });
  });

  it.each(Array.from({ length: 12 }, (_, seed) => seed))(
    'may change, lose and add bytes: right bytes or an error (seed %i)',
    async (seed) => {
      const random = randomFrom(seed + 100);
      let armed = false;
      const noisy = (bytes: Buffer): Buffer => {
        if (!armed || random() > 0.2) return bytes;
        const at = Math.floor(random() * bytes.length);
        const kind = Math.floor(random() * 3);
        if (kind === 0) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        const byte = Buffer.of(Math.floor(random() * 256));
        return Buffer.concat([bytes.subarray(0, at), byte, bytes.subarray(at + (kind === 1 ? 1 : 0))]);
      };
      const link = linkTo(through(start(seed % 2 === 0 ? both : tight), noisy));
      const session = await openSession(link, { line: 200 });
      await session.select(session.info.models[seed % 3 === 0 ? 1 : 0] as DeviceModel);
      const plan = seed % 3 === 0 ? streamed : small;
      armed = true;
      for (let sample = 0; sample < 4; sample += 1) {
        try {
          await expectSame(session, plan, seed * 10 + sample);
        } catch (error) {
          // Wrong bytes would be an AssertionError.
          expect(error).toMatchObject({ name: 'TesseraError', code: 6 });
          await session.conversation.settle();
        }
      }
    },
  );

  it('does not take a late answer for that of another command', async () => {
    const stream = start(both);
    const link = linkTo(stream);
    const session = await openSession(link);
    const { inputs, outputs } = sampleOf(small, 5);
    await session.run(inputs);
    // Somebody has asked for something else, and does not wait for the answer.
    await link.write(Buffer.from('x-out 0 0 1%x-layers%x-out 0 1 1%'));
    expect(await session.output(0, 3)).toEqual(outputs[0]);
    await expectSame(session, small, 6);
  });

  it('says that the port is silent', async () => {
    const silent = linkTo(
      new Stream({ read: () => {}, write: (_bytes: Buffer, _encoding: string, done: () => void) => done() }),
    );
    await expect(openSession(silent, { start: 600 })).rejects.toMatchObject({
      code: 6,
      message: expect.stringMatching(/^test: silent: nothing answered/),
    });
  });

  it('says that something else is there', async () => {
    const echo = Stream.from(async function* (source: AsyncIterable<Buffer>) {
      for await (const bytes of source) yield Buffer.concat([Buffer.from('> '), bytes, Buffer.from('\r\n')]);
    } as never) as Duplex;
    await expect(openSession(linkTo(echo), { start: 600 })).rejects.toMatchObject({
      code: 6,
      message: expect.stringMatching(/does not speak as Tessera's firmware does: "> name%/),
    });
  });

  it.each([
    ['a plug that joins both wires', 'name%name%', (bytes: Buffer) => bytes],
    ['a board that says nothing else', 'm-ready\\r\\n', () => Buffer.from('m-ready\r\n')],
  ])('says that something else is there: %s', async (_, words, answer) => {
    const other = Stream.from(async function* (source: AsyncIterable<Buffer>) {
      for await (const bytes of source) yield answer(bytes);
    } as never) as Duplex;
    await expect(openSession(linkTo(other), { start: 1200 })).rejects.toThrow(
      `does not speak as Tessera's firmware does: "${words}`,
    );
  });

  it('ends where bytes come without end', async () => {
    let timer: NodeJS.Immediate;
    const flood = new Stream({
      read() {
        timer = setImmediate(() => this.push('A'.repeat(64)));
      },
      write: (_bytes: Buffer, _encoding: string, done: () => void) => done(),
      destroy(error, done) {
        clearImmediate(timer);
        done(error);
      },
    });
    const session = openSession(linkTo(flood), { start: 600 });
    await expect(session).rejects.toThrow(`does not speak as Tessera's firmware does: "${'A'.repeat(60)}"`);
    flood.destroy();
  });

  it('says that the firmware is not ours', async () => {
    const other = Stream.from(async function* (source: AsyncIterable<Buffer>) {
      for await (const _ of source) yield Buffer.from('m-name-dut-[somebody]\r\nm-ready\r\n');
    } as never) as Duplex;
    await expect(openSession(linkTo(other), { start: 600 })).rejects.toThrow(
      /the firmware there is "somebody", not Tessera's/,
    );
  });

  it('says what fault has stopped the board', async () => {
    const stream = start(both);
    const link = linkTo(
      through(stream, (bytes, to) => {
        const isRun = to === 'host' && bytes.includes('x-run');
        return isRun ? Buffer.from('\r\ne-[fault: status 00000400, address 0]\r\nm-ready\r\n') : bytes;
      }),
    );
    const session = await openSession(link);
    await expect(session.run()).rejects.toThrow(/test: the board has stopped: e-\[fault: status 00000400/);
  });

  it('says that the link has ended, in the middle of a run too', async () => {
    const started = both.start();
    const session = await openSession(streamLink('test', started.stream, ended));
    started.process.kill('SIGSTOP');
    const failing = expect(session.run()).rejects.toThrow('it has ended');
    started.process.kill('SIGKILL');
    await failing;
  });

  it('goes on after a command that nobody finished', async () => {
    const stream = start(both);
    const link = linkTo(stream);
    const session = await openSession(link);
    await link.write(Buffer.from('x-put 0 72 00000000%abc'));
    await converse(link).settle();
    await expectSame(session, small, 9);
  });
});

function rightSum(lines: readonly string[]): string {
  let hash = 2166136261;
  for (const byte of Buffer.from(`x-layers${lines.map((line) => `${line}\r\n`).join('')}`)) {
    hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}
