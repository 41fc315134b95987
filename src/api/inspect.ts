import { absorbedPasses } from '../compile.ts';
import { modelError } from '../errors.ts';
import { absorbQdq, isQdq } from '../quantize/absorb.ts';
import { type Inspection, inspectGraph } from '../report/inspect.ts';
import { loadTarget } from '../targets/load.ts';
import { checkOptions } from './check-options.ts';
import { defaults, type ModelSource, type ReadOptions } from './options.ts';
import { graphOf, readSource } from './pipeline.ts';

/**
 * What a model consists of, and all of it that is not supported. Needs no calibration.
 * @throws TesseraError (exit code 3) where the file is no ONNX model
 */
export function inspectModel(model: ModelSource, options: ReadOptions = {}): Inspection {
  checkOptions(options);
  const { isas } = loadTarget(options.target ?? defaults.target);
  const source = readSource(model, options);
  const { graph: read, problems, warnings, opset } = source.result;
  const about = { file: source.file, sha256: source.sha256, opset };
  if (read === null) {
    if (problems.length === 0) throw modelError(`${source.file}: there is no graph in it`);
    return inspectGraph(null, { ...about, isQuantized: false }, problems, warnings, isas);
  }
  const graph = graphOf(source, options);
  const bare = absorbedPasses.reduce((current, pass) => pass.run(current), absorbQdq(graph));
  return inspectGraph(bare, { ...about, isQuantized: isQdq(graph) }, problems, warnings, isas);
}
