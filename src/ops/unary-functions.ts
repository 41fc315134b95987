import { quantizeValue, roundHalfEven } from '../arithmetic/fixed-point.ts';

/** One function of a chain, and its parameters. */
export interface UnaryStep {
  readonly function: keyof typeof unaryFunctions;
  readonly parameters: readonly number[];
}

type UnaryFunction = (x: number, a: number, b: number) => number;

/**
 * The error function, by the series 2/sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (1 * 3 * ... * (2n+1)), whose terms
 * have one sign, so that nothing cancels (Abramowitz and Stegun, 7.1.6). Beyond 6 it is 1 in double precision.
 */
export function erf(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** ln(1 + exp(x)), without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/**
 * The functions by name. `a` and `b` are their parameters, as the comments say. Where a function has no value (the root
 * of a negative number, 1 / 0) it gives what IEEE 754 has: NaN or an infinity; a table makes NaN 0, and saturates.
 */
export const unaryFunctions = {
  abs: (x) => Math.abs(x),
  /** a: factor, b: summand. */
  affine: (x, a, b) => x * a + b,
  atan: (x) => Math.atan(x),
  ceil: (x) => Math.ceil(x),
  /** a: alpha. */
  celu: (x, a) => Math.max(0, x) + Math.min(0, a * Math.expm1(x / a)),
  /** a: least, b: most. */
  clip: (x, a, b) => Math.min(Math.max(x, a), b),
  cos: (x) => Math.cos(x),
  /** a: alpha. */
  elu: (x, a) => (x < 0 ? a * Math.expm1(x) : x),
  erf,
  exp: (x) => Math.exp(x),
  floor: (x) => Math.floor(x),
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  geluTanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  /** a: slope, b: summand. */
  hardSigmoid: (x, a, b) => Math.max(0, Math.min(1, a * x + b)),
  hardSwish: (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
  /** a: slope below zero. */
  leakyRelu: (x, a) => (x < 0 ? a * x : x),
  log: (x) => Math.log(x),
  mish: (x) => x * Math.tanh(softplus(x)),
  /** a: exponent. */
  power: (x, a) => x ** a,
  reciprocal: (x) => 1 / x,
  /** a: scale, b: zero point: what a QuantizeLinear and DequantizeLinear pair between two functions does. */
  requantize: (x, a, b) => (quantizeValue(Number.isNaN(x) ? 0 : x, a, b) - b) * a,
  round: (x) => roundHalfEven(x),
  /** a: alpha, b: gamma. */
  selu: (x, a, b) => b * (x > 0 ? x : a * Math.expm1(x)),
  /** a: half the width of the part that becomes zero, b: what the rest moves towards zero. */
  shrink: (x, a, b) => (x < -a ? x + b : x > a ? x - b : 0),
  sigmoid,
  sign: (x) => Math.sign(x),
  sin: (x) => Math.sin(x),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  sqrt: (x) => Math.sqrt(x),
  /** a: factor inside the sigmoid. */
  swish: (x, a) => x * sigmoid(a * x),
  tanh: (x) => Math.tanh(x),
  /** a: threshold. */
  thresholdedRelu: (x, a) => (x > a ? x : 0),
} satisfies Record<string, UnaryFunction>;

/** The chain's value at x. */
export function evaluateChain(chain: readonly UnaryStep[], x: number): number {
  let y = x;
  for (const step of chain) {
    const f: UnaryFunction = unaryFunctions[step.function];
    y = f(y, step.parameters[0] ?? 0, step.parameters[1] ?? 0);
  }
  return y;
}

/**
 * The table of a chain from one quantisation to another: entry q + 128 is the output step of input step q. Infinities
 * saturate, and what is not a number becomes zero.
 */
export function unaryTable(
  chain: readonly UnaryStep[],
  input: { readonly scale: number; readonly zeroPoint: number },
  output: { readonly scale: number; readonly zeroPoint: number },
): Int8Array {
  return Int8Array.from({ length: 256 }, (_, i) => {
    const real = evaluateChain(chain, (i - 128 - input.zeroPoint) * input.scale);
    // Where the function is not defined, zero does the least harm.
    return quantizeValue(Number.isNaN(real) ? 0 : real, output.scale, output.zeroPoint);
  });
}
