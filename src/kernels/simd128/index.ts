import type { KernelVariant } from '../define.ts';
import { conv } from './conv.ts';
import { depthwise } from './depthwise.ts';
import { elementwise } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { winograd } from './winograd.ts';

/** The kernels for simd128, the best first. */
export const simd128Kernels: readonly KernelVariant[] = [winograd, ...conv, ...depthwise, ...elementwise, matmul];
