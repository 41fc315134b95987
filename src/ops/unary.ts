import { elementCount, rowShape, type Tensor } from '../graph/types.ts';
import { emitAdd } from './add.ts';
import { emitBroadcast } from './broadcast.ts';
import { castData } from './cast.ts';
import {
  activationQuantization,
  defineOperator,
  type OnnxReader,
  present,
  type ReadContext,
  sameAxis,
} from './define.ts';
import { evaluateChain, type UnaryStep, type unaryFunctions, unaryTable } from './unary-functions.ts';

/**
 * A function of one value, or a chain of them, applied to every element. On int8 any chain is one table of 256 bytes,
 * made by the compiler; so an activation function that no kernel was ever written for costs what Relu costs.
 */
export interface UnaryAttributes {
  readonly chain: readonly UnaryStep[];
}

function elementwise(step: (c: ReadContext) => UnaryStep) {
  return (c: ReadContext): readonly Tensor[] => {
    const x = c.input(0);
    if (x.dtype === 'bool') c.unsupported('type bool');
    return [c.emit('Unary', [x], { chain: [step(c)] })];
  };
}

/** A function without parameters. */
function plain(name: keyof typeof unaryFunctions): OnnxReader {
  return elementwise(() => ({ function: name, parameters: [] }));
}

/** A function whose parameters are float attributes with these defaults, in this order. */
function withFloats(name: keyof typeof unaryFunctions, defaults: Readonly<Record<string, number>>): OnnxReader {
  return elementwise((c) => ({
    function: name,
    parameters: Object.entries(defaults).map(([attribute, fallback]) => c.float(attribute, fallback)),
  }));
}

const negation = elementwise(() => ({ function: 'affine', parameters: [-1, 0] }));

/**
 * Clip took its bounds as attributes before opset 11, and takes them as inputs since. Bounds that are computed make a
 * Max and a Min. The upper bound has the last word: where it is below the lower one, everything becomes it.
 */
function readClip(c: ReadContext): readonly Tensor[] {
  const [low, high] = c.opset < 11 ? [null, null] : [c.optionalInput(1), c.optionalInput(2)];
  for (const bound of [low, high]) {
    if (bound !== null && elementCount(bound.shape) !== 1) c.invalid(`a bound of shape [${bound.shape}]`);
    if (bound !== null && bound.dtype !== c.input(0).dtype) c.invalid(`a bound of type ${bound.dtype}`);
  }
  if ([low, high].some((bound) => bound !== null && bound.data === undefined)) {
    const raised = low === null ? c.input(0) : emitBroadcast(c, 'Max', [c.input(0), low]);
    return [high === null ? raised : emitBroadcast(c, 'Min', [raised, high])];
  }
  const bound = (tensor: Tensor | null, name: string, fallback: number): number => {
    if (c.opset < 11) return c.float(name, fallback);
    return tensor?.data === undefined ? fallback : Number(tensor.data[0]);
  };
  const parameters = [bound(low, 'min', Number.NEGATIVE_INFINITY), bound(high, 'max', Number.POSITIVE_INFINITY)];
  return elementwise(() => ({ function: 'clip', parameters: [Math.min(...parameters), parameters[1] as number] }))(c);
}

function readGelu(c: ReadContext): readonly Tensor[] {
  const approximation = c.string('approximate', 'none');
  if (approximation !== 'none' && approximation !== 'tanh') c.invalid(`approximate ${approximation}`);
  return plain(approximation === 'tanh' ? 'geluTanh' : 'gelu')(c);
}

/** FastGelu adds an optional bias first. */
function readFastGelu(c: ReadContext): readonly Tensor[] {
  const bias = c.optionalInput(1);
  const x = bias === null ? c.input(0) : emitAdd(c, c.input(0), bias);
  return [c.emit('Unary', [x], { chain: [{ function: 'geluTanh', parameters: [] }] })];
}

/** Functions whose results lie in (-1, 1). */
const withinOne: readonly (keyof typeof unaryFunctions)[] = ['tanh', 'softsign', 'erf'];

