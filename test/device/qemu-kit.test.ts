import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readProject, withBoard, withFolder } from '../../src/api/board.ts';
import { compileModel, simulate } from '../../src/api/pipeline.ts';
import { makeProject } from '../../src/api/project.ts';
import { stackBound } from '../../src/api/stack.ts';
import type { PortDescription } from '../../src/codegen/wasm.ts';
import type { DeviceModel } from '../../src/device/session.ts';
import { loadNpy } from '../../src/numpy/load.ts';
import { inputSteps, type Model } from '../../src/simulate/wasm.ts';
import { kit, kitPath } from '../kit.ts';
import { canEmulate } from './support/installed.ts';

/** `npm run test:boards` runs every model on every board with ten inputs; else a part of it. */
const all = process.env.TESSERA_BOARD_SAMPLES;
const sampleCount = Number(all ?? 1);

interface Trained {
  readonly path: readonly string[];
  readonly data: readonly string[];
  /** Elements from one sample to the next. */
  readonly stride: number;
  /** What the model was trained on, of what the file holds. */
  readonly real: (value: number) => number;
}

const trained: Readonly<Record<string, Trained>> = {
  kws: {
    path: ['mlperf-tiny', 'kws', 'kws_int8_qdq.onnx'],
    data: ['mlperf-tiny', 'kws', 'x.npy'],
    stride: 490,
    real: (x) => x,
  },
  vww: {
    path: ['mlperf-tiny', 'vww', 'vww_int8_qdq.onnx'],
    data: ['mlperf-tiny', 'vww', 'x.npy'],
    stride: 27648,
    real: (x) => x / 255,
  },
  ic: {
    path: ['mlperf-tiny', 'ic', 'ic_int8_qdq.onnx'],
    data: ['mlperf-tiny', 'ic', 'x.npy'],
    stride: 3072,
    real: (x) => x,
  },
  // Of each clip of 200 slices the first five.
  ad: {
    path: ['mlperf-tiny', 'ad', 'ad_int8_qdq.onnx'],
    data: ['mlperf-tiny', 'ad', 'x.npy'],
    stride: 25600,
    real: (x) => x,
  },
  'mcunet/vww': {
    path: ['mcunet', 'vww', 'vww_int8_qdq.onnx'],
    data: ['mcunet', 'vww', 'x.npy'],
    stride: 19200,
    real: (x) => (x * 2) / 255 - 1,
  },
};

const targets = ['qemu-stm32f405', 'qemu-cortex-m4', 'qemu-cortex-m7', 'qemu-cortex-m55'] as const;
const skipped = kit === null || !canEmulate;
if (skipped) console.log('left out: trained models on emulated boards (TESSERA_KIT is not set, or QEMU is missing)');

const simulators = new Map<string, Promise<Model>>();

/** The model for WebAssembly: of its own kernels and its own plan. */
function simulatorOf(name: string, path: string): Promise<Model> {
  const known = simulators.get(name) ?? simulate(compileModel(path, { target: 'wasm' }));
  simulators.set(name, known);
  return known;
}

/** The .data and .bss of the objects in a folder. */
function staticBytes(folder: string): number {
  const objects = readdirSync(folder).filter((name) => name.endsWith('.o'));
  const sizes = execFileSync('arm-none-eabi-size', objects, { cwd: folder, encoding: 'utf8' }).trim().split('\n');
  expect(sizes.length).toBe(objects.length + 1);
  return sizes.slice(1).reduce((sum, line) => {
    const [, data = Number.NaN, bss = Number.NaN] = line.trim().split(/\s+/).map(Number);
    return sum + data + bss;
  }, 0);
}

describe.skipIf(skipped)('trained models on emulated boards', () => {
  const cases = Object.keys(trained).flatMap((name) =>
    targets
      .filter((target) => all !== undefined || target === 'qemu-stm32f405' || name === 'kws')
      .map((target) => [name, target] as const),
  );

  it.each(cases)(
    '%s on %s gives the bytes of WebAssembly, in the memory that was reported',
    async (name, target) => {
      const { path, data, stride, real } = trained[name] as Trained;
      const file = kitPath(...path);
      const simulator = await simulatorOf(name, file);
      const port = simulator.inputs[0] as PortDescription;
      const size = port.shape.reduce((a, b) => a * b, 1);
      const samples = loadNpy(kitPath(...data));
      const compilation = compileModel(file, { target });
      const project = await makeProject(compilation, { form: 'firmware' });
      await withFolder(project, (folder) =>
        withBoard(readProject(folder), {}, async (session) => {
          expect(session.info).toMatchObject({ target, unit: 'instructions', marks: true });
          const [model] = session.info.models;
          expect(model?.holding).toBe('copy');
          expect(await session.selfTest()).toBe(true);
          for (let sample = 0; sample < sampleCount; sample += 1) {
            const at = sample * stride;
            const values = Float32Array.from({ length: size }, (_, i) => real(Number(samples.data[at + i])));
            const [expected] = simulator.runSteps(values);
            if (expected === undefined) throw new Error('no output');
            const ticks = await session.run([await inputSteps(values, port)]);
            expect(await session.output(0, expected.length), `sample ${sample}`).toEqual(expected);
            expect(ticks).toBeGreaterThan(10_000);
          }
          expect(staticBytes(join(folder, 'build/model'))).toBe(0);
          const memory = await session.memory();
          expect((model as DeviceModel).arenaBytes).toBe(compilation.plan.arenaBytes);
          expect(memory.arenaBytes).toBe(compilation.plan.arenaBytes);
          const bound = await stackBound(folder, compilation.source.name);
          expect(bound).not.toBe(null);
          expect(memory.stackBytes).toBeLessThanOrEqual(bound as number);
          expect((bound as number) - (memory.stackBytes as number)).toBeLessThanOrEqual(256);
        }),
      );
    },
    300_000,
  );
});
