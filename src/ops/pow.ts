import { broadcastShape, emitBroadcast, expandTo } from './broadcast.ts';
import { castData } from './cast.ts';
import { defineOperator, OperatorError, present } from './define.ts';

/** Inputs: base and exponent, of equal rank and any number types; the output has the base's type. */
export const pow = defineOperator<object, null>({
  name: 'Pow',
  onnx: {
    Pow(c) {
      const [x, exponent] = [c.input(0), c.input(1)];
      if (x.dtype === 'bool' || exponent.dtype === 'bool') c.invalid('bool operands');
      const constant =
        exponent.data !== undefined && exponent.data.length === 1 && exponent.shape.length <= x.shape.length;
      if (!constant || x.dtype !== 'float32') return [emitBroadcast(c, 'Pow', [x, exponent])];
      return [
        c.emit('Unary', [x], { chain: [{ function: 'power', parameters: [Number(present(exponent.data)[0])] }] }),
      ];
    },
  },

  shape(inputs) {
    const [x, exponent] = [present(inputs[0]), present(inputs[1])];
    if (x.shape.length !== exponent.shape.length)
      throw new OperatorError('invalid', 'operands of different numbers of axes');
    return { shape: broadcastShape([x.shape, exponent.shape]), dtype: x.dtype };
  },

  evaluate(inputs, _attributes, output) {
    const [x, exponent] = inputs.map((input) =>
      Array.from(expandTo(present(input).data, present(input).shape, output.shape), Number),
    );
    const data = Float64Array.from(present(x), (value, i) => value ** present(present(exponent)[i]));
    return { ...output, data: castData(data, output.dtype) };
  },

  permute: (attributes) => attributes,
  macs: () => 0,
  notes: 'Pow has an integer form where the exponent is a constant of one element',
});
