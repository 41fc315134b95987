import { readFileSync } from 'node:fs';
import type { Plan } from '../plan/types.ts';
import { headerText, kernelFiles, type ModelOptions, modelPrefix, sourceText } from './model.ts';
import { withSmallKernels } from './small-kernels.ts';

/** The files of a generated project, by path. */
export type Project = ReadonlyMap<string, string | Uint8Array>;

const runtimeFolder = new URL('../../runtime-c/', import.meta.url);

/** A file of the C runtime. */
export function runtimeFile(path: string): string {
  return readFileSync(new URL(path, runtimeFolder), 'utf8');
}

/** The model, and the kernels that it uses, as C files that lie in one folder. */
export function modelFiles(planned: Plan, options: ModelOptions): ReadonlyMap<string, string> {
  const plan = withSmallKernels(planned);
  const prefix = modelPrefix(plan.graph.name);
  const kernels = kernelFiles(plan).map((path): [string, string] => [
    path.split('/').at(-1) as string,
    runtimeFile(path),
  ]);
  return new Map([
    [`${prefix}.h`, headerText(plan, prefix, options)],
    [`${prefix}.c`, sourceText(plan, prefix, options)],
    ...kernels,
  ]);
}
