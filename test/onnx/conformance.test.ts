import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kit, kitPath } from '../kit.ts';
import { caseNames, demanded, isRegistered, loadCase, runCase } from './conformance.ts';

/** Case -> why Tessera cannot or does not do it. */
const leftOut: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('left-out.json', import.meta.url), 'utf8'),
);

const folder = kit === null ? null : kitPath('onnx-node');
const cases = folder === null ? [] : caseNames(folder).map((name) => loadCase(folder, name));
const run = cases.filter(({ operators }) =>
  operators.every((operator) => demanded.has(operator) || isRegistered(operator)),
);

if (kit === null) console.log("left out: ONNX's own operator tests (TESSERA_KIT is not set)");
else {
  const others = cases
    .filter((one) => !run.includes(one))
    .flatMap(({ operators }) => operators.filter((o) => !isRegistered(o)));
  console.log(
    `ONNX's own operator tests: ${run.length} cases, ${Object.keys(leftOut).length} of them left out (left-out.json); ` +
      `${cases.length - run.length} of operators that Tessera does not have (${[...new Set(others)].join(', ')})`,
  );
}

describe.skipIf(kit === null)("ONNX's own operator tests, in float", () => {
  it('has no case on the list that is not there', () => {
    const names = new Set(run.map(({ name }) => name));
    expect(Object.keys(leftOut).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(run.map((one) => [one.name, one] as const))('%s', (name, one) => {
    const reason = leftOut[name];
    if (reason === undefined) expect(runCase(one)).toBeNull();
    else expect(runCase(one), 'passes, and is on the list of those that do not').not.toBeNull();
  });
});
