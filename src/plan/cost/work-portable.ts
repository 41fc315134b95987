import type { KernelCall } from '../../ops/define.ts';
import { type CallShape, type Counter, fieldOf } from './work-shapes.ts';

/** Taps of all pixels of a call that are in a row of the input, and those that are not. */
function taps(call: KernelCall, { pixels, first, width }: CallShape): { inside: number; outside: number } {
  const kernel = fieldOf(call, 'kernel_w');
  let inside = 0;
  for (let x = 0; x < pixels; x += 1) {
    for (let tap = 0; tap < kernel; tap += 1) {
      const at = first + x * fieldOf(call, 'stride_w') + tap * fieldOf(call, 'dilation_w');
      if (at >= 0 && at < width) inside += 1;
    }
  }
  return { inside, outside: pixels * kernel - inside };
}

/** runtime-c/conv/tsr_conv_s8s8__portable.c */
export const countConvPortable: Counter = (tally, call, shape) => {
  const outputs = fieldOf(call, 'out_channels');
  const inputs = fieldOf(call, 'in_channels') / Math.max(1, fieldOf(call, 'groups'));
  const { inside, outside } = taps(call, shape);
  const there = outputs * shape.rows * inside;
  const padding = outputs * (shape.rows * outside + (shape.above + shape.below) * (inside + outside));
  tally('calls', 1);
  tally('pointers', shape.rows + shape.above + shape.below);
  tally('pixels', shape.pixels);
  tally('outputs', shape.pixels * outputs);
  tally('rows', shape.pixels * outputs * (shape.rows + shape.above + shape.below));
  tally('taps', there);
  tally('products', there * inputs);
  tally('padding', padding);
  tally('padded products', padding * inputs);
};

const block = 8;

/** runtime-c/depthwise/tsr_depthwise_s8s8__portable.c */
export const countDepthwisePortable: Counter = (tally, call, shape) => {
  const channels = fieldOf(call, 'channels');
  const blocks = Math.floor(channels / block);
  const rest = channels % block;
  const { inside, outside } = taps(call, shape);
  const there = shape.rows * inside;
  const padding = shape.rows * outside + (shape.above + shape.below) * (inside + outside);
  tally('calls', 1);
  tally('pointers', shape.rows + shape.above + shape.below);
  tally('pixels', shape.pixels);
  tally('blocks', shape.pixels * blocks);
  tally('block rows', shape.pixels * blocks * (shape.rows + shape.above + shape.below));
  tally('block taps', blocks * there);
  tally('block padding', blocks * padding);
  if (rest === 0) return;
  tally('rests', shape.pixels);
  tally('rest channels', shape.pixels * rest);
  tally('rest taps', there);
  tally('rest products', there * rest);
  tally('rest padding', padding);
  tally('rest padded products', padding * rest);
};
