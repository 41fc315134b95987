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
      const list = names.map((name) => values[name]).find((value) => typeof value === 'object');
      const lines = list === undefined ? [line] : list.map((item) => line.replace(/\{\{(\w+)\}\}/, () => item));
      return lines.map((text) => text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => textFor(values, name)));
    })
    .join('\n');
}

function textFor(values: TemplateValues, name: string): string {
  const value = values[name];
  if (typeof value !== 'string') throw new Error(`a template asks for ${name}, which is no text`);
  return value;
}
