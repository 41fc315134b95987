/**
 * Plans of a chain of layers in blocks, counted as msf-CNN (arXiv 2505.11483) counts: a block takes its input, its output
 * and the buffers inside; the network's first input and last output are not counted; a plan takes what its largest block
 * takes. A block may be cut into patches of columns, and then computes again what two patches need.
 */
import { rowShape } from '../../dist/graph/types.js';
import { patchesOf } from '../../dist/plan/rewrite/patches.js';
import { rewrite } from '../../dist/plan/rewrite/rewrite.js';
import { fitRings, ringBytes } from '../../dist/plan/rings.js';

/** Into how many patches a block may be cut. */
const counts = [1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 16, 18, 20, 24];

/**
 * Every block: its bytes by a rule of thumb, and its multiply-accumulates. What the rings really take is looked up only
 * for blocks of plans that are chosen.
 */
function blocksOf({ layers }) {
  const whole = layers.map(({ tensors }) => bytesOf(tensors.output.shape));
  const blocks = [];
  for (let end = 1; end <= layers.length; end += 1) {
    for (let start = end - 1; start >= 0; start -= 1) {
      const outside = (start === 0 ? 0 : whole[start - 1]) + (end === layers.length ? 0 : whole[end - 1]);
      for (const count of end - start === 1 ? [1] : counts) {
        if (count > rowShape(layers[end - 1].tensors.output.shape).width) continue;
        blocks.push({ start, end, count, outside, ...estimate(layers.slice(start, end), count) });
      }
    }
  }
  return blocks;
}

const bytesOf = (shape) => shape.reduce((product, size) => product * size, 1);

/** Bytes inside: (k - 1) rows and k pixels of the columns that a patch needs; and what is computed, patch by patch. */
function estimate(layers, count) {
  const last = rowShape(layers.at(-1).tensors.output.shape).width;
  let bytes = 0;
  let macs = 0;
  for (let patch = 0; patch < count; patch += 1) {
    let [from, to] = [Math.round((patch * last) / count), Math.round(((patch + 1) * last) / count)];
    let inside = 0;
    for (let index = layers.length - 1; index >= 0; index -= 1) {
      const layer = layers[index];
      macs += (layer.macs * (to - from)) / rowShape(layer.tensors.output.shape).width;
      const { width, rows, channels } = rowShape(layer.tensors.inputs[0].shape);
      const { columns } = layer.lowering.calls[0].inputs[0];
      from = Math.max(0, from * columns.multiply + columns.add);
      to = Math.min(width, (to - 1) * columns.multiply + columns.add + columns.count);
      const taps = columns.count;
      const ring = taps === 1 ? channels : ((taps - 1) * (to - from) + taps) * channels;
      if (index > 0) inside += Math.min(ring, (to - from) * rows * channels);
    }
    bytes = Math.max(bytes, inside);
  }
  return { inside: bytes, macs };
}

/** The bytes inside a block, and its multiply-accumulates, as the planner makes it: its stages' very rings. */
function measure(program, { start, end, count }) {
  const ringsOf = ({ graph }, members) => {
    const tensors = (name) => graph.tensors.get(name);
    const rings = fitRings(members, { segments: members.map(() => 1), fetched: [], handed: [] }, tensors);
    const last = members.at(-1).node.output;
    return members.reduce((sum, { node }) => {
      if (node.output === last) return sum;
      const { width, channels } = rowShape(tensors(node.output).shape);
      return sum + ringBytes(rings.get(node.output), { width, pixelBytes: channels });
    }, 0);
  };
  const members = program.layers.slice(start, end);
  if (count === 1) return { inside: ringsOf(program, members), macs: members.reduce((sum, { macs }) => sum + macs, 0) };
  const patches = patchesOf(program, { start, end }, count);
  const made = patches === null ? null : rewrite(program, [patches], { isas: [], known: new Map() });
  if (made === null) return { inside: Number.POSITIVE_INFINITY, macs: Number.POSITIVE_INFINITY };
  // Between two names of bytes lie the layers of one patch.
  let stage = [];
  let inside = 0;
  for (const layer of made.layers) {
    if (layer.lowering.kind === 'calls' && layer.node.output.includes('[columns ')) stage.push(layer);
    else {
      if (stage.length > 0) inside = Math.max(inside, ringsOf(made, stage));
      stage = [];
    }
  }
  return { inside, macs: members.reduce((sum, { macs }) => sum + macs, 0) + patches.extraMacs };
}

/** Answers for a chain of layers: which plan has the fewest multiply-accumulates within so many bytes. */
export function blockPlans(program) {
  const blocks = blocksOf(program);
  const total = program.layers.reduce((sum, { macs }) => sum + macs, 0);
  const known = new Set();
  const size = (block) => block.outside + block.inside;
  const cheapest = (limit) => {
    const best = [{ macs: 0, block: null }];
    for (const block of blocks) {
      const before = best[block.start];
      if (size(block) > limit || before === undefined) continue;
      const macs = before.macs + block.macs;
      if (macs < (best[block.end]?.macs ?? Number.POSITIVE_INFINITY)) best[block.end] = { macs, block };
    }
    const plan = [];
    for (let end = program.layers.length; end > 0; end = best[end].block.start) {
      if (best[end] === undefined) return null;
      plan.unshift(best[end].block);
    }
    return plan;
  };
  /** The plan within a limit; looks up what its blocks really take, until all of them are known. */
  const within = (limit) => {
    for (;;) {
      const plan = cheapest(limit);
      const open = (plan ?? []).filter((block) => !known.has(block));
      if (open.length === 0) return plan;
      for (const block of open) {
        Object.assign(block, measure(program, block));
        known.add(block);
      }
    }
  };
  const overhead = (plan) => plan.reduce((sum, { macs }) => sum + macs, 0) / total;
  return {
    within,
    overhead,
    bytes: (plan) => Math.max(...plan.map(size)),
    /** The plan that takes the least at most at this overhead. */
    least(factor) {
      const limits = [...new Set(blocks.map(size))].sort((a, b) => a - b);
      let low = 0;
      let high = limits.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        const plan = within(limits[middle]);
        if (plan !== null && overhead(plan) <= factor * (1 + 1e-9)) high = middle;
        else low = middle + 1;
      }
      return within(limits[low]);
    },
  };
}
