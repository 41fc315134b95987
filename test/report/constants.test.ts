import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { modelConstants } from '../../scripts/bench/constants.mjs';
import { mobilenetV2 } from '../../scripts/bench/mobilenet.mjs';
import { modelFlags } from '../../scripts/bench/speed-lib.mjs';
import { hasArmCompiler } from '../../scripts/bench/stack.mjs';
import { modelPrefix } from '../../src/codegen/model.ts';
import { modelFiles } from '../../src/codegen/project.ts';
import { structSizes } from '../../src/codegen/struct-sizes.ts';
import { optimize, plan, quantize } from '../../src/compile.ts';
import { elementCount, type Graph } from '../../src/graph/types.ts';
import type { Isa } from '../../src/kernels/define.ts';
import { readModel, requireGraph } from '../../src/onnx/read.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import type { Plan } from '../../src/plan/types.ts';
import { reportPlan } from '../../src/report/plan.ts';
import { kit, kitPath } from '../kit.ts';

const runtime = fileURLToPath(new URL('../../runtime-c/', import.meta.url));
const folders = readdirSync(runtime, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const headers = folders
  .filter(({ name }) => name !== 'board')
  .flatMap(({ name }) => readdirSync(join(runtime, name)).map((file) => `${name}/${file}`))
  .filter((path) => path.endsWith('.h'));
const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

// All of this is about what a compiler makes of the C: without one there is nothing to ask.
if (!hasArmCompiler()) console.log('left out: sizes of constants (arm-none-eabi-gcc is not installed)');

describe('the sizes of structs', () => {
  const sizes = structSizes(headers.map((path) => readFileSync(join(runtime, path), 'utf8')));

  it('follow from the types of their fields', () => {
    const header = `
typedef struct a {
  const int8_t *first; /* a pointer; and more */
  uint8_t second;
  int16_t third;
  int8_t fourth;
} a;
typedef a b;
typedef struct c {
  a inner;
} c;`;
    expect([...structSizes([header])]).toEqual([
      ['a', 12],
      ['b', 12],
    ]);
  });

  it.skipIf(!hasArmCompiler())('are those of the compiler', () => {
    expect([...sizes.keys()]).toEqual(
      expect.arrayContaining(['tsr_conv', 'tsr_conv_dsp', 'tsr_conv_mve_narrow_shape']),
    );
    const used = headers.filter((path) => /^typedef /m.test(readFileSync(join(runtime, path), 'utf8')));
    const text = [
      '#define CONV_DSP_SHIFT 1',
      ...used.map((path) => `#include "${path}"`),
      ...[...sizes].map(([name, bytes]) => `_Static_assert(sizeof(${name}) == ${bytes}, "${name}");`),
    ];
    writeFileSync(join(folder, 'sizes.c'), `${text.join('\n')}\n`);
    const paths = ['.', ...folders.map(({ name }) => name)].map((path) => `-I${join(runtime, path)}`);
    execFileSync(
      'arm-none-eabi-gcc',
      ['-std=c11', '-mcpu=cortex-m4', '-mthumb', ...paths, '-fsyntax-only', 'sizes.c'],
      {
        cwd: folder,
      },
    );
  });
});

/** Weights, four bytes an output channel for its bias and four for its multiplier, and eight bytes a layer. */
function mostBytes({ layers }: Plan): number {
  return layers.reduce((sum, { node, tensors }) => {
    const weights = operatorNamed(node.op).constants?.[1] === 'weights' ? tensors.inputs[1] : null;
    return sum + 8 + (weights ? elementCount(weights.shape) + 8 * (weights.shape[0] as number) : 0);
  }, 0);
}

/** The most bytes of a model's constants beside weights, biases, multipliers and records. */
const mostOthers = 2048;

const models = ['mlperf-tiny/kws', 'mlperf-tiny/vww', 'mlperf-tiny/ic', 'mlperf-tiny/ad', 'mcunet/vww'];
const cores: readonly (readonly [string, readonly Isa[]])[] = [
  ['cortex-m4', ['dsp']],
  ['cortex-m55', ['mve', 'dsp']],
];
// Trained models are no part of the project.
if (kit === null) console.log('left out: the constants of trained models (TESSERA_KIT is not set)');

/** The C of a model for a core, and what its object holds of constants. */
function compileConstants(graph: Graph, core: string, isas: readonly Isa[]) {
  const made = plan(graph, { objective: 'balanced', input: 'resident', isas });
  const front = { version: '0', target: core, modelHash: '0' };
  const files = modelFiles(made, { front, boundary: 'int8', selfTest: 0 });
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  const prefix = modelPrefix(made.graph.name);
  const flags = [`-mcpu=${core}`, '-mthumb', '-mfloat-abi=hard', '-Wall', '-Wextra', '-Werror', ...modelFlags];
  execFileSync('arm-none-eabi-gcc', [...flags, '-c', `${prefix}.c`, '-o', 'model.o'], { cwd: folder });
  const { weightBytes, recordBytes, others } = modelConstants(join(folder, 'model.o'), prefix);
  const sections = execFileSync('arm-none-eabi-size', ['-A', 'model.o'], { cwd: folder, encoding: 'utf8' });
  const allBytes = [...sections.matchAll(/^\.rodata\S* +(\d+)/gm)].reduce((sum, [, size]) => sum + Number(size), 0);
  const counted = weightBytes + recordBytes + others.reduce((sum, { bytes }) => sum + bytes, 0);
  return { made, source: files.get(`${prefix}.c`) as string, weightBytes, recordBytes, others, allBytes, counted };
}

describe.skipIf(!hasArmCompiler())('the constants of a model', () => {
  const graph = mobilenetV2({ createGraphBuilder, plainPort, quantize }, { width: 0.35, size: 32, classes: 10 });

  it.each(cores)('of repeated blocks have their shapes once: %s', (core, isas) => {
    const { made, source, weightBytes, recordBytes, allBytes, counted } = compileConstants(graph, core, isas);
    const shapes = [...source.matchAll(/static const (\w+_shape) (\w+_shape_\d+) = (\{[^}]*\});/g)];
    expect(new Set(shapes.map(([, type, , value]) => `${type} ${value}`)).size).toBe(shapes.length);
    const uses = [...source.matchAll(/\.shape = &(\w+),/g)];
    expect(uses.length).toBeGreaterThan(shapes.length);
    expect(new Set(uses.map(([, name]) => name))).toEqual(new Set(shapes.map(([, , name]) => name)));
    expect(weightBytes + recordBytes).toBeLessThanOrEqual(mostBytes(made));
    expect(reportPlan(made, null).constantBytes).toBe(counted);
    expect(allBytes - weightBytes - recordBytes).toBeLessThanOrEqual(mostOthers);
  });
});

