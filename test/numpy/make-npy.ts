/** The bytes of a .npy file: header and data as given, so that wrong ones can be made too. */
export function makeNpy(dictionary: string, data: Uint8Array, version = 1): Uint8Array {
  const prefix = version === 1 ? 10 : 12;
  const header = new TextEncoder().encode(`${dictionary.padEnd(117 - prefix)}\n`);
  const bytes = new Uint8Array(prefix + header.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  bytes.set(header, prefix);
  bytes.set(data, prefix + header.length);
  return bytes;
}

/** The .npy file of numbers. */
export function npyOf(
  shape: readonly number[],
  data: Float32Array | Uint8Array | Int32Array | BigInt64Array | Float64Array,
): Uint8Array {
  const code =
    data instanceof Float32Array
      ? '<f4'
      : data instanceof Float64Array
        ? '<f8'
        : data instanceof Int32Array
          ? '<i4'
          : data instanceof BigInt64Array
            ? '<i8'
            : '|u1';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return makeNpy(`{'descr': '${code}', 'fortran_order': False, 'shape': ${tuple}, }`, bytes);
}
