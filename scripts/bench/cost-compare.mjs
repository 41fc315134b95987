/**
 * Estimates beside counts. The functions take the compiler's modules as `tessera`.
 *
 * @typedef {object} Errors
 * @property {number} counted of the whole model
 * @property {number} estimated
 * @property {number} total the error of the sum, as a part of what was counted
 * @property {number} meanOfLayers the mean over layers of |estimated - counted| / counted
 * @property {number} weighted the same, each layer by what was counted of it
 */
import { meanError } from './cost-fit.mjs';
import { measureLayers } from './cost-measure.mjs';

/** @returns {Errors} */
function errorsOf(layers, counted, estimated) {
  const sum = (of) => layers.reduce((total, layer) => total + of(layer), 0);
  const errors = layers.map((layer) => layer[estimated] / layer[counted] - 1);
  const total = sum((layer) => layer[counted]);
  return {
    counted: total,
    estimated: sum((layer) => layer[estimated]),
    total: sum((layer) => layer[estimated]) / total - 1,
    meanOfLayers: meanError(errors),
    weighted: layers.reduce((all, layer, i) => all + Math.abs(errors[i]) * layer[counted], 0) / total,
  };
}

/**
 * Runs plans in QEMU, and compares each layer of each with what was expected of it.
 * @param {{ modelFiles: Function, modelPrefix: Function, segmentsOf: Function, layerTime: Function, layerCycles: Function }} tessera
 * @param {readonly object[]} plans
 * @param {{ core: string, withCycles: boolean }} options
 * @returns {Promise<readonly { instructions: Errors, cycles: Errors | null, layers: readonly object[] }[]>}
 */
export async function compareEstimates(tessera, plans, options) {
  const measured = await measureLayers(tessera, plans, options);
  return plans.map((plan, at) => {
    const segments = tessera.segmentsOf(plan);
    const layers = measured[at]
      .filter(({ layer }) => plan.layers[layer].lowering.kind === 'calls')
      .map(({ layer: index, instructions, cycles }) => {
        const layer = plan.layers[index];
        const segment = segments.get(index);
        return {
          ...{ layer: index, kernel: layer.lowering.calls[0].symbol, segment },
          ...{ output: layer.tensors.output.shape.join('x'), instructions, cycles },
          estimatedInstructions: tessera.layerTime(layer, segment, plan),
          estimatedCycles: cycles === undefined ? undefined : tessera.layerCycles(layer, segment, plan),
        };
      });
    return {
      instructions: errorsOf(layers, 'instructions', 'estimatedInstructions'),
      cycles: options.withCycles ? errorsOf(layers, 'cycles', 'estimatedCycles') : null,
      layers,
    };
  });
}
