/**
 * How an exchange with a bootloader can go wrong:
 * `nack`: it refuses; `silence`: it does not answer in time; `garbled`: its answer makes no sense;
 * `busy`: it says that it is busy and never ends; `closed`: the line is gone.
 */
export type FaultKind = 'nack' | 'silence' | 'garbled' | 'busy' | 'closed';

export interface Fault {
  readonly kind: FaultKind;
  /** What was being done, as it reads after "at": "the address of a write". */
  readonly step: string;
  /** Whether the command itself was refused, not its address or data. */
  readonly refusesCommand: boolean;
  /** What the system says of a line that is gone. */
  readonly detail?: string;
}

/** What an exchange gives, or its fault. */
export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export const done: Reply<void> = { ok: true, value: undefined };

export function answer<T>(value: T): Reply<T> {
  return { ok: true, value };
}

export function failed(kind: FaultKind, step: string, detail?: string): { readonly ok: false; readonly fault: Fault } {
  return {
    ok: false,
    fault: { kind, step, refusesCommand: false, ...(detail === undefined ? {} : { detail }) },
  };
}

/** The fault in words. */
export function faultText({ kind, step, detail }: Fault): string {
  switch (kind) {
    case 'nack':
      return `the device refuses ${step}`;
    case 'silence':
      return `the device does not answer ${step}`;
    case 'garbled':
      return `the device's answer to ${step} makes no sense`;
    case 'busy':
      return `the device says that it is busy with ${step} and does not end`;
    case 'closed':
      return `the line is gone at ${step}${detail === undefined ? '' : ` (${detail})`}`;
  }
}