describe.skipIf(kit === null || !hasArmCompiler())('the constants of trained models', () => {
  it.each(models)(
    '%s: weights, and little else',
    (model) => {
      const file = `${model.split('/')[1]}_int8_qdq.onnx`;
      const bytes = new Uint8Array(readFileSync(kitPath(...model.split('/'), file)));
      const graph = quantize(optimize(requireGraph(readModel(bytes, { file }), file)));
      for (const [core, isas] of cores) {
        const { made, weightBytes, recordBytes, others, allBytes, counted } = compileConstants(graph, core, isas);
        const otherBytes = allBytes - weightBytes - recordBytes;
        console.log(
          `${model}, ${core}: ${weightBytes} bytes of weights, biases and multipliers, ${recordBytes} of records (at most ` +
            `${mostBytes(made)} together), ${otherBytes} of others: ` +
            others.map(({ name, bytes: size }) => `${name} ${size}`).join(', '),
        );
        expect(weightBytes + recordBytes).toBeLessThanOrEqual(mostBytes(made));
        // Tables of jumps and gaps between structs are not in the list, but they are in flash.
        expect(otherBytes).toBeLessThanOrEqual(mostOthers);
        expect(allBytes - counted).toBeLessThan(256);
        expect(reportPlan(made, null).constantBytes).toBe(counted);
      }
    },
    120_000,
  );
});
