import type { ModelDescription } from './wasm.ts';

/** The ES module that loads model.wasm, and its types: what stands between tessera.mjs and the user's code. */
export function wasmModuleFiles(description: ModelDescription): ReadonlyMap<string, string> {
  const file = 'model.wasm';
  const names = (ports: ModelDescription['inputs']): string =>
    ports.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ');
  const about = `${description.name}: ${names(description.inputs)} -> ${names(description.outputs)}`.replaceAll(
    '*/',
    '* /',
  );
  const javascript = `import { instantiate } from './tessera.mjs';

const description = ${JSON.stringify(description, null, 2)};

/** ${about} */
export function load(source = new URL('${file}', import.meta.url)) {
  return instantiate(source, description);
}
`;
  const types = `import type { Model } from './tessera.mjs';

export type { InputValues, Model, ModelDescription, PortDescription } from './tessera.mjs';

/**
 * ${about}
 * \`source\`: ${file}, where it does not lie beside this file: its bytes, its URL or a compiled module.
 * A text that is no whole URL starts at the page, or at this folder where there is no page.
 */
export function load(source?: Uint8Array | ArrayBuffer | URL | string | WebAssembly.Module): Promise<Model>;
`;
  return new Map([
    ['model.mjs', javascript],
    ['model.d.mts', types],
  ]);
}
