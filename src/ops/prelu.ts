import { type Requantization, requantize } from '../arithmetic/fixed-point.ts';
import { rowShape, type Tensor } from '../graph/types.ts';
import { emitAdd } from './add.ts';
import { emitBroadcast, padRank, scalarOf } from './broadcast.ts';
import {
  activationQuantization,
  defineOperator,
  OperatorError,
  present,
  type ReadContext,
  sameAxis,
} from './define.ts';
import { fromChannelsLast, toChannelsLast } from './layout.ts';
import { layerRequantization, requantizationFields } from './requantization.ts';

/**
 * d = q - inputZeroPoint: y = requantize(d) with the multiplier `positive` for d >= 0, else with that of the channel.
 * A requantisation multiplier is never negative: a negative slope stands in `slopes` with its sign, and negates d.
 */
interface PReluParameters {
  readonly inputZeroPoint: number;
  readonly slopes: Int32Array;
  readonly requantization: Requantization;
}

/** A function of each element's clipped value: clip to [low, high]. */
function clip(c: ReadContext, x: Tensor, low: number, high: number): Tensor {
  return c.emit('Unary', [x], { chain: [{ function: 'clip', parameters: [low, high] }] });
}

function read(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const rank = x.shape.length;
  if (x.dtype !== 'float32' || c.input(1).dtype !== 'float32')
    c.unsupported(`types ${x.dtype} and ${c.input(1).dtype}`);
  const slope = padRank(c, c.input(1), rank);
  if (slope.shape.length > rank || slope.shape.some((size, axis) => size !== 1 && size !== x.shape[axis])) {
    c.invalid(`the slope [${c.input(1).shape}] does not broadcast to [${x.shape}]`);
  }
  const scalar = scalarOf(slope);
  if (scalar !== null) return [c.emit('Unary', [x], { chain: [{ function: 'leakyRelu', parameters: [scalar] }] })];
  const axes = slope.shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  if (slope.data !== undefined && String(axes) === '1') {
    const perChannel = c.emit('Reshape', [slope], { shape: [present(x.shape[1])] });
    return [fromChannelsLast(c, c.emit('PRelu', [toChannelsLast(c, x), perChannel], {}))];
  }
  // Slopes along other axes, or computed ones: max(x, 0) + slope * min(x, 0).
  const below = emitBroadcast(c, 'Mul', [clip(c, x, Number.NEGATIVE_INFINITY, 0), slope]);
  return [emitAdd(c, clip(c, x, 0, Number.POSITIVE_INFINITY), below)];
}

/** Inputs: x [..., C], slopes [C] (constant). */
export const prelu = defineOperator<object, PReluParameters>({
  name: 'PRelu',
  onnx: { PRelu: read },
  constants: { 1: 'data' },

  shape([x, slopes]) {
    const { shape } = present(x);
    if (present(slopes).shape.length !== 1 || present(slopes).shape[0] !== shape.at(-1)) {
      throw new OperatorError('invalid', `slopes [${present(slopes).shape}] for channels of [${shape}]`);
    }
    return { shape, dtype: 'float32' };
  },

  evaluate([x, slopes], _attributes, output) {
    const slope = present(slopes).data as Float32Array;
    const data = (present(x).data as Float32Array).map((v, i) => (v < 0 ? v * (slope[i % slope.length] as number) : v));
    return { ...output, data };
  },

  macs: () => 0,

  quantized: {
    outputRule: () => 'calibrated',

    parameters({ inputs: [x, slopes], output }) {
      const [qx, qy] = [activationQuantization(present(x)), activationQuantization(output)];
      const slope = Array.from(present(present(slopes).data) as Float32Array);
      const scale = qx.scale / qy.scale;
      const scales = [scale, ...slope.map((value) => Math.abs(value) * scale)];
      const r = layerRequantization(scales, qy.zeroPoint, 255, { min: -128, max: 127 });
      return {
        inputZeroPoint: qx.zeroPoint,
        slopes: Int32Array.from(slope, (value, i) => Math.sign(value) * (r.multipliers[i + 1] ?? 0)),
        requantization: r,
      };
    },

    evaluate(p, [x]) {
      const channels = p.slopes.length;
      return (x as Int8Array).map((q, i) => {
        const d = q - p.inputZeroPoint;
        const channel = i % channels;
        // Index 0 of the multipliers is for values of zero and more, those of the channels follow.
        if (d >= 0) return requantize(d, 0, p.requantization);
        return requantize((p.slopes[channel] as number) < 0 ? -d : d, channel + 1, p.requantization);
      });
    },

    lower(p, { output }) {
      const { rows, channels } = rowShape(output.shape);
      const r = p.requantization;
      return {
        kind: 'calls',
        calls: [
          {
            symbol: 'tsr_prelu_s8__portable',
            folder: 'prelu',
            struct: 'tsr_prelu',
            fields: {
              slopes: { type: 'int32', values: p.slopes },
              positive: r.multipliers[0] ?? 0,
              ...requantizationFields(r),
              input_zero_point: p.inputZeroPoint,
              channels,
              in_pixel: channels,
              out_pixel: channels,
            },
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
