import onnxProto, { type onnx } from 'onnx-proto';
import { modelError, type TesseraError } from '../errors.ts';
import { findWireFault, type WireFault } from './wire.ts';

/**
 * The bytes of an ONNX file as messages.
 * @throws TesseraError (exit code 3) that says what the file looks like instead, where it is no ONNX model.
 */
export function decodeModel(bytes: Uint8Array, file: string): onnx.IModelProto {
  if (bytes.length === 0) throw modelError(`${file}: not an ONNX model: the file is empty`);
  if (bytes.length >= 2 ** 31)
    throw modelError(`${file}: the file has ${bytes.length} bytes; less than 2 GiB are supported`);
  const fault = findWireFault(bytes);
  if (fault !== null) throw notAModel(bytes, file, fault);
  try {
    return onnxProto.onnx.ModelProto.decode(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw notAModel(bytes, file, { kind: 'malformed', reason });
  }
}

/** A single tensor, as in the test data of ONNX. Throws a plain Error: no user hands us one. */
export function decodeTensor(bytes: Uint8Array): onnx.ITensorProto {
  const fault = findWireFault(bytes, 'Tensor');
  if (fault !== null) throw new Error(fault.reason);
  return onnxProto.onnx.TensorProto.decode(bytes);
}

function notAModel(bytes: Uint8Array, file: string, fault: WireFault): TesseraError {
  const kind = looksLike(bytes);
  if (kind !== null) return modelError(`${file}: not an ONNX model: it looks like ${kind.name}`, kind.hint);
  if (fault.kind === 'truncated') {
    return modelError(
      `${file}: truncated file: ${fault.reason}`,
      'The file was not copied or downloaded whole: get it again.',
    );
  }
  if (fault.kind === 'too-large') return modelError(`${file}: too large a model: ${fault.reason}`);
  return modelError(`${file}: not an ONNX model: it is not valid protobuf (${fault.reason})`);
}

interface Likeness {
  readonly name: string;
  readonly hint?: string;
}

const exportHint = 'Export the model to ONNX with the framework that made it.';

/** Files that are mistaken for ONNX models: the offset and text (latin1) that they are known by. */
const signatures: readonly (readonly [number, string, Likeness])[] = [
  [0, '\x1f\x8b', { name: 'gzip', hint: 'Unpack it first.' }],
  [0, 'PK\x03\x04', { name: 'a zip archive, as PyTorch and Keras save models', hint: exportHint }],
  [0, '\x89HDF', { name: 'HDF5, as Keras saves models', hint: exportHint }],
  [0, '\x89PNG', { name: 'a PNG image' }],
  [0, '\xff\xd8\xff', { name: 'a JPEG image' }],
  [0, 'GGUF', { name: 'a GGUF model', hint: exportHint }],
  [0, '\x93NUMPY', { name: 'a NumPy array' }],
  [
    4,
    'TFL3',
    { name: 'a TFLite model (TFL3)', hint: 'Convert it to ONNX, or export from the model that it came from.' },
  ],
  [4, 'ORTM', { name: 'an ORT format model', hint: 'Give the .onnx file that it was made from.' }],
];

function looksLike(bytes: Uint8Array): Likeness | null {
  for (const [offset, signature, likeness] of signatures) {
    const found = String.fromCharCode(...bytes.subarray(offset, offset + signature.length));
    if (found === signature) return likeness;
  }
  const start = bytes.subarray(0, 512);
  const isText = start.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte !== 127));
  const lfs = 'version https://git-lfs';
  if (isText && String.fromCharCode(...bytes.subarray(0, lfs.length)) === lfs) {
    return { name: 'a Git LFS pointer', hint: 'Fetch the file itself with git lfs pull.' };
  }
  return isText ? { name: 'text' } : null;
}
