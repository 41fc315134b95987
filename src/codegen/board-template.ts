/** What a template can say: a text, or a list for which its line is repeated. */
export type TemplateValues = Readonly<Record<string, string | readonly string[]>>;

/**
 * Fills a template: `{{name}}` is a value; a line with the name of a list stands once for each of its elements.
 * A name that has no value is a bug of ours, or of who wrote the template.
 */
export function fillTemplate(template: string, values: TemplateValues): string {
  return template
    .split('\n')
    .flatMap((line) => {
      const names = [...line.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name as string);
      const list = names.find((name) => typeof values[name] === 'object');
      if (list === undefined) return [fillLine(line, values)];
      return (values[list] as readonly string[]).map((item) => fillLine(line, { ...values, [list]: item }));
    })
    .join('\n');
}

function fillLine(line: string, values: TemplateValues): string {
  return line.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (typeof value !== 'string') throw new Error(`a template asks for ${name}, which is no text`);
    return value;
  });
}
