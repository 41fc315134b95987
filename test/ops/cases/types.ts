import type { Tensor } from '../../../src/graph/types.ts';
import type { GraphBuilder } from '../../../src/ops/build.ts';

/** A small float graph of one operator or a few: data for the tests that compare float, integers and C. */
export interface OperatorCase {
  readonly name: string;
  /** Builds one small float graph; gives its graph outputs. `random` is uniform in [0, 1). */
  readonly build: (b: GraphBuilder, random: () => number) => readonly Tensor[];
}