export const unary = defineOperator<UnaryAttributes, Int8Array>({
  name: 'Unary',
  onnx: {
    Abs: plain('abs'),
    Atan: plain('atan'),
    Ceil: plain('ceil'),
    Celu: withFloats('celu', { alpha: 1 }),
    Clip: readClip,
    Cos: plain('cos'),
    Elu: withFloats('elu', { alpha: 1 }),
    Erf: plain('erf'),
    Exp: plain('exp'),
    Floor: plain('floor'),
    Gelu: readGelu,
    HardSigmoid: withFloats('hardSigmoid', { alpha: 0.2, beta: 0.5 }),
    HardSwish: plain('hardSwish'),
    LeakyRelu: withFloats('leakyRelu', { alpha: 0.01 }),
    Log: plain('log'),
    Mish: plain('mish'),
    Neg: negation,
    Reciprocal: plain('reciprocal'),
    Relu: elementwise(() => ({ function: 'clip', parameters: [0, Number.POSITIVE_INFINITY] })),
    Round: plain('round'),
    Selu: withFloats('selu', { alpha: 1.6732631921768188, gamma: 1.0507010221481323 }),
    Shrink: withFloats('shrink', { lambd: 0.5, bias: 0 }),
    Sigmoid: plain('sigmoid'),
    Sign: plain('sign'),
    Sin: plain('sin'),
    Softplus: plain('softplus'),
    Softsign: plain('softsign'),
    Sqrt: plain('sqrt'),
    Swish: withFloats('swish', { alpha: 1 }),
    Tanh: plain('tanh'),
    ThresholdedRelu: withFloats('thresholdedRelu', { alpha: 1 }),
    'com.microsoft.FastGelu': readFastGelu,
    'com.microsoft.Gelu': plain('gelu'),
    'com.microsoft.QuickGelu': withFloats('swish', { alpha: 1.702 }),
  },

  shape: ([x]) => ({ shape: present(x).shape, dtype: present(x).dtype }),

  evaluate([x], { chain }, output) {
    const { data } = present(x);
    if (data instanceof Float32Array) return { ...output, data: data.map((value) => evaluateChain(chain, value)) };
    // Integers are there for the arithmetic of shapes, whose values a double holds exactly.
    return {
      ...output,
      data: castData(
        Float64Array.from(data as Int8Array, (value) => evaluateChain(chain, Number(value))),
        output.dtype,
      ),
    };
  },

  permute: (attributes) => attributes,
  macs: () => 0,

  quantized: {
    outputRule({ chain }, [x]) {
      // Functions of a known range get the scale that covers it exactly.
      const last = chain.at(-1)?.function;
      if (last === 'sigmoid' || last === 'hardSigmoid') return { scales: [1 / 256], zeroPoints: [-128] };
      if (last !== undefined && withinOne.includes(last)) return { scales: [1 / 128], zeroPoints: [0] };
      return x?.quant !== undefined && chain.length === 0 ? 'as-input' : 'calibrated';
    },
    parameters: ({ inputs: [x], output, attributes }) =>
      unaryTable(attributes.chain, activationQuantization(present(x)), activationQuantization(output)),
    evaluate: (table, [x]) => (x as Int8Array).map((q) => table[q + 128] as number),
    channels: (parameters, { attributes }) => ({ attributes, parameters, inputs: ['part'] }),
    columns: ({ attributes }) => attributes,
    lower(table, { output }) {
      const { rows, channels } = rowShape(output.shape);
      return {
        kind: 'calls',
        calls: [
          {
            symbol: 'tsr_lookup_s8__portable',
            folder: 'lookup',
            struct: 'tsr_lookup',
            fields: { table: { type: 'int8', values: table }, channels, in_pixel: channels, out_pixel: channels },
            inputs: [{ input: 0, rows: sameAxis, columns: sameAxis }],
            steps: 'rows',
            count: rows,
            firstRow: 0,
            outputOffset: 0,
            pointwise: true,
            scratchBytes: 0,
          },
        ],
      };
    },
  },
});
