import type { onnx } from 'onnx-proto';
import type { ReadContext } from '../ops/define.ts';
import { toNumber } from './integer.ts';
import { readTensor, type TensorSource } from './tensor.ts';

/** AttributeProto.AttributeType by number. */
const kinds = [
  'undefined',
  'float',
  'integer',
  'string',
  'tensor',
  'graph',
  'list of floats',
  'list of integers',
  'list of strings',
  'list of tensors',
  'list of graphs',
  'sparse tensor',
  'list of sparse tensors',
  'type',
  'list of types',
] as const;

type Attributes = Pick<
  ReadContext,
  'integer' | 'integers' | 'optionalIntegers' | 'float' | 'floats' | 'string' | 'has' | 'attributeTensor'
>;

/** The part of a reader's context that looks up attributes, each of the type that is asked for. */
export function attributesOf(
  node: onnx.INodeProto,
  source: TensorSource,
  invalid: (reason: string) => never,
): Attributes {
  const byName = new Map<string, onnx.IAttributeProto>();
  for (const attribute of node.attribute ?? []) {
    const name = attribute.name ?? '';
    if (byName.has(name)) invalid(`the attribute ${name} is given twice`);
    if ((attribute.refAttrName ?? '') !== '') invalid(`the attribute ${name} refers to one of a function`);
    byName.set(name, attribute);
  }
  const find = (name: string, kind: (typeof kinds)[number]): onnx.IAttributeProto | null => {
    const attribute = byName.get(name);
    if (attribute === undefined) return null;
    const found = attribute.type ?? 0;
    // Files of the first versions of ONNX leave the type out.
    if (found !== 0 && kinds[found] !== kind)
      invalid(`the attribute ${name} is of type ${kinds[found] ?? found}; ${kind} is needed`);
    return attribute;
  };
  const optionalIntegers = (name: string): readonly number[] | null =>
    find(name, 'list of integers')?.ints?.map(toNumber) ?? null;
  const finite = (name: string, value: number): number => {
    if (!Number.isFinite(value)) invalid(`the attribute ${name} is ${value}`);
    return value;
  };
  return {
    has: (name) => byName.has(name),
    integer(name, fallback) {
      const attribute = find(name, 'integer');
      return attribute === null ? fallback : toNumber(attribute.i ?? 0);
    },
    integers: (name, fallback) => optionalIntegers(name) ?? fallback,
    optionalIntegers,
    float(name, fallback) {
      const attribute = find(name, 'float');
      if (attribute === null) return fallback;
      const value = attribute.f ?? 0;
      // A bound (whose fallback is infinite) may be infinite; nothing may be not a number.
      return Number.isFinite(fallback) || Number.isNaN(value) ? finite(name, value) : value;
    },
    floats: (name) => find(name, 'list of floats')?.floats?.map((value) => finite(name, value)) ?? null,
    string(name, fallback) {
      const attribute = find(name, 'string');
      return attribute === null ? fallback : new TextDecoder().decode(attribute.s ?? new Uint8Array());
    },
    attributeTensor(name) {
      const attribute = find(name, 'tensor');
      if (attribute === null) return null;
      if (attribute.t === null || attribute.t === undefined) return invalid(`the attribute ${name} holds no tensor`);
      return readTensor(attribute.t, source);
    },
  };
}
