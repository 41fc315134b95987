import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optimize, plan, quantize } from '../../src/compile.ts';
import type { Graph } from '../../src/graph/types.ts';
import { readModel, requireGraph } from '../../src/onnx/read.ts';
import { kit, kitPath } from '../kit.ts';
import { differences } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { distinctPlans, planKinds, randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';
import { wasmBackend } from '../support/wasm.ts';

/** Trained int8 models, as ONNX with QuantizeLinear and DequantizeLinear. */
const models = [
  'mlperf-tiny/kws/kws_int8_qdq.onnx',
  'mlperf-tiny/vww/vww_int8_qdq.onnx',
  'mlperf-tiny/ic/ic_int8_qdq.onnx',
  'mlperf-tiny/ad/ad_int8_qdq.onnx',
  'mlperf-tiny/sww/sww_int8_qdq.onnx',
  'mcunet/vww/vww_int8_qdq.onnx',
  'mcunet/detection/detection_int8_qdq.onnx',
];

/** Of more than 200 million multiply-accumulates: one plan, one input, one compiler. */
const largeModels = [
  'mcunet/mobilenet_v2/mobilenet_v2_int8_qdq.onnx',
  'mcunet/mcunetv2_large/mcunetv2_large_int8_qdq.onnx',
];

function load(file: string): Graph {
  const bytes = new Uint8Array(readFileSync(kitPath(...file.split('/'))));
  return quantize(optimize(requireGraph(readModel(bytes, { file }), file)));
}

if (kit === null) console.log('left out: bit-exactness of trained models (TESSERA_KIT is not set)');

describe.skipIf(kit === null)('trained models give the same bytes in C, in WebAssembly and by specification', () => {
  const backends = [
    nativeBackend({ compiler: 'gcc', mode: 'sanitized' }),
    nativeBackend({ compiler: 'clang', mode: 'sanitized' }),
    wasmBackend({ compiler: 'system', optimization: 'target' }),
  ];

  it.each(models)(
    '%s, by every kind of plan',
    async (file) => {
      const graph = load(file);
      const random = randomFrom(1);
      const samples = [randomSteps(graph, random), randomSteps(graph, random)];
      const kinds = [
        ...planKinds,
        { name: 'least streamed', objective: 'sram', maxOverhead: 1, input: 'stream' } as const,
      ];
      // The kernels for Arm DSP run on any host; the least plans take those of little scratch.
      const narrow = kinds.filter(({ objective }) => objective === 'sram');
      const made = [...distinctPlans(graph, [], kinds), ...distinctPlans(graph, ['dsp'], narrow)];
      const planned = made.map(({ kind, plan }) => ({ name: `${file} ${kind}`, plan, samples }));
      expect(await differences(planned, backends)).toEqual([]);
    },
    300_000,
  );

  it.each(largeModels)(
    '%s, streamed',
    async (file) => {
      const graph = load(file);
      const made = plan(graph, { objective: 'sram', input: 'stream' });
      const samples = [randomSteps(graph, randomFrom(1))];
      const some = [backends[0], backends[2]].flatMap((backend) => backend ?? []);
      expect(await differences([{ name: file, plan: made, samples }], some)).toEqual([]);
    },
    300_000,
  );
});
