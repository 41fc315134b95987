/**
 * A walk over the wire format of a model file before it is decoded. The decoder trusts its input: it recurses as deep
 * as messages nest, makes an object for every two bytes and does not look at wire types. After this walk it may, since
 * the file is known to be well-formed, shallow and bounded in what it unfolds to.
 * Wire format: https://protobuf.dev/programming-guides/encoding/
 */

/**
 * The fields of each message of onnx.proto that the decoder knows: `v` varint, `V` repeated varints (packed or not),
 * `f` 32 bits, `F` and `D` repeated 32 and 64 bits, `b` bytes, `s` text, else the name of a message. Fields that are not
 * listed are skipped, as the decoder skips them.
 */
const schema = {
  Model: '1v 2s 3s 4s 5v 6s 7Graph 8Opset 14Entry 20Training 25Function',
  Opset: '1s 2v',
  Entry: '1s 2s',
  Training: '1Graph 2Graph 3Entry 4Entry',
  Function: '1s 4s 5s 6s 7Node 8s 9Opset 10s',
  Graph: '1Node 2s 5Tensor 10s 11ValueInfo 12ValueInfo 13ValueInfo 14Annotation 15Sparse',
  Node: '1s 2s 3s 4s 5Attribute 6s 7s',
  Attribute: '1s 2f 3v 4b 5Tensor 6Graph 7F 8V 9b 10Tensor 11Graph 13s 14Type 15Type 20v 21s 22Sparse 23Sparse',
  Tensor: '1V 2v 3Segment 4F 5V 6b 7V 8s 9b 10D 11V 12s 13Entry 14v',
  Segment: '1v 2v',
  Sparse: '1Tensor 2Tensor 3V',
  Annotation: '1s 2Entry',
  ValueInfo: '1s 2Type 3s',
  Type: '1TensorType 4Sequence 5MapType 6s 8TensorType 9Sequence',
  TensorType: '1v 2Shape',
  Sequence: '1Type',
  MapType: '1v 2Type',
  Shape: '1Dimension',
  Dimension: '1v 2s 3s',
} as const;

type Message = keyof typeof schema;
type FieldKind = 'v' | 'V' | 'f' | 'F' | 'D' | 'b' | 's' | Message;

const fieldKinds = new Map<Message, ReadonlyMap<number, FieldKind>>(
  Object.entries(schema).map(([message, fields]) => [
    message as Message,
    new Map(fields.split(' ').map((field) => [Number.parseInt(field, 10), field.replace(/^\d+/, '') as FieldKind])),
  ]),
);

/** Graphs within graphs and types within types: far more than any model has, far less than a stack holds. */
const maxDepth = 200;
const maxMessages = 2 ** 20;
/** Numbers and texts that become an element of an array each. */
const maxItems = 2 ** 23;
/** Bytes of all names and descriptions together. */
const maxText = 2 ** 26;

/** What is wrong with the bytes; `truncated` where the file merely ends too early. */
export interface WireFault {
  readonly kind: 'truncated' | 'malformed' | 'too-large';
  readonly reason: string;
}

interface Frame {
  readonly message: Message;
  readonly end: number;
}

class Fault extends Error {
  readonly fault: WireFault;

  constructor(kind: WireFault['kind'], reason: string) {
    super(reason);
    this.fault = { kind, reason };
  }
}

/** Checks the bytes of an ONNX ModelProto, or of a TensorProto; null where the decoder may have them. */
export function findWireFault(bytes: Uint8Array, message: 'Model' | 'Tensor' = 'Model'): WireFault | null {
  try {
    walk(bytes, message);
    return null;
  } catch (error) {
    if (error instanceof Fault) return error.fault;
    throw error;
  }
}

function walk(bytes: Uint8Array, root: Message): void {
  const stack: Frame[] = [{ message: root, end: bytes.length }];
  let at = 0;
  let messages = 0;
  let items = 0;
  let text = 0;

  /** Past the end of the file the file is cut short; past the end of the message around it, it is no such message. */
  const overrun = (end: number, what: string): never => {
    if (end > bytes.length) {
      throw new Fault('truncated', `${what} at byte ${at} ends at byte ${end}, and the file at byte ${bytes.length}`);
    }
    throw new Fault('malformed', `${what} at byte ${at} runs past the message around it`);
  };
  const varint = (end: number): number => {
    let value = 0;
    for (let i = 0; i < 10; i += 1) {
      if (at >= end) overrun(Math.max(at + 1, end), 'a number');
      const byte = bytes[at] as number;
      at += 1;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new Fault('malformed', `a number before byte ${at} has more than ten bytes`);
  };
  const count = (number: number): void => {
    items += number;
    if (items > maxItems) throw new Fault('too-large', `more than ${maxItems} numbers and texts outside of raw data`);
  };
  const skip = (size: number, end: number): void => {
    if (at + size > end) overrun(at + size, 'a field');
    at += size;
  };

  while (stack.length > 0) {
    const frame = stack.at(-1) as Frame;
    const { end } = frame;
    if (at >= end) {
      stack.pop();
      continue;
    }
    const tag = varint(end);
    const wireType = tag % 8;
    const field = Math.floor(tag / 8);
    if (field === 0 || tag >= 2 ** 32) throw new Fault('malformed', `field number ${field} before byte ${at}`);
    const kind = fieldKinds.get(frame.message)?.get(field);
    if (kind !== undefined && !allows(kind, wireType)) {
      throw new Fault('malformed', `field ${field} of ${frame.message} has wire type ${wireType} before byte ${at}`);
    }
    if (kind === 'V' || kind === 'F' || kind === 'D') count(1);
    if (wireType === 0) varint(end);
    else if (wireType === 1) skip(8, end);
    else if (wireType === 5) skip(4, end);
    else if (wireType !== 2) throw new Fault('malformed', `wire type ${wireType} before byte ${at}`);
    else {
      const length = varint(end);
      if (at + length > end) overrun(at + length, `a field of ${length} bytes`);
      if (kind === undefined) at += length;
      else if (kind === 'b' || kind === 's') {
        count(1);
        if (kind === 's') text += length;
        if (text > maxText) throw new Fault('too-large', `more than ${maxText} bytes of names and descriptions`);
        at += length;
      } else if (kind === 'F' || kind === 'D') at += length;
      else if (kind === 'V') {
        // Every varint ends with the one byte whose highest bit is clear.
        let numbers = 0;
        for (const until = at + length; at < until; at += 1) if ((bytes[at] as number) < 0x80) numbers += 1;
        count(numbers);
      } else {
        messages += 1;
        if (messages > maxMessages)
          throw new Fault('too-large', `more than ${maxMessages} nodes, attributes and tensors`);
        if (stack.length >= maxDepth) throw new Fault('too-large', `messages nested more than ${maxDepth} deep`);
        stack.push({ message: kind as Message, end: at + length });
      }
    }
  }
}

function allows(kind: FieldKind, wireType: number): boolean {
  if (kind === 'v') return wireType === 0;
  if (kind === 'V') return wireType === 0 || wireType === 2;
  if (kind === 'f') return wireType === 5;
  if (kind === 'F') return wireType === 5 || wireType === 2;
  if (kind === 'D') return wireType === 1 || wireType === 2;
  return wireType === 2;
}
