import type { Session } from './session.ts';

/** The first byte in which a board differs. */
export interface Difference {
  readonly sample: number;
  readonly output: number;
  readonly index: number;
  readonly expected: number;
  readonly got: number;
}

export interface VerifySample {
  /** The steps of each input. */
  readonly inputs: readonly Int8Array[];
  /** The steps of each output that the simulator gave. */
  readonly outputs: readonly Int8Array[];
}

export interface Verification {
  /** Samples that were run; with a difference, the one that differs included. */
  readonly samples: number;
  /** Bytes of output that were compared. */
  readonly bytes: number;
  readonly difference: Difference | null;
}

/** Runs samples on a board and compares every byte of the outputs; stops at the first that differs. */
export async function verifySamples(session: Session, samples: Iterable<VerifySample>): Promise<Verification> {
  let count = 0;
  let bytes = 0;
  for (const { inputs, outputs } of samples) {
    const sample = count;
    count += 1;
    await session.run(inputs);
    for (const [output, expected] of outputs.entries()) {
      const got = await session.output(output, expected.length);
      bytes += expected.length;
      const index = expected.findIndex((value, at) => value !== got[at]);
      if (index < 0) continue;
      const difference = { sample, output, index, expected: expected[index] as number, got: got[index] as number };
      return { samples: count, bytes, difference };
    }
  }
  return { samples: count, bytes, difference: null };
}
