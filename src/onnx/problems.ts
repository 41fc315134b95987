import { modelError, type TesseraError } from '../errors.ts';

/** Why a part of a model is refused. */
export interface Problem {
  /** The ONNX name of the node, or of what else is wrong (an initializer, an input, an output). */
  readonly node: string;
  /** The ONNX operator, with its domain in front where it is not the default one; else what `node` is the name of. */
  readonly operator: string;
  readonly kind: 'unsupported' | 'invalid';
  readonly reason: string;
  /** What the user can do, where there is more to say than of every problem of its kind. */
  readonly hint?: string;
}

const hints = {
  unsupported: 'Export the model without these parts, or replace them by supported operators; the documentation lists those.',
  invalid: 'The file breaks the rules of ONNX there: export it again; onnx.checker.check_model(path, full_check=True) tells more.',
} as const;

/** One error (exit code 3) that lists every problem, with the same words only once. */
export function problemsError(problems: readonly Problem[], file: string): TesseraError {
  const lines = [...grouped(problems)].map(([reason, nodes]) => `${nodes.join(', ')}: ${reason}`);
  const heading = lines.length === 1 ? `${file}: ` : `${file}: ${problems.length} problems\n  `;
  const found = new Set(problems.map((problem) => problem.hint ?? hints[problem.kind]));
  return modelError(heading + lines.join('\n  '), [...found].join('\n'));
}

function grouped(problems: readonly Problem[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { reason, operator, node } of problems) {
    const names = groups.get(reason) ?? [];
    names.push(node === '' ? operator : `${operator} ${printable(node)}`);
    groups.set(printable(reason, 1000), names);
  }
  return groups;
}

/** A name out of a file as it may go to a terminal: no control characters, and not without end. */
export function printable(text: string, most = 120): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  return clean.length > most ? `${clean.slice(0, most)}...` : clean;
}
