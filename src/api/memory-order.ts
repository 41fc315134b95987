import type { PortDescription } from '../codegen/wasm.ts';

/** The index in the order of the ONNX shape of element `index` in memory. */
export function onnxIndex({ shape, permutation }: PortDescription, index: number): number {
  let rest = index;
  let found = 0;
  for (const axis of [...permutation].reverse()) {
    const size = shape[axis] as number;
    found += (rest % size) * shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    rest = Math.floor(rest / size);
  }
  return found;
}

/** The real values, in the order of the ONNX shape, of steps in the order of memory. */
export function realValues(port: PortDescription, steps: Int8Array): Float32Array {
  const values = new Float32Array(steps.length);
  for (const [index, step] of steps.entries()) values[onnxIndex(port, index)] = (step - port.zeroPoint) * port.scale;
  return values;
}

/** The port with its elements in the order of memory. */
export function flatPort(port: PortDescription): PortDescription {
  return { ...port, shape: [port.shape.reduce((a, b) => a * b, 1)], permutation: [0] };
}
