import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { PixelNumbers } from '../../src/api/options.ts';
import { sourceFiles, wasmModule } from '../../src/api/pipeline.ts';
import { graphInput } from '../../src/api/samples.ts';
import { describeModel } from '../../src/codegen/wasm.ts';
import { compileModel, exitCode, inspectModel, loadModel, makeProject, TesseraError } from '../../src/index.ts';
import { evaluateGraph } from '../../src/ops/evaluate.ts';
import { instantiate } from '../../targets/wasm/tessera.mjs';
import { makeFolder, sampleSize, smallModel, wave } from '../cli/small-model.ts';
import { makeModel, node, valueInfo } from '../onnx/make-model.ts';

const at = makeFolder(6);
const data = Float32Array.from(wave(6 * sampleSize, 0.37));
const x = { shape: [6, 2, 6, 6], data };

describe('the package', () => {
  it('loads and runs a model in two lines', async () => {
    const model = await loadModel(at('small.onnx'), { calibrate: x });
    const [scores] = model.run(data.subarray(0, sampleSize));
    expect(scores).toHaveLength(3);
    expect(model.selfTest()).toBe(true);
    expect(() => model.run(data)).toThrow(/72 elements/);
    expect(() => model.run(undefined as never)).toThrow('72 elements; none were given');
  });

  it('gives the same answers for a path, bytes and a file of samples', async () => {
    const models = [
      await loadModel(at('small.onnx'), { calibrate: at('x.npy') }),
      await loadModel(smallModel, { calibrate: x }),
      await loadModel(smallModel, { calibrate: [x], objective: 'time', input: 'stream' }),
      await loadModel(smallModel, { calibrate: [x], objective: 'time', output: 'stream' }),
      await loadModel(smallModel, { calibrate: [x], objective: 'sram', input: 'stream', output: 'stream' }),
    ];
    const answers = models.map((model) => model.runSteps(data.subarray(0, sampleSize))[0]);
    for (const other of answers.slice(1)) expect(other).toEqual(answers[0]);
    for (const model of models) expect(model.selfTest()).toBe(true);
    expect(models.map(({ outputs }) => outputs[0]?.rowBytes)).toEqual([0, 0, 0, 3, 3]);
  });

  it('takes pixels as bytes where the model was given its preprocessing', async () => {
    const pixels = Uint8Array.from(wave(6 * sampleSize, 0.53), (value) => 127 + 120 * value);
    const preprocessing = { scale: [1 / 64], mean: [128] };
    const model = await loadModel(smallModel, { calibrate: { shape: x.shape, data: pixels }, preprocessing });
    const one = pixels.subarray(0, sampleSize);
    const steps = Int8Array.from(one, (pixel) => pixel - 128);
    expect(model.inputs[0]).toMatchObject({ scale: 1, zeroPoint: -128 });
    expect(model.runSteps(one)).toEqual(model.runSteps(steps));
    expect(model.runSteps(Float32Array.from(one))).toEqual(model.runSteps(steps));
  });

  it('gives a number of each channel to preprocessing, too', async () => {
    const pixels = Uint8Array.from(wave(6 * sampleSize, 0.53), (value) => 127 + 120 * value);
    const scaled = Float32Array.from(pixels, (pixel, i) =>
      Math.floor(i / 36) % 2 === 0 ? (pixel - 200.5) * 0.02 : (pixel - 30) * 0.01,
    );
    const preprocessing = { scale: [0.02, 0.01], mean: [200.5, 30] };
    const float = compileModel(smallModel, { calibrate: { shape: x.shape, data: scaled } }).graph;
    const model = await loadModel(smallModel, { calibrate: { shape: x.shape, data: pixels }, preprocessing });
    const scale = model.outputs[0]?.scale as number;
    let difference = 0;
    for (let i = 0; i < 6; i += 1) {
      const [start, end] = [i * sampleSize, (i + 1) * sampleSize];
      const values = evaluateGraph(float, graphInput(float, [scaled.subarray(start, end)]));
      const expected = values.get('scores')?.data as Float32Array;
      const [scores] = model.run(pixels.subarray(start, end)) as [Float32Array];
      scores.forEach((score, j) => {
        difference += Math.abs(score - (expected[j] as number)) / scale / (6 * scores.length);
      });
    }
    // Steps: the scores of one channel's numbers in the place of the other's are ten away.
    expect(difference).toBeLessThan(2);
  });

  it('makes the files of a target without a file system', async () => {
    const compilation = compileModel(smallModel, { calibrate: x, name: 'net', target: 'host' });
    const project = await makeProject(compilation);
    expect([...project.keys()]).toEqual(expect.arrayContaining(['net.c', 'net.h', 'plan.txt', 'report.json']));
    expect(compilation.plan.arenaBytes).toBeGreaterThan(0);
    const one = makeModel({ nodes: [node('Relu', ['x'], ['y'])] });
    const header = sourceFiles(compileModel(one, { calibrate: 'random', name: 'one' })).get('one.h');
    expect(header).toContain('; 1 layer in 1 step.');
  });

  it('loads a module from the server of the page, and says what the server says', async () => {
    const compilation = compileModel(smallModel, { calibrate: x });
    const [wasm, description] = [await wasmModule(compilation), describeModel(compilation.plan)];
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/page/web/model.wasm' ? 200 : 404).end(wasm);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await expect(instantiate(`${origin}/model.wasm`, description)).rejects.toThrow(`${origin}/model.wasm: HTTP 404`);
      await expect(instantiate('missing.wasm', description)).rejects.toThrow(/ENOENT.*targets.wasm.missing\.wasm/);
      vi.stubGlobal('location', { href: `${origin}/page/index.html` });
      expect((await instantiate('web/model.wasm', description)).selfTest()).toBe(true);
    } finally {
      vi.unstubAllGlobals();
      server.close();
    }
  });

  it('refuses with an error that says what to do', () => {
    try {
      compileModel(smallModel);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TesseraError);
      expect((error as TesseraError).code).toBe(exitCode.usage);
      expect((error as TesseraError).hint).toContain('random');
    }
    expect(() => compileModel(smallModel, { calibrate: 'random', objective: 'fast' as never })).toThrow(
      'the option objective is fast',
    );
    expect(() => compileModel(smallModel, { calibrate: { shape: [6, 6, 6, 2], data } })).toThrow(
      /does not hold samples/,
    );
    expect(() => compileModel(smallModel, { calibrate: { shape: [2, 2, 6, 6], data } })).toThrow(/432 were given/);
    expect(() => compileModel(smallModel, { calibrate: 5 as never })).toThrow('samples are given as 5');
    expect(() => compileModel(smallModel, { calibrate: x, arenaLimit: '64K' as never })).toThrow(
      'the option arenaLimit is 64K',
    );
  });

  it.each([
    [{ objectiv: 'sram' }, 'there is no option objectiv'],
    [{ onProgress: 'yes' }, 'the option onProgress is yes'],
    [{ name: 5 }, 'the option name is 5'],
    [{ dimensions: { h: 0 } }, 'the option dimensions gives h the size 0'],
    [{ preprocessing: { scale: '1/255' } }, 'the scale of preprocessing is 1/255'],
    [{ preprocessing: { scale: 1, mean: [] } }, 'the mean of preprocessing is '],
    [{ calibrate: { shape: [6, 2, 6, 6], data: [...data] } }, 'the data of the samples is no typed array'],
    [{ calibrate: { shape: [6, 2, 6, 6] } }, 'the data of the samples is no typed array'],
    [{ calibrate: { data } }, 'the samples have no shape'],
    [{ calibrate: [null] }, 'the samples have no shape'],
  ])('refuses the options %j', (options, message) => {
    const compile = (): unknown => compileModel(smallModel, { calibrate: x, ...(options as object) });
    expect(compile).toThrow(TesseraError);
    expect(compile).toThrow(
      expect.objectContaining({ code: exitCode.usage, message: expect.stringContaining(message) }),
    );
  });

  it('refuses what is neither a path nor bytes', async () => {
    await expect(loadModel(5 as never)).rejects.toThrow('the model is given as 5');
    expect(() => inspectModel(smallModel, { objective: 'sram', dimension: {} } as never)).toThrow(
      'no option dimension',
    );
  });

  it('takes one number for all channels, and a mean of 0 where none is given', () => {
    const input = (preprocessing: PixelNumbers): unknown =>
      compileModel(smallModel, { calibrate: 'random', preprocessing }).graph.tensors.get('image')?.quant;
    expect(input({ scale: 1 / 64 })).toEqual(input({ scale: [1 / 64], mean: [0] }));
    expect(input({ mean: 128 })).toEqual({ scales: [1], zeroPoints: [0] });
  });

  it('refuses tensors that no target has room for before it does any work', () => {
    const huge = makeModel({
      inputs: [valueInfo('x', [1, 3, 8000, 8000])],
      outputs: [valueInfo('y', [1, 3, 8000, 8000])],
      nodes: [node('Relu', ['x'], ['y'])],
    });
    try {
      compileModel(huge, { calibrate: 'random' });
      expect.unreachable();
    } catch (error) {
      expect((error as TesseraError).message).toContain('has 192,000,000 elements');
      expect((error as TesseraError).code).toBe(exitCode.model);
    }
  });
});
