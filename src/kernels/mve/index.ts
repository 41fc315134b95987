import type { KernelVariant } from '../define.ts';
import { convMve } from './conv.ts';
import { convMveColumns } from './conv-columns.ts';
import { convMveNarrow } from './conv-narrow.ts';
import { convMvePixels } from './conv-pixels.ts';
import { depthwiseMve, depthwiseMve3x3 } from './depthwise.ts';
import {
  addMve,
  averagePoolMve,
  lookupMve,
  matmulMve,
  maxPoolMve,
  meanMve,
  mulMve,
  softmaxMve,
} from './elementwise.ts';

/** The kernels for mve, the best first. */
export const mveKernels: readonly KernelVariant[] = [
  convMveNarrow,
  convMvePixels,
  convMveColumns,
  convMve,
  depthwiseMve3x3,
  depthwiseMve,
  addMve,
  mulMve,
  meanMve,
  lookupMve,
  maxPoolMve,
  averagePoolMve,
  softmaxMve,
  matmulMve,
];
