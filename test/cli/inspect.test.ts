import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Inspection } from '../../src/report/inspect.ts';
import { kit, kitPath } from '../kit.ts';
import { floatTensor, integer, makeModel, node, valueInfo } from '../onnx/make-model.ts';
import { makeFolder, tessera } from './small-model.ts';

const at = makeFolder(4);

describe('tessera inspect', () => {
  it('lists the layers of a float model, with their kernels, without data', async () => {
    const { code, stdout, stderr } = await tessera('inspect', at('small.onnx'), '--json');
    expect([code, stderr]).toEqual([0, '']);
    const inspection = JSON.parse(stdout) as Inspection;
    expect(inspection.schemaVersion).toBe(1);
    expect(inspection.inputs).toEqual([{ name: 'image', shape: [1, 2, 6, 6] }]);
    const conv = inspection.layers.find(({ operator }) => operator === 'Conv');
    expect(conv).toMatchObject({
      nodes: [
        { name: 'Conv_c', operator: 'Conv' },
        { name: 'Relu_r', operator: 'Relu' },
      ],
      shape: [1, 6, 6, 4],
      macs: 6 * 6 * 4 * 18,
      parameters: 76,
      weightBytes: 72 + 4 * 4,
      outputBytes: 144,
      kernels: ['tsr_conv_s8s8__portable'],
    });
    expect(inspection.largestActivations[0]?.bytes).toBe(144);
    expect(inspection.totals.macs).toBe(6 * 6 * 4 * 18 + 12);
    expect(inspection.unsupported).toEqual([]);
  });

  it('prints the same as text', async () => {
    const { stdout } = await tessera('inspect', at('small.onnx'));
    expect(stdout).toContain('Conv_c + Relu_r');
    expect(stdout).toContain('tsr_conv_s8s8__portable');
    expect(stdout).toMatch(/Total: \d layers, 2,604 MACs/);
  });

  it('names all unsupported nodes at once and ends with 3', async () => {
    const { code, stdout } = await tessera('inspect', at('unsupported.onnx'), '--json');
    expect(code).toBe(3);
    const { unsupported } = JSON.parse(stdout) as Inspection;
    expect(unsupported.map(({ operator, node }) => [operator, node])).toEqual([
      ['FooBar', 'FooBar_a'],
      ['Quux', 'Quux_c'],
    ]);
    const text = await tessera('inspect', at('unsupported.onnx'));
    expect(text.stdout).toContain('Not supported: 2 nodes');
  });

  // What these make is no float, and only constants may be that.
  const chooses = makeModel({
    initializers: [floatTensor('zero', [1], [0])],
    nodes: [node('Greater', ['x', 'zero'], ['c']), node('Where', ['c', 'x', 'zero'], ['y'])],
  });
  const casts = (type: number): Uint8Array =>
    makeModel({
      nodes: [node('Cast', ['x'], ['i'], [integer('to', type)]), node('Cast', ['i'], ['y'], [integer('to', 1)])],
    });
  const gathers = makeModel({
    outputs: [valueInfo('y', [1, 2, 3, 4])],
    initializers: [{ name: 'rows', dataType: 7, dims: [3], int64Data: [0, 1, 3] }],
    nodes: [node('Gather', ['x', 'rows'], ['y'], [integer('axis', 2)])],
  });
  it.each([
    ['gather.onnx', gathers, ['Gather_y'], 'indices that are not evenly spaced'],
    ['where.onnx', chooses, ['Greater_c', 'Where_y'], 'done for constants only'],
    ['cast_int64.onnx', casts(7), ['Cast_i', 'Cast_y'], 'a cast between types is done for constants only'],
    ['cast_int8.onnx', casts(3), ['Cast_i', 'Cast_y'], 'a cast between types is done for constants only'],
  ])('names the nodes of %s, as compile does', async (file, bytes, nodes, reason) => {
    writeFileSync(at(file), bytes);
    const { code, stdout } = await tessera('inspect', at(file), '--json');
    const { unsupported } = JSON.parse(stdout) as Inspection;
    expect([code, unsupported.map((problem) => problem.node)]).toEqual([3, nodes]);
    expect(unsupported[0]?.reason).toContain(reason);
    const compiled = await tessera(
      'compile',
      at(file),
      '--target',
      'host',
      '--out',
      at('out'),
      '--calibrate',
      'random',
    );
    expect([compiled.code, compiled.stdout]).toEqual([3, '']);
    expect(compiled.stderr).toContain(`error: ${file}: no integer kernel for\n`);
    for (const name of nodes) expect(compiled.stderr).toContain(name);
    expect(compiled.stderr).toContain('Export the model without these nodes');
  });

  it('refuses what is no model with 3, and a wrong --dim with 2', async () => {
    const { code, stdout, stderr } = await tessera('inspect', at('x.npy'));
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/^error: x\.npy: not an ONNX model/);
    expect((await tessera('inspect', at('small.onnx'), '--dim', 'height')).code).toBe(2);
  });

  it.skipIf(kit === null)('agrees with the known figures of the models of the kit', async () => {
    const figures: readonly (readonly [string, number, number, number])[] = [
      ['mlperf-tiny/vww/vww_float.onnx', 7_489_664, 210_850, 36_864],
      ['mcunet/vww/vww_int8_qdq.onnx', 11_578_816, 426_634, 76_800],
      ['mlperf-tiny/ic/ic_int8_qdq.onnx', 12_501_632, 77_706, 16_384],
    ];
    for (const [path, macs, parameters, activation] of figures) {
      const { code, stdout } = await tessera('inspect', kitPath(path), '--json');
      const { totals, largestActivations } = JSON.parse(stdout) as Inspection;
      expect([path, code, totals.macs, totals.parameters, largestActivations[0]?.bytes]).toEqual([
        path,
        0,
        macs,
        parameters,
        activation,
      ]);
    }
  });
});
