import { modelError, type TesseraError } from '../errors.ts';
import type { OperatorError } from '../ops/define.ts';

/** Why a part of a model is refused. */
export interface Problem {
  /** The ONNX name of the node, or of what else is wrong (an initializer, an input, an output). */
  readonly node: string;
  /** The ONNX operator, with its domain in front where it is not the default one; else what `node` is the name of. */
  readonly operator: string;
  readonly kind: 'unsupported' | 'invalid';
  readonly reason: string;
}

/** Takes down what is wrong with the node, initializer, input or output of that name. */
export type Report = (operator: string, node: string, error: OperatorError) => void;

const hints = {
  unsupported:
    'Export the model without these parts, or replace them by supported operators; the documentation lists those.',
  /** An input is no part to leave out. */
  input: 'Export the model with an input of a fixed shape and a supported type; --dim gives open dimensions a size.',
  /** Only what is constant is refused of an output: leaving it out changes nothing else. */
  output: 'Export the model without that output: what never changes needs no model.',
  invalid:
    'The file breaks the rules of ONNX there: export it again; onnx.checker.check_model(path, full_check=True) tells more.',
} as const;

/** More than this is not read by anybody; the counts are always whole. */
const maxNamesListed = 200;
const maxLines = 200;

/** One error (exit code 3) that lists every problem, with the same reason only once. */
export function problemsError(problems: readonly Problem[], file: string): TesseraError {
  const groups = new Map<string, string[]>();
  for (const { reason, operator, node } of problems) {
    const names = groups.get(reason) ?? [];
    names.push(`${operator} ${node}`.trim());
    groups.set(reason, names);
  }
  const lines = [...groups].map(([reason, names]) => `${listed(names, maxNamesListed, ', ')}: ${reason}`);
  const heading = lines.length === 1 ? `${file}: ` : `${file}: ${problems.length} problems\n  `;
  const kinds = new Set(
    problems.map(({ kind, operator }) =>
      kind === 'unsupported' && (operator === 'input' || operator === 'output') ? operator : kind,
    ),
  );
  return modelError(heading + listed(lines, maxLines, '\n  '), [...kinds].map((kind) => hints[kind]).join('\n'));
}

function listed(texts: readonly string[], most: number, separator: string): string {
  if (texts.length <= most) return texts.join(separator);
  return [...texts.slice(0, most), `and ${texts.length - most} more`].join(separator);
}

/** Where the names of tensors, and longer texts, end. */
export const maxNameLength = 1000;

/** A name out of a file as it may go to a terminal: no control characters, and not without end. */
export function printable(text: string, most = 120): string {
  const clean = (text.length > most ? `${text.slice(0, most)}...` : text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  return clean;
}
