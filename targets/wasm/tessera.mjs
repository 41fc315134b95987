/** Runs a model that tessera compiled to WebAssembly. Plain JavaScript, for Node and the browser alike. */

/** Ties to even; beyond +-512 every zero point saturates, so that the limits are exact in float32. */
function quantize(value, inverseScale, zeroPoint) {
  let scaled = Math.fround(value * inverseScale);
  scaled = scaled < 512 ? scaled : 512;
  scaled = scaled > -512 ? scaled : -512;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return Math.max(-128, Math.min(127, rounded + zeroPoint));
}

/** For each element in memory order, its index in the ONNX order. */
function elementOrder({ shape, permutation }) {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  let order = [0];
  for (const axis of permutation) {
    const next = [];
    for (const base of order) for (let i = 0; i < shape[axis]; i += 1) next.push(base + i * strides[axis]);
    order = next;
  }
  return order;
}

/** What an input element is in memory, by the kind of array that the caller gave. */
function stepOf(values, port) {
  if (values instanceof Int8Array) return (i) => values[i];
  const isReal = [Float32Array, Float64Array, Uint8Array, Uint8ClampedArray].some((type) => values instanceof type);
  if (isReal || Array.isArray(values)) {
    const inverse = Math.fround(1 / port.scale);
    return (i) => quantize(Math.fround(values[i]), inverse, port.zeroPoint);
  }
  throw new TypeError(
    `input ${port.name}: give a Float32Array of real values, a Uint8Array of pixels or an Int8Array of steps`,
  );
}

/** An input as int8 steps in the order of memory: what generated code takes, on every machine. */
export function inputSteps(values, port) {
  return stepsInOrder(values, port, elementOrder(port));
}

function stepsInOrder(values, port, order) {
  if (values?.length !== order.length) {
    throw new TypeError(`input ${port.name} has ${order.length} elements; ${values?.length ?? 'none'} were given`);
  }
  const step = stepOf(values, port);
  return Int8Array.from(order, step);
}

/** Wraps an instance of the compiled module. `description` is what the compiler wrote beside it. */
export function createModel(instance, description) {
  const { memory, input, output, arena, run, self_test: selfTest } = instance.exports;
  const inputOrders = description.inputs.map(elementOrder);
  const outputOrders = description.outputs.map(elementOrder);

  const writeInputs = (given) => {
    const inputs =
      description.inputs.length === 1 && !(Array.isArray(given) && typeof given[0] === 'object') ? [given] : given;
    if (inputs.length !== description.inputs.length) {
      throw new TypeError(`${description.name} has ${description.inputs.length} inputs; ${inputs.length} were given`);
    }
    inputs.forEach((values, index) => {
      const port = description.inputs[index];
      const steps = stepsInOrder(values, port, inputOrders[index]);
      new Int8Array(memory.buffer, input(index), steps.length).set(steps);
    });
  };
  const readSteps = () =>
    outputOrders.map((order, index) => {
      const bytes = new Int8Array(memory.buffer, output(index), order.length);
      const steps = new Int8Array(order.length);
      for (let i = 0; i < order.length; i += 1) steps[order[i]] = bytes[i];
      return steps;
    });
  const runSteps = (inputs) => {
    writeInputs(inputs);
    run();
    return readSteps();
  };

  return {
    ...description,
    /** One inference; gives the outputs as int8 steps. */
    runSteps,
    /** One inference; gives the outputs as real values. */
    run(inputs) {
      return runSteps(inputs).map((steps, index) => {
        const { scale, zeroPoint } = description.outputs[index];
        return Float32Array.from(steps, (q) => (q - zeroPoint) * scale);
      });
    },
    /** Whether this machine computes what the compiler says, for a built-in input. */
    selfTest: () => selfTest() === 1,
    /** The bytes of the arena as they are now. */
    arena: () => new Int8Array(memory.buffer, arena(), description.arenaBytes),
  };
}

/**
 * Compiles and instantiates a module. `source`: its bytes, a URL or a compiled module. A text that is no whole URL starts
 * at the page, or at this file where there is no page.
 */
export async function instantiate(source, description) {
  const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(await bytesOf(source));
  return createModel(await WebAssembly.instantiate(module), description);
}

async function bytesOf(source) {
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return source;
  const url = new URL(source, globalThis.location?.href ?? import.meta.url);
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return response.arrayBuffer();
}
