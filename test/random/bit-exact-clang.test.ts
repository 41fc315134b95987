import { nativeBackend } from '../support/native.ts';
import { wasmBackend } from '../support/wasm.ts';
import { describeRandomGraphs } from './compare.ts';

// The other half of the graphs of bit-exact.test.ts.
describeRandomGraphs(Number(process.env.TESSERA_SEED ?? 500), Number(process.env.TESSERA_RANDOM_GRAPHS ?? 500), [
  nativeBackend({ compiler: 'clang', mode: 'sanitized' }),
  wasmBackend({ compiler: 'system', optimization: 'low' }),
]);
