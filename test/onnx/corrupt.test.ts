import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TesseraError } from '../../src/errors.ts';
import { checkGraph } from '../../src/graph/check.ts';
import { readModelFile } from '../../src/onnx/file.ts';
import { requireGraph } from '../../src/onnx/read.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import { kit, kitPath } from '../kit.ts';

if (kit === null) console.log('left out: malformed model files (TESSERA_KIT is not set)');

/** Words that the message must hold, beside the file's name: the node and what is wrong. */
const words: Readonly<Record<string, readonly string[]>> = {
  axis_out_of_range: ['Softmax relu2', 'axis 7'],
  channels_mismatch: ['Conv conv1', '5', '3'],
  concat_no_axis: ['Concat cat', 'axis'],
  empty: ['not an ONNX model', 'empty'],
  external_missing: ['w1', 'weights_that_do_not_exist.bin', 'not found'],
  external_traversal: ['w1', 'folder', 'refused'],
  gemm_mismatch: ['Gemm fc', '8', '9'],
  graph_empty: ['no outputs'],
  group_bad: ['Conv conv2', '8 channels', 'group 3'],
  group_zero: ['Conv conv2', 'group'],
  gzipped: ['not an ONNX model', 'gzip'],
  init_dims_overflow: ['w1', 'overflow'],
  init_duplicate: ['b1', 'twice'],
  init_huge_dims: ['w1', 'dims'],
  init_inf: ['w1', 'infinity'],
  init_nan: ['w1', 'NaN'],
  init_negative_dim: ['w1', 'negative dim'],
  init_string_weight: ['w1', 'string'],
  init_too_long: ['w1', '876', '864'],
  init_too_short: ['w1', '856', '864'],
  init_two_data_fields: ['b1', 'more than one data field'],
  init_type_99: ['w1', 'unknown data type 99'],
  init_type_undefined: ['w1', 'unknown data type 0'],
  init_zero_size: ['Conv conv1', 'zero dimension'],
  input_dynamic: ['symbolic', 'H', 'W', '--dim'],
  input_missing_required: ['Conv conv1', 'input 1'],
  input_negative_dim: ['input', '-16'],
  input_no_shape: ['input', 'no shape'],
  length_overflow: ['truncated'],
  no_graph: ['no graph'],
  op_custom_domain: ['com.example.Relu relu1', 'unsupported operator'],
  op_type_empty: ['relu1', 'op_type'],
  op_unknown: ['FooBar relu1', 'unsupported operator'],
  opset_999: ['opset 999', '7 to 25'],
  output_duplicate: ['r1', 'produced twice'],
  output_never_made: ['output nowhere', 'not produced'],
  pads_short: ['Conv conv1', 'pads'],
  png_renamed: ['not an ONNX model', 'PNG'],
  qdq_axis_length: ['QuantizeLinear', '2 scales', '3 channels'],
  qdq_scale_nan: ['QuantizeLinear', 'not finite'],
  qdq_zp_type: ['QuantizeLinear', 'int64'],
  reshape_mismatch: ['Reshape rs', 'more than one -1'],
  stride_zero: ['Conv conv1', 'stride'],
  text: ['not an ONNX model', 'text'],
  tflite_renamed: ['not an ONNX model', 'TFL3'],
  truncated_64: ['truncated'],
  truncated_half: ['truncated'],
  type_mismatch_weight: ['Conv conv1', 'int64', 'float32'],
};

function cases(): readonly (readonly [string, string])[] {
  if (kit === null) return [];
  const lines = readFileSync(kitPath('corrupt', 'manifest.csv'), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [file = '', expected = ''] = line.split(',');
    return [file, expected] as const;
  });
}

describe.skipIf(kit === null)('malformed model files', () => {
  it('are all in the manifest', () => {
    const files = readdirSync(dirname(kitPath('corrupt', 'manifest.csv'))).filter((name) => name.endsWith('.onnx'));
    expect(
      cases()
        .map(([file]) => file)
        .sort(),
    ).toEqual(files.sort());
  });

  it.each(cases())(
    '%s: %s',
    (file, expected) => {
      const name = file.replace(/\.onnx$/, '');
      let refusal: unknown = null;
      try {
        checkGraph(requireGraph(readModelFile(kitPath('corrupt', file)), file), operatorNamed);
      } catch (error) {
        refusal = error;
      }
      if (expected === 'accept') expect(refusal).toBeNull();
      if (expected !== 'reject' && refusal === null) return;
      expect(refusal).toBeInstanceOf(TesseraError);
      const { code, message } = refusal as TesseraError;
      expect(code).toBe(3);
      expect(message).toContain(file);
      for (const word of words[name] ?? []) expect(message).toContain(word);
      // Every refusal that the manifest demands has its words above.
      if (expected === 'reject') expect(words[name]).toBeDefined();
    },
    10_000,
  );
});
