/** Bytes of the types that fields of parameters have; pointers are those of a 32-bit machine. */
const typeBytes = { int8_t: 1, uint8_t: 1, int16_t: 2, uint16_t: 2, int32_t: 4, uint32_t: 4 } as const;
const pointerBytes = 4;

/** The bytes of a struct of numbers and pointers, each aligned to its size; null where it holds anything else. */
function structBytes(body: string): number | null {
  let [end, alignment] = [0, 1];
  for (const field of body.split(';').map((text) => text.trim())) {
    if (field === '') continue;
    const [, type, pointer] = /^(?:const )?(\w+) (\*?)\w+$/.exec(field) ?? [];
    const bytes = pointer === '*' ? pointerBytes : typeBytes[type as keyof typeof typeBytes];
    if (bytes === undefined) return null;
    end = Math.ceil(end / bytes) * bytes + bytes;
    alignment = Math.max(alignment, bytes);
  }
  return Math.ceil(end / alignment) * alignment;
}

/** The bytes on a 32-bit machine of the structs of numbers and pointers that C headers define, by name. */
export function structSizes(headers: readonly string[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const code = headers.map((text) => text.replace(/\/\*[\s\S]*?\*\//g, '')).join('\n');
  for (const [, body, name] of code.matchAll(/^typedef struct \w+ \{([^}]*)\} (\w+);$/gm)) {
    const bytes = structBytes(body as string);
    if (bytes !== null) sizes.set(name as string, bytes);
  }
  for (const [, known, name] of code.matchAll(/^typedef (\w+) (\w+);$/gm)) {
    const bytes = sizes.get(known as string);
    if (bytes !== undefined) sizes.set(name as string, bytes);
  }
  return sizes;
}
