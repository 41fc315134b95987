import { hex } from './geometry.ts';

/** What is known of bytes in the flash. */
export type Knowledge = 'untouched' | 'unknown' | 'erased' | 'written' | 'verified';

/** What each means, as a user is told. */
export const meanings: Readonly<Record<Knowledge, string>> = {
  untouched: 'as it was before',
  unknown: 'not known: old, erased, or written in part',
  erased: 'erased (0xff), as the device says',
  written: 'new; the device took it, but it was not read back',
  verified: 'new, read back and equal',
};

export interface KnownRange {
  readonly from: number;
  /** The address behind the last byte. */
  readonly to: number;
  readonly knowledge: Knowledge;
}

/** An account of which bytes are on the device: what a user must know when something breaks off. */
export interface Ledger {
  note(address: number, bytes: number, knowledge: Knowledge): void;
  /** Whether all bytes there are so. */
  holds(address: number, bytes: number, knowledge: Knowledge): boolean;
  ranges(): readonly KnownRange[];
}

/** Bytes are known in pieces of this size: the least that is written at once. */
const granule = 32;

export function createLedger(base: number, size: number): Ledger {
  const known = new Array<Knowledge>(Math.ceil(size / granule)).fill('untouched');
  const first = (address: number): number => Math.floor((address - base) / granule);
  const behind = (address: number, bytes: number): number => Math.ceil((address + bytes - base) / granule);
  return {
    note: (address, bytes, knowledge) => void known.fill(knowledge, first(address), behind(address, bytes)),
    holds: (address, bytes, knowledge) =>
      known.slice(first(address), behind(address, bytes)).every((each) => each === knowledge),
    ranges() {
      const ranges: KnownRange[] = [];
      known.forEach((knowledge, index) => {
        const from = base + index * granule;
        const to = Math.min(from + granule, base + size);
        const last = ranges.at(-1);
        if (last?.knowledge === knowledge) ranges[ranges.length - 1] = { ...last, to };
        else ranges.push({ from, to, knowledge });
      });
      return ranges;
    },
  };
}

/** A line for each range; one sentence where nothing was touched. */
export function ledgerText(ranges: readonly KnownRange[]): string {
  if (ranges.every(({ knowledge }) => knowledge === 'untouched')) return 'Nothing on the device was changed.';
  const lines = ranges.map(({ from, to, knowledge }) => `  ${hex(from)} to ${hex(to - 1)}  ${meanings[knowledge]}`);
  return ['On the device now:', ...lines, 'The rest of the flash is as it was before.'].join('\n');
}
