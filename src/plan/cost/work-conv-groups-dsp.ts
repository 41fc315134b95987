import { channelGroups } from '../../kernels/dsp/conv-groups.ts';
import { countConvDsp } from './work-conv-dsp.ts';
import type { Counter } from './work-shapes.ts';

/**
 * Convolution in groups for Arm DSP, as runtime-c/conv/tsr_conv__dsp_groups.h has it: a call of the kernel without groups
 * for each.
 */
export const countConvGroupsDsp: Counter = (tally, call, shape) => {
  const groups = channelGroups(call);
  tally('calls', 1);
  countConvDsp((name, count) => tally(name === 'calls' ? 'channel groups' : name, groups * count), call, shape);
};
