import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withFolder } from '../../src/api/board.ts';
import { buildFirmware } from '../../src/api/build.ts';
import { compileModel } from '../../src/api/pipeline.ts';
import { makeProject } from '../../src/api/project.ts';
import { firmwareFiles } from '../../src/codegen/firmware.ts';
import { inOneMemory } from '../../src/codegen/firmware-arena.ts';
import { evaluateOutputs } from '../../src/plan/evaluate.ts';
import type { Plan } from '../../src/plan/types.ts';
import { startEmulator } from '../../src/simulate/qemu.ts';
import type { Simulator } from '../../src/targets/types.ts';
import { wave } from '../cli/small-model.ts';
import { identify, infer, load, type MlperfClient, mlperfClient } from './mlperf-client.ts';
import { benchmarkModels, compileBenchmark, fileBytes } from './support/benchmark-models.ts';
import { buildHostFirmware, type HostFirmware, type RunningFirmware } from './support/host-firmware.ts';
import { canEmulate } from './support/installed.ts';

const names = Object.keys(benchmarkModels);
const plans = new Map(names.map((name) => [name, compileBenchmark(name).plan]));
const firmwares = new Map<string, HostFirmware>();
const running: RunningFirmware[] = [];

beforeAll(async () => {
  for (const [name, plan] of plans) firmwares.set(name, await buildHostFirmware([plan]));
  firmwares.set('vww01 streamed', await buildHostFirmware([compileBenchmark('vww01', { input: 'stream' }).plan]));
}, 120_000);

afterAll(() => {
  for (const { process } of running) process.kill();
  for (const firmware of firmwares.values()) firmware.remove();
});

function start(name: string): MlperfClient {
  const firmware = (firmwares.get(name) as HostFirmware).start();
  running.push(firmware);
  return mlperfClient(firmware.stream);
}

/** A float32 as printf("%.3f") prints it: ties go to the even digit. A thousand times a float32 is exact in a double. */
function printed(value: number): string {
  const thousandths = value * 1000;
  const below = Math.floor(thousandths);
  const rest = thousandths - below;
  const rounded = rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
  return (rounded / 1000).toFixed(3);
}

/** The results that a plan gives for steps. */
function expectedResults(plan: Plan, steps: Int8Array): string {
  const [output] = evaluateOutputs(plan, [steps]);
  const quant = plan.graph.tensors.get(plan.graph.outputs[0]?.tensor as string)?.quant;
  const [scale, zeroPoint] = [Math.fround(quant?.scales[0] as number), quant?.zeroPoints[0] as number];
  return [...(output as Int8Array)].map((q) => printed(Math.fround((q - zeroPoint) * scale))).join(',');
}

const steps = {
  ic01: (bytes: Uint8Array) => Int8Array.from(bytes, (byte) => byte - 128),
  vww01: (bytes: Uint8Array) => Int8Array.from(bytes, (byte) => byte - 128),
} as const;

describe.skipIf(!canEmulate)('the grammar of MLPerf Tiny, on an emulated board', () => {
  it.each([
    ['ic01', 3072, 'qemu-stm32f405'],
    ['vww01', 27648, 'qemu-cortex-m7'],
  ] as const)(
    'accuracy and performance mode: %s',
    async (name, bytes, target) => {
      const compilation = compileBenchmark(name, { target });
      const project = await makeProject(compilation, { form: 'firmware' });
      await withFolder(project, async (folder) => {
        const emulator = await startEmulator(
          compilation.target.board?.simulator as Simulator,
          buildFirmware(folder).elf,
        );
        try {
          const client = mlperfClient(emulator.stream);
          expect((await client.boot()).at(-2)).toBe('m-init-done');
          expect(await identify(client)).toMatchObject({ name: 'tessera', model: name });
          const file = fileBytes(bytes, 11);
          await load(client, file);
          const { lines } = await infer(client, 1, 0);
          expect(lines).toContain(`m-results-[${expectedResults(compilation.plan, steps[name](file))}]`);
          const [five, ten] = [await infer(client, 5, 1), await infer(client, 10, 1)];
          expect(five.lines).toContain(lines.at(-2));
          // An emulator's time is its instructions: twice as many runs take twice as long.
          expect(ten.microseconds / five.microseconds).toBeCloseTo(2, 1);
        } finally {
          await emulator.stop();
        }
      });
    },
    60_000,
  );
});

