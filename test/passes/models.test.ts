import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { absorbedPasses, optimize, passes } from '../../src/compile.ts';
import type { Graph } from '../../src/graph/types.ts';
import { readModel, requireGraph } from '../../src/onnx/read.ts';
import { absorbQdq } from '../../src/quantize/absorb.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { shareScales } from '../../src/quantize/share-scales.ts';
import { kit, kitPath } from '../kit.ts';
import { randomGraph } from '../random/generate.ts';
import { quantizedGraph, runSame, runSameBytes } from '../support/pass.ts';

test('all passes in a row, on random graphs', () => {
  for (let seed = 100; seed < 160; seed += 1) {
    passes.reduce((graph, pass) => runSame(pass.run, graph, seed), randomGraph(seed).graph);
    absorbedPasses.reduce((graph, pass) => runSameBytes(pass.run, graph, seed), quantizedGraph(seed));
  }
});

const float = [
  { model: 'mlperf-tiny/kws/kws_float', nodes: 13 },
  { model: 'mlperf-tiny/vww/vww_float_bn', nodes: 31 },
  { model: 'mlperf-tiny/ic/ic_float_bn', nodes: 16 },
  { model: 'mlperf-tiny/ad/ad_float', nodes: 10 },
  { model: 'mlperf-tiny/sww/sww_float', nodes: 11 },
  { model: 'mcunet/vww/vww_float', nodes: 58 },
  { model: 'mcunet/detection/detection_float', nodes: 70 },
];

const qdq = [
  { model: 'mlperf-tiny/kws/kws_int8_qdq', nodes: 13 },
  { model: 'mlperf-tiny/vww/vww_int8_qdq', nodes: 31 },
  { model: 'mlperf-tiny/ic/ic_int8_qdq', nodes: 16 },
  { model: 'mlperf-tiny/ad/ad_int8_qdq', nodes: 10 },
  { model: 'mlperf-tiny/sww/sww_int8_qdq', nodes: 11 },
  { model: 'mcunet/vww/vww_int8_qdq', nodes: 58 },
  { model: 'mcunet/detection/detection_int8_qdq', nodes: 70 },
];

function read(model: string): Graph {
  const file = kitPath(`${model}.onnx`);
  return requireGraph(readModel(readFileSync(file), { file }), file);
}

function neitherPadsNorMoves(graph: Graph): boolean {
  return !graph.nodes.some((node) => node.op === 'Pad' || node.op === 'Transpose');
}

if (kit === null) console.log('TESSERA_KIT is not set: the passes are not tried on its models');

describe.skipIf(kit === null)('models', () => {
  test.each(float)(
    '$model has $nodes nodes left, and the same outputs',
    ({ model, nodes }) => {
      const after = runSame(optimize, read(model));
      expect(after.nodes).toHaveLength(nodes);
      expect(neitherPadsNorMoves(after)).toBe(true);
    },
    60_000,
  );

  test.each(qdq)(
    '$model, quantised, has $nodes nodes left, and the same bytes',
    ({ model, nodes }) => {
      const shared = shareScales(absorbQdq(runSame(optimize, read(model))), new Map());
      const bare = assignQuantization(shared, new Map());
      const after = absorbedPasses.reduce((graph, pass) => runSameBytes(pass.run, graph), bare);
      expect(after.nodes).toHaveLength(nodes);
      expect(neitherPadsNorMoves(after)).toBe(true);
    },
    60_000,
  );
});
