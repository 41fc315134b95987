import { nativeBackend } from '../support/native.ts';
import { wasmBackend } from '../support/wasm.ts';
import { describeRandomGraphs } from './compare.ts';

// A thousand graphs, of which gcc compiles the first half, and clang the other half, in bit-exact-clang.test.ts: so two
// workers share the time. TESSERA_SEED and TESSERA_RANDOM_GRAPHS choose other ones, for both compilers.
describeRandomGraphs(Number(process.env.TESSERA_SEED ?? 0), Number(process.env.TESSERA_RANDOM_GRAPHS ?? 500), [
  nativeBackend({ compiler: 'gcc', mode: 'sanitized' }),
  wasmBackend({ compiler: 'system', optimization: 'low' }),
]);
