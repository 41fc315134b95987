/**
 * Times contestants by turns, for speed-wasm-lib.mjs: the argument is JSON, { files: [{ kind, file }], rounds }; the
 * standard output an array for each file of nanoseconds an inference, one a round.
 */
import { readFileSync } from 'node:fs';

/** What a contestant is run for before it counts, in milliseconds: V8 compiles functions again once they are hot. */
const warmUp = 1500;

/** How long a contestant runs in a round. */
const turn = 25;

/** Compiled by us: the inference alone, on bytes that lie in the arena. */
async function startWasm(file) {
  const { instance } = await WebAssembly.instantiate(readFileSync(file));
  if (instance.exports.self_test() !== 1) throw new Error(`${file}: the self-test fails`);
  return () => instance.exports.run();
}

/** onnxruntime-web: one thread; it always has SIMD. */
async function startOnnx(file) {
  const ort = await import('onnxruntime-web/wasm');
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(readFileSync(file), { executionProviders: ['wasm'] });
  const feeds = Object.fromEntries(
    session.inputMetadata.map(({ name, shape }) => {
      const sizes = shape.map((size) => (typeof size === 'number' && size > 0 ? size : 1));
      const values = Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
      return [name, new ort.Tensor('float32', values, sizes)];
    }),
  );
  return () => session.run(feeds);
}

/**
 * Milliseconds of an inference: the time that this process had a processor, so that it does not count when others held it
 * up. Nothing here waits, and nothing runs beside it once all is warm.
 */
async function timeOf({ run, isAsync }, count) {
  const start = process.cpuUsage();
  for (let i = 0; i < count; i += 1) {
    if (isAsync) await run();
    else run();
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e3 / count;
}

const { files, rounds } = JSON.parse(process.argv[2]);
const contestants = [];
for (const { kind, file } of files) {
  const run = kind === 'wasm' ? await startWasm(file) : await startOnnx(file);
  const contestant = { run, isAsync: kind === 'onnx', times: [] };
  let count = 1;
  for (let spent = 0; spent < warmUp; ) {
    const time = await timeOf(contestant, count);
    spent += time * count;
    count = Math.max(1, Math.round(turn / Math.max(time, 1e-3)));
  }
  contestants.push({ ...contestant, count });
}
for (let round = 0; round < rounds; round += 1) {
  for (const contestant of contestants) {
    contestant.times.push((await timeOf(contestant, contestant.count)) * 1e6);
  }
}
process.stdout.write(JSON.stringify(contestants.map(({ times }) => times)));
