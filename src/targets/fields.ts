import { usageError } from '../errors.ts';

/**
 * Reads the fields of a JSON object one by one. Each function names the field where it is wrong; `end` refuses fields
 * that nobody asked for, so that a misspelt one is not silently ignored.
 */
export interface Fields {
  text(name: string): string;
  textOr<T>(name: string, otherwise: T): string | T;
  texts(name: string, otherwise?: readonly string[]): readonly string[];
  choice<T extends string>(name: string, choices: readonly T[], otherwise?: T): T;
  /** A whole number from `least` on, as a number or as a text such as "0x20000000". */
  whole(name: string, least: number, otherwise?: number): number;
  /** The same, or null where it is left out. */
  wholeOrNull(name: string, least: number): number | null;
  flag(name: string): boolean;
  object(name: string): Fields;
  objectOrNull(name: string): Fields | null;
  objects(name: string): readonly Fields[];
  /** The same; none where it is left out. */
  objectsOrNone(name: string): readonly Fields[];
  /** Pairs of whole numbers from 1 on. */
  pairs(name: string): readonly (readonly [number, number])[] | undefined;
  /** Lists of texts by name. */
  lists(name: string): Readonly<Record<string, readonly string[]>>;
  refuse(reason: string): never;
  end(): void;
}

/** `what`: what the object is, for messages. */
export function fieldsOf(value: unknown, what: string): Fields {
  const refuse = (reason: string): never => {
    throw usageError(`${what}: ${reason}`);
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('it is no object');
  const left = new Map(Object.entries(value as Record<string, unknown>));
  const take = (name: string): unknown => {
    const found = left.get(name);
    left.delete(name);
    return found;
  };
  const wholeOf = (found: unknown, name: string, least: number): number => {
    const number = typeof found === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(found) ? Number(found) : found;
    return typeof number === 'number' && Number.isSafeInteger(number) && number >= least
      ? number
      : refuse(`${name} must be a whole number from ${least} on, or a text such as "0x20000000"`);
  };
  const textOf = (found: unknown, name: string): string =>
    typeof found === 'string' && found.trim() !== '' ? found : refuse(`${name} must be a text`);
  const textsOf = (found: unknown, name: string): readonly string[] =>
    Array.isArray(found) && found.every((item) => typeof item === 'string')
      ? found
      : refuse(`${name} must be a list of texts`);
  const objectsOf = (name: string): readonly Fields[] => {
    const found = take(name);
    if (!Array.isArray(found) || found.length === 0) return refuse(`${name} must be a list of objects`);
    return found.map((item, index) => fieldsOf(item, `${what}, ${name} ${index + 1}`));
  };
  return {
    text: (name) => textOf(take(name), name),
    textOr: (name, otherwise) => (left.has(name) ? textOf(take(name), name) : otherwise),
    texts: (name, otherwise) => (otherwise !== undefined && !left.has(name) ? otherwise : textsOf(take(name), name)),
    choice(name, choices, otherwise) {
      if (otherwise !== undefined && !left.has(name)) return otherwise;
      const found = take(name);
      return choices.find((choice) => choice === found) ?? refuse(`${name} must be one of ${choices.join(', ')}`);
    },
    whole: (name, least, otherwise) =>
      otherwise !== undefined && !left.has(name) ? otherwise : wholeOf(take(name), name, least),
    wholeOrNull: (name, least) => (left.has(name) ? wholeOf(take(name), name, least) : null),
    flag(name) {
      const found = left.has(name) ? take(name) : false;
      return typeof found === 'boolean' ? found : refuse(`${name} must be true or false`);
    },
    object: (name) => fieldsOf(take(name), `${what}, ${name}`),
    objectOrNull: (name) => (left.has(name) ? fieldsOf(take(name), `${what}, ${name}`) : null),
    objects: objectsOf,
    objectsOrNone: (name) => (left.has(name) ? objectsOf(name) : []),
    pairs(name) {
      if (!left.has(name)) return undefined;
      const found = take(name);
      if (!Array.isArray(found)) return refuse(`${name} must be a list of [count, bytes]`);
      return found.map((pair): readonly [number, number] =>
        Array.isArray(pair) && pair.length === 2
          ? [wholeOf(pair[0], name, 1), wholeOf(pair[1], name, 1)]
          : refuse(`${name} must be a list of [count, bytes]`),
      );
    },
    lists(name) {
      const found = left.has(name) ? take(name) : {};
      if (typeof found !== 'object' || found === null || Array.isArray(found))
        return refuse(`${name} must be an object of lists of texts`);
      return Object.fromEntries(
        Object.entries(found).map(([key, list]) => [key, textsOf(list, `${name}.${key}`)] as const),
      );
    },
    refuse,
    end() {
      if (left.size > 0) refuse(`unknown fields ${[...left.keys()].join(', ')}`);
    },
  };
}
