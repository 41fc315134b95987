/** Pieces that pictures are made of. All lengths are in pixels. */

/** Text as XML: what a model names a tensor must not become markup, nor a character that XML does not know. */
export function xmlText(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return [...text]
    .map((character) => escapes[character] ?? (isXml(character.codePointAt(0) as number) ? character : '\ufffd'))
    .join('');
}

/** The characters of XML 1.0, section 2.2; newlines and tabs have no place in a label. */
function isXml(code: number): boolean {
  return (
    (code >= 0x20 && code <= 0x7e) ||
    (code >= 0xa0 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    code >= 0x10000
  );
}

/** The width of a character, in sizes of the font. */
const characterWidth = 0.65;

/** How wide text is, about: no font is known to be there, so the widest that are common count. */
export function textWidth(text: string, size: number): number {
  return text.length * size * characterWidth;
}

/** Text that fits a width, its middle left out where it must be; empty where nothing useful fits. */
export function fitted(text: string, width: number, size: number): string {
  const most = Math.floor(width / (size * characterWidth));
  if (text.length <= most) return text;
  if (most < 4) return '';
  const head = Math.ceil((most - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}

export interface TextStyle {
  readonly size: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly className?: string;
  /** Turned by a quarter, read upwards. */
  readonly turned?: true;
}

export function textAt(
  x: number,
  y: number,
  text: string,
  { size, anchor = 'start', className, turned }: TextStyle,
): string {
  const turn = turned ? ` transform="rotate(-90 ${number(x)} ${number(y)})"` : '';
  const style = className === undefined ? '' : ` class="${className}"`;
  return `<text x="${number(x)}" y="${number(y)}" font-size="${size}" text-anchor="${anchor}"${style}${turn}>${xmlText(text)}</text>`;
}

export function lineAt(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return `<line x1="${number(x1)}" y1="${number(y1)}" x2="${number(x2)}" y2="${number(y2)}" class="${className}"/>`;
}

/** At most two digits behind the point. */
export function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Round values of an axis from 0 to `most`, four to eight of them: powers of two times 1, 1.5 or 2.5 for bytes. */
export function byteTicks(most: number): readonly number[] {
  let step = 1;
  while (most / step > 6) step *= 2;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}
