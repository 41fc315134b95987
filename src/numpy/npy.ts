import { usageError } from '../errors.ts';

/** The elements of an array, in row-major order. */
export type ArrayElements =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | BigInt64Array;

/** An array of numbers: what a .npy file holds, and how samples are handed over. */
export interface NumericArray {
  readonly shape: readonly number[];
  readonly data: ArrayElements;
}

/** The most elements of one array. */
const maxElements = 2 ** 30;

/** How each type code is read from a copy of the file's bytes, which begins aligned. */
const types: Readonly<
  Record<string, { readonly bytes: number; readonly view: (buffer: ArrayBuffer) => ArrayElements }>
> = {
  f4: { bytes: 4, view: (buffer) => new Float32Array(buffer) },
  f8: { bytes: 8, view: (buffer) => new Float64Array(buffer) },
  u1: { bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  b1: { bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  i1: { bytes: 1, view: (buffer) => new Int8Array(buffer) },
  u2: { bytes: 2, view: (buffer) => new Uint16Array(buffer) },
  i2: { bytes: 2, view: (buffer) => new Int16Array(buffer) },
  i4: { bytes: 4, view: (buffer) => new Int32Array(buffer) },
  i8: { bytes: 8, view: (buffer) => new BigInt64Array(buffer) },
};

/**
 * Reads a .npy file (versions 1 to 3; numpy.lib.format describes them).
 * @param name for messages
 * @throws TesseraError (exit code 2) where it is none, or holds what is not supported: Fortran order, big-endian
 * numbers, text, objects.
 */
export function readNpy(bytes: Uint8Array, name: string): NumericArray {
  const refuse = (reason: string, hint?: string): never => {
    throw usageError(`${name}: ${reason}`, hint);
  };
  const isNpy = bytes.length >= 10 && bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === 'NUMPY';
  if (!isNpy) return refuse('this is no .npy file', 'numpy.save(path, array) writes one.');
  const version = bytes[6] as number;
  if (version < 1 || version > 3) return refuse(`.npy version ${version} is not supported; 1 to 3 are`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (version > 1 && bytes.length < 12) return refuse('the file ends within its header');
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = (version === 1 ? 10 : 12) + headerLength;
  if (start > bytes.length) return refuse('the file ends within its header');
  const { descr, fortran, shape } = readHeader(
    new TextDecoder().decode(bytes.subarray(start - headerLength, start)),
    refuse,
  );

  const code = descr.slice(1);
  const type = types[code];
  if (descr.startsWith('>'))
    return refuse(`numbers of type ${descr} are big-endian`, `Convert them: array.astype("<${code}").`);
  if (type === undefined) {
    return refuse(`elements of type ${descr} are not supported; ${Object.keys(types).join(', ')} are`);
  }
  if (fortran && shape.length > 1) {
    return refuse(
      'the array is in Fortran order',
      'Save it in C order: numpy.save(path, numpy.ascontiguousarray(array)).',
    );
  }
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > maxElements) return refuse(`an array of ${count} elements; up to ${maxElements} are supported`);
  const expected = count * type.bytes;
  const held = bytes.length - start;
  if (held !== expected) return refuse(`[${shape}] of ${descr} takes ${expected} bytes; the file holds ${held}`);
  const copy = new ArrayBuffer(expected);
  new Uint8Array(copy).set(bytes.subarray(start));
  return { shape, data: type.view(copy) };
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** The header is a Python dict with these three keys; structured types have a list for a description. */
function readHeader(text: string, refuse: (reason: string) => never): Header {
  const descr = /'descr'\s*:\s*'([^']{1,32})'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (/'descr'\s*:\s*\[/.test(text)) return refuse('structured arrays are not supported');
  if (descr === undefined || order === undefined || dims === undefined) return refuse('the .npy header cannot be read');
  const shape = dims
    .split(',')
    .map((dim) => dim.trim().replace(/L$/, ''))
    .filter((dim) => dim !== '')
    .map(Number);
  if (shape.length > 32 || !shape.every(Number.isSafeInteger)) return refuse(`the shape (${dims}) cannot be read`);
  return { descr, fortran: order === 'True', shape };
}
