/** The package: reads, compiles and runs models from a program or a test. */
export { type CompareOptions, type Comparison, compareModels, type LayerNoise } from './api/accuracy.ts';
export { type Build, type BuildOptions, buildFirmware, requireFit } from './api/build.ts';
export type { Calibration } from './api/calibration.ts';
export { checkTools, type ToolReport } from './api/doctor.ts';
export { inspectModel } from './api/inspect.ts';
export type { CalibrationSource, CompileOptions, ModelSource, ReadOptions } from './api/options.ts';
export { type Compilation, compileModel, loadModel, simulate } from './api/pipeline.ts';
export { type PlanChoice, type PlanOverview, planModel } from './api/plan.ts';
export { type ProfileOptions, type ProfileResult, profileProject } from './api/profile.ts';
export {
  type CompileReport,
  makeProject,
  type ProjectOptions,
  reportOf,
  type SharedReport,
  sharedReport,
} from './api/project.ts';
export { type Samples, samplesFrom } from './api/samples.ts';
export { type VerifyOptions, type VerifyResult, verifyProject } from './api/verify.ts';
export { type ExitCode, exitCode, TesseraError } from './errors.ts';
export { type ArrayFiles, loadArrays, loadNpy } from './numpy/load.ts';
export { type ArrayElements, type NumericArray, readNpy } from './numpy/npy.ts';
export { readNpz } from './numpy/npz.ts';
export type { Inspection, LayerSummary } from './report/inspect.ts';
export type { PlanReport } from './report/plan.ts';
export type { InputValues, Model, ModelDescription, PortDescription } from './simulate/wasm.ts';
export { loadTarget, type Target, targetNames } from './targets/load.ts';
