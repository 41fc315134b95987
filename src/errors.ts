/** What a failure means to a shell script: the exit codes of every command. */
export const exitCode = {
  bug: 1,
  usage: 2,
  model: 3,
  doesNotFit: 4,
  toolMissing: 5,
  device: 6,
  verification: 7,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/**
 * A failure that is the user's to mend: the message says what is wrong and where, the hint what can be done.
 * Anything else that is thrown is a bug of ours.
 */
export class TesseraError extends Error {
  readonly code: ExitCode;
  readonly hint: string | undefined;

  constructor(code: ExitCode, message: string, hint?: string) {
    super(message);
    this.name = 'TesseraError';
    this.code = code;
    this.hint = hint;
  }
}

/** An unsupported or invalid model (exit code 3). */
export function modelError(message: string, hint?: string): TesseraError {
  return new TesseraError(exitCode.model, message, hint);
}

/** A wrong call of a command or of the API (exit code 2). */
export function usageError(message: string, hint?: string): TesseraError {
  return new TesseraError(exitCode.usage, message, hint);
}

/** What the system says of a file, in words; anything else that was thrown says it itself. */
export function fileReason(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'not found',
    ENOTDIR: 'not found',
    EACCES: 'no permission',
    EISDIR: 'it is a folder',
    ELOOP: 'its links lead in a circle',
    ENOSPC: 'the disk is full',
    EROFS: 'the disk can only be read',
  };
  return words[code ?? ''] ?? message;
}

/** Runs what reads or writes files; what the system says where it fails is turned into words. */
export function attempt<T>(run: () => T, refuse: (reason: string) => Error): T {
  try {
    return run();
  } catch (error) {
    throw refuse(fileReason(error));
  }
}
