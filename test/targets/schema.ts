/** The part of JSON Schema (draft 2020-12) that targets/schema.json is written in. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;

/** What of a value is not as a schema says; `root` holds the definitions. */
export function schemaProblems(schema: Schema, value: unknown, root: Schema, path = '$'): readonly string[] {
  if (schema.$ref !== undefined) {
    const definition = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    return definition === undefined ? [`${path}: no ${schema.$ref}`] : schemaProblems(definition, value, root, path);
  }
  const problems: string[] = [];
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.includes(typeOf(value))) return [`${path} is of type ${typeOf(value)}`];
  if (schema.enum !== undefined && !schema.enum.includes(value)) problems.push(`${path} is ${String(value)}`);
  if (typeof value === 'string' && !new RegExp(schema.pattern ?? '', 'u').test(value))
    problems.push(`${path} does not match ${schema.pattern}`);
  if (typeof value === 'number' && value < (schema.minimum ?? -Infinity)) problems.push(`${path} is below the minimum`);
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0)) problems.push(`${path} is too short`);
    const { items } = schema;
    if (items !== undefined)
      problems.push(...value.flatMap((item, index) => schemaProblems(items, item, root, `${path}[${index}]`)));
  } else if (typeof value === 'object' && value !== null) {
    problems.push(...objectProblems(schema, value as Record<string, unknown>, root, path));
  }
  return problems;
}

function objectProblems(
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  root: Schema,
  path: string,
): readonly string[] {
  const missing = (schema.required ?? []).filter((name) => !(name in value)).map((name) => `${path} has no ${name}`);
  const parts = Object.entries(value).flatMap(([name, part]) => {
    const own = schema.properties?.[name];
    if (own !== undefined) return schemaProblems(own, part, root, `${path}.${name}`);
    const others = schema.additionalProperties;
    if (others === false) return [`${path} has an unknown ${name}`];
    return typeof others === 'object' ? schemaProblems(others, part, root, `${path}.${name}`) : [];
  });
  return [...missing, ...parts];
}