describe('the grammar of MLPerf Tiny', () => {
  it('says at start what the runner waits for, in order', async () => {
    const client = start('ic01');
    const lines = await client.boot();
    expect(lines.map((line) => line.replace(/\d+$/, 'T'))).toEqual([
      'm-timestamp-mode-performance',
      'm-lap-us-T',
      'm-init-done',
      'm-ready',
    ]);
  });

  it('ends every line with a carriage return and a line feed, and nothing else', async () => {
    const firmware = (firmwares.get('ic01') as HostFirmware).start();
    running.push(firmware);
    let bytes = '';
    firmware.stream.on('data', (data: Uint8Array) => {
      bytes += Buffer.from(data).toString('latin1');
    });
    firmware.stream.write('name%help%db load 3072%results%nonsense%');
    await expect.poll(() => bytes.split('m-ready').length - 1).toBe(6);
    expect(bytes.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(bytes).toMatch(/m-ready\r\n$/);
  });

  it.each(names)('says that it runs %s', async (name) => {
    const client = start(name);
    await client.boot();
    expect(await identify(client)).toEqual({
      name: 'tessera',
      profile: 'ULPMark for tinyML Firmware V0.0.1',
      model: name,
    });
  });

  it.each(['ic01', 'vww01'] as const)('accuracy mode: %s takes pixels and gives probabilities', async (name) => {
    const client = start(name);
    await client.boot();
    await identify(client);
    const plan = plans.get(name) as Plan;
    for (const seed of [1, 2]) {
      const bytes = fileBytes(name === 'ic01' ? 3072 : 27648, seed);
      const loaded = await load(client, bytes);
      expect(loaded).toEqual(['m-load-done', 'm-ready']);
      const { lines } = await infer(client, 1, 0);
      expect(lines.map((line) => line.replace(/^(m-lap-us-)\d+$/, '$1T'))).toEqual([
        'm-warmup-start-0',
        'm-warmup-done',
        'm-infer-start-1',
        'm-lap-us-T',
        'm-lap-us-T',
        'm-infer-done',
        `m-results-[${expectedResults(plan, steps[name](bytes))}]`,
        'm-ready',
      ]);
      expect(await client.send('results')).toEqual([lines.at(-2), 'm-ready']);
    }
  });

  it('accuracy mode: kws01 takes the steps of the reference model', async () => {
    const client = start('kws01');
    await client.boot();
    const plan = plans.get('kws01') as Plan;
    const quant = plan.graph.tensors.get(plan.graph.inputs[0]?.tensor as string)?.quant;
    const [scale, zeroPoint] = [quant?.scales[0] as number, quant?.zeroPoints[0] as number];
    const bytes = fileBytes(490, 7);
    const own = Int8Array.from(bytes, (byte) => {
      const real = (((byte << 24) >> 24) - 83) * 0.5847029;
      return Math.max(-128, Math.min(127, Math.round(real / scale) + zeroPoint));
    });
    await load(client, bytes);
    const { lines } = await infer(client, 1, 0);
    expect(lines).toContain(`m-results-[${expectedResults(plan, own)}]`);
  });

  it('accuracy mode: ad01 takes floats and gives the mean square of what is not reproduced', async () => {
    const client = start('ad01');
    await client.boot();
    const plan = plans.get('ad01') as Plan;
    const [input, output] = [plan.graph.inputs[0], plan.graph.outputs[0]].map((port) => {
      const quant = plan.graph.tensors.get(port?.tensor as string)?.quant;
      return { scale: Math.fround(quant?.scales[0] as number), zeroPoint: quant?.zeroPoints[0] as number };
    }) as [{ scale: number; zeroPoint: number }, { scale: number; zeroPoint: number }];
    const values = Float32Array.from(wave(640, 0.123), (value) => 2 * value);
    const inverse = Math.fround(1 / input.scale);
    const half = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
    const own = Int8Array.from(values, (value) =>
      Math.max(-128, Math.min(127, half(Math.fround(value * inverse)) + input.zeroPoint)),
    );
    const [steps] = evaluateOutputs(plan, [own]);
    let sum = 0;
    values.forEach((value, i) => {
      const real = Math.fround((((steps as Int8Array)[i] as number) - output.zeroPoint) * output.scale);
      const difference = Math.fround(real - value);
      sum = Math.fround(sum + Math.fround(difference * difference));
    });
    await load(client, new Uint8Array(values.buffer));
    const { results } = await infer(client, 1, 0);
    expect(results).toEqual([Number(printed(Math.fround(sum / 640)))]);
  });

  it('performance mode: many runs of one input, warm-ups apart', async () => {
    const client = start('ic01');
    await client.boot();
    const bytes = fileBytes(3072, 3);
    await load(client, bytes);
    const one = await infer(client, 1, 0);
    const many = await infer(client, 50, 3);
    expect(many.results).toEqual(one.results);
    expect(many.lines.slice(0, 3)).toEqual(['m-warmup-start-3', 'm-warmup-done', 'm-infer-start-50']);
    expect(many.microseconds).toBeGreaterThan(one.microseconds);
    // Ten warm-ups where none are named, and one run where none is.
    expect((await client.send('infer')).slice(0, 3)).toEqual(['m-warmup-start-10', 'm-warmup-done', 'm-infer-start-1']);
  });

  it('gives the same results where the model fetches rows', async () => {
    const bytes = fileBytes(27648, 5);
    const results = [];
    for (const name of ['vww01', 'vww01 streamed']) {
      const client = start(name);
      await client.boot();
      await load(client, bytes);
      await infer(client, 3, 1);
      results.push((await infer(client, 2, 0)).results);
    }
    expect(results[1]).toEqual(results[0]);
  });

  it.each([
    ['frobnicate', 'e-[Unknown command: frobnicate]'],
    ['db', "e-[Command 'db' requires a subcommand]"],
    ['db load', "e-[Command 'db load' requires the # of bytes]"],
    ['db load 0', "e-[Command 'db load' must be >0 bytes]"],
    ['db load 3071', 'e-[The model takes 3072 bytes]'],
    ['db 00', 'e-[No bytes are expected: db load N]'],
    ['infer 0', 'e-[Inference iterations must be >0]'],
    ['infer 1 -1', 'e-[Inference warmup must be >=0]'],
    ['infer 99999999999', 'e-[Inference iterations must be >0]'],
    ['results', 'e-[There is no result yet]'],
    ['x'.repeat(81), 'e-[The command is too long]'],
    ['x'.repeat(80), `e-[Unknown command: ${'x'.repeat(80)}]`],
  ])('answers %s with an error, and is ready again', async (command, error) => {
    const client = start('ic01');
    await client.boot();
    expect(await client.send(command)).toEqual([error, 'm-ready']);
    expect(await client.send('name')).toEqual(['m-name-dut-[tessera]', 'm-ready']);
  });

  it('takes bytes in any number a command, and says which digit is none', async () => {
    const client = start('ic01');
    await client.boot();
    expect(await client.send('db load 3072')).toEqual(['m-[Expecting 3072 bytes]', 'm-ready']);
    expect(await client.send('db 0g')).toEqual(["e-[Invalid hex digit '0g']", 'm-ready']);
    expect(await client.send('db 0')).toEqual(['e-[Insufficent number of hex digits]', 'm-ready']);
    expect(await client.send('db 0AFf07')).toEqual(['m-ready']);
    expect(await client.send('db print')).toEqual(['m-buffer-0a-ff-07', 'm-ready']);
  });

  it('counts microseconds', async () => {
    const client = start('ic01');
    await client.boot();
    /** What the board says, and between which moments it said so, in microseconds. */
    const lap = async (): Promise<{ readonly from: number; readonly to: number; readonly time: number }> => {
      const from = performance.now() * 1000;
      const [line] = await client.send('timestamp');
      const time = Number(/^m-lap-us-(\d+)$/.exec(line ?? '')?.[1]);
      return { from, to: performance.now() * 1000, time };
    };
    const before = await lap();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const after = await lap();
    // Two clocks may drift by a thousandth.
    expect(after.time - before.time).toBeGreaterThan((after.from - before.to) * 0.999 - 1);
    expect(after.time - before.time).toBeLessThan((after.to - before.from) * 1.001 + 1);
  });

  it('refuses a model that has the name of a benchmark, but not its input', () => {
    const { plan } = compileModel(benchmarkModels.kws01 as Uint8Array, { name: 'ic01', calibrate: 'random' });
    const make = (): unknown =>
      firmwareFiles([{ plan, modelHash: '' }], { version: '1', places: inOneMemory([plan], 1e6) });
    expect(make).toThrow(/name of the benchmark ic01, whose input has 3072 elements, but takes 490/);
  });
});
