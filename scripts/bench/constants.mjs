/**
 * The constants of a model that was compiled for a 32-bit Arm core, by kind, as the program's symbols have them.
 *
 * @typedef {object} ModelConstants
 * @property {number} weightBytes weights, biases and multipliers
 * @property {number} recordBytes of layers with weights: where those are, and what numbers go with them
 * @property {readonly { name: string, bytes: number }[]} others the numbers of layers, tables, rows of constants
 */
import { execFileSync } from 'node:child_process';

const isWeights = /^layer_\d+(_\d+)?_(weights|bias|multipliers)(_\d+)?$/;
const isRecord = /^layer_\d+(_\d+)?$/;
const isConstant = /^(layer|shape|constant|rows_before)_/;

/**
 * @param {string} file an object, or a program with its symbols
 * @param {string} prefix what the model's names begin with
 * @returns {ModelConstants}
 */
export function modelConstants(file, prefix) {
  const text = execFileSync('arm-none-eabi-readelf', ['-sW', file], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const symbols = [...text.matchAll(/^ *\d+: [0-9a-f]+ +(\d+) OBJECT +\w+ +\w+ +\d+ (\S+)$/gm)]
    .map(([, bytes, name]) => ({ name: String(name), bytes: Number(bytes) }))
    .filter(({ name }) => name.startsWith(`${prefix}_`))
    .map(({ name, bytes }) => ({ name: name.slice(prefix.length + 1), bytes }))
    .filter(({ name }) => isConstant.test(name));
  const weights = symbols.filter(({ name }) => isWeights.test(name));
  // Those of kernels that keep all numbers with their pointers are no records, but structs of parameters.
  const isShort = (/** @type {{ name: string, bytes: number }} */ { name, bytes }) =>
    isRecord.test(name) && bytes === 8 && weights.some((array) => array.name === `${name}_weights`);
  const records = symbols.filter(isShort);
  const others = symbols.filter((symbol) => !weights.includes(symbol) && !records.includes(symbol));
  const sum = (/** @type {readonly { bytes: number }[]} */ all) => all.reduce((total, { bytes }) => total + bytes, 0);
  return { weightBytes: sum(weights), recordBytes: sum(records), others };
}
