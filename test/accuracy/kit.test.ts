import { describe, expect, it } from 'vitest';
import { measureFloat, measureQdq, models } from '../../scripts/bench/lib.mjs';
import { largest } from '../../src/api/accuracy.ts';
import { compileModel, simulate } from '../../src/api/pipeline.ts';
import { graphInput, inOnnxOrder } from '../../src/api/samples.ts';
import { loadNpy } from '../../src/numpy/load.ts';
import { evaluateGraph } from '../../src/ops/evaluate.ts';
import { kit } from '../kit.ts';

const tessera = { compileModel, simulate, evaluateGraph, graphInput, inOnnxOrder, largest, loadNpy };
const timeout = 120_000;

/** Of an area under the curve, which no single clip decides. */
const areaAllowed = 0.005;

/**
 * What is less than everything, for time's sake, when a float model is quantised here: the first rows of those that do
 * not calibrate, and of each clip of ad every fourth window. `npm run bench:accuracy` takes all.
 */
const rowsTaken: Readonly<Record<string, number>> = { 'mlperf-tiny/kws': 200, 'mlperf-tiny/vww': 150 };
const windowStep = 4;

if (kit === null) console.log('TESSERA_KIT is not set: the accuracy of its models is left out');

describe.skipIf(kit === null)('accuracy of int8 on the kit', () => {
  const folder = kit as string;
  for (const model of models) {
    it(
      `${model.name}, quantised here, is as good as float`,
      async () => {
        const { name, task } = model;
        const { float, int8, reference, samples } = await measureFloat(tessera, folder, model, {
          rows: rowsTaken[name],
          windowStep,
        });
        const allowed = task === 'clips' ? areaAllowed : Math.max(0.005, 1 / samples);
        expect(int8).toBeGreaterThanOrEqual((float as number) - allowed - Number.EPSILON);
        // The reference of ad is of all windows.
        if (task === 'classes') expect(float).toBe(reference);
      },
      timeout,
    );

    it(
      `${model.name}, a QDQ file, gives what onnxruntime gives`,
      async () => {
        // Of all rows. For ad the kit holds scores alone, no outputs.
        const { int8, reference, steps } = await measureQdq(tessera, folder, model, { sides: ['int8'] });
        expect(Math.abs(int8 - reference)).toBeLessThanOrEqual(1 / 200);
        if (model.task === 'classes') expect(steps).toBeLessThanOrEqual(0.5);
      },
      timeout,
    );
  }
});
