import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { opsetRange } from '../../src/onnx/read.ts';
import { onnxReaders, operators } from '../../src/ops/index.ts';
import { root } from './workplace.ts';

const page = join(root, 'docs/operators.md');

/** Of the operators that none of the registry claims: what they are read as. */
const readAs: Readonly<Record<string, string>> = {
  BatchNormalization: 'a factor and a summand for each channel, folded into the layer before or after it',
  Constant: 'a constant',
  ConstantOfShape: 'a constant',
  Dropout: 'nothing',
  Identity: 'nothing',
  Range: 'a constant',
  Shape: 'a constant: shapes are known',
  Size: 'a constant: shapes are known',
};

/** A line for each ONNX operator. */
function operatorTable(): string {
  const owners = new Map(
    operators.flatMap((operator) => Object.keys(operator.onnx).map((name) => [name, operator] as const)),
  );
  const lines = [...onnxReaders.keys()].sort().map((name) => {
    const owner = owners.get(name);
    if (owner === undefined) return `| \`${name}\` | - | - | ${readAs[name] ?? ''} |`;
    // The scales of Quantize and Dequantize become those of the tensors: they need no kernel.
    const isScale = owner.name === 'Quantize' || owner.name === 'Dequantize';
    const int8 = isScale ? '-' : owner.quantized === undefined ? 'no' : 'yes';
    const remark = isScale ? 'gives its tensor scale and zero point' : (owner.notes ?? '');
    return `| \`${name}\` | \`${owner.name}\` | ${int8} | ${remark} |`;
  });
  return ['| ONNX | becomes | int8 | remarks |', '|---|---|---|---|', ...lines].join('\n');
}

test('docs/operators.md has the operators of the registry', async () => {
  const text = readFileSync(page, 'utf8');
  const current = text.replace(/(<!-- operators -->\n)[\s\S]*?(<!-- end -->)/, `$1\n${operatorTable()}\n\n$2`);
  await expect(current).toMatchFileSnapshot(page);
});

test('every operator that is read has an operator of the registry, or a remark', () => {
  const claimed = new Set([...operators.flatMap(({ onnx }) => Object.keys(onnx)), ...Object.keys(readAs)]);
  expect([...onnxReaders.keys()].filter((name) => !claimed.has(name))).toEqual([]);
});

test('docs/operators.md has the opsets that are read', () => {
  expect(readFileSync(page, 'utf8')).toContain(`opsets ${opsetRange.first} to ${opsetRange.last}.`);
});
