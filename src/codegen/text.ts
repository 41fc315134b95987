/** Makes text from the model safe to stand inside a C comment or a line of text: printable ASCII, no comment ends. */
export function safeText(text: string): string {
  return text
    .slice(0, 200)
    .replace(/[^ -~]/g, '?')
    .replace(/\*\//g, '* /')
    .replace(/\/\*/g, '/ *')
    .replace(/\\/g, '/')
    .replace(/\?\?/g, '? ?');
}

/** A C identifier made from any text: lower case, never empty, never starting with a digit. */
export function identifier(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 48);
  return /^[a-z]/.test(plain) ? plain : `model_${plain}`.replace(/_$/, '');
}

/** A number as a C float literal that gives exactly this float32. */
export function floatLiteral(value: number): string {
  const text = String(Math.fround(value));
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

/** The elements of an array, in lines of at most 110 characters. */
export function arrayLines(values: ArrayLike<number>): string {
  const lines: string[] = [];
  let line = '  ';
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    // The most negative int32 has no literal of its own in C.
    const text = value === -2147483648 ? '(-2147483647 - 1),' : `${value},`;
    if (line.length + text.length > 110) {
      lines.push(line);
      line = '  ';
    }
    line += text;
  }
  lines.push(line);
  return lines.join('\n');
}

/**
 * Bytes as a string literal, in lines: compilers read it many times faster than a list of numbers. Octal escapes of
 * three digits, so that no character after one can belong to it; question marks too, against trigraphs.
 */
export function byteStringLines(values: ArrayLike<number>): string {
  const lines: string[] = [];
  let line = '';
  for (let i = 0; i < values.length; i += 1) {
    const byte = (values[i] as number) & 255;
    const plain = byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 && byte !== 63;
    line += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    if (line.length > 100) {
      lines.push(`  "${line}"`);
      line = '';
    }
  }
  if (line !== '' || lines.length === 0) lines.push(`  "${line}"`);
  return lines.join('\n');
}
