// Data recipe of the example "part-sorter": draws 96x96 RGB pictures of small machine parts on a conveyor belt.
//
//   node data.mjs --seed 7 --count 500 --out folder     writes x.npy (uint8, N x 3 x 96 x 96) and y.npy (int64)
//
//   import { makeSamples } from './data.mjs'
//   const { x, shape, y, names } = makeSamples({ seed: 7, count: 500 })
//
// The same seed gives the same bytes on every machine: the generator is an integer one, and sine and
// arc tangent are computed here with nothing but + - * / and square root, which IEEE 754 defines to the last bit.
// Sample i depends on the seed and on i only, so a longer run begins with the samples of a shorter one.

import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const names = ['empty', 'washer', 'hex_nut', 'bolt', 'screw', 'gear', 'retaining_ring', 'spring'];
export const side = 96;

const PIXELS = side * side;
const TAU = 6.283185307179586;

// ---------------------------------------------------------------- random numbers (sfc32)

function generator(seed, index) {
  let a = 0x9e3779b9 ^ Math.imul(seed, 0x85ebca6b);
  let b = 0x243f6a88 ^ Math.imul(index, 0xc2b2ae35);
  let c = 0xb7e15162 ^ seed;
  let d = 1;
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  const unit = () => next() / 4294967296;
  return {
    unit,
    range: (low, high) => low + (high - low) * unit(),
    whole: (low, high) => low + Math.floor(unit() * (high - low + 1)),
    chance: (p) => unit() < p,
    // Twelve bits from each of four draws: a bell curve of standard deviation 1, ending at about 3.5.
    bell: () => ((next() >>> 20) + (next() >>> 20) + (next() >>> 20) + (next() >>> 20) - 8190) / 2364.8,
  };
}

// ---------------------------------------------------------------- mathematics with exactly defined results

function sine(x) {
  let r = x - Math.floor(x / TAU + 0.5) * TAU; // -pi .. pi
  if (r > TAU / 4) r = TAU / 2 - r;
  else if (r < -TAU / 4) r = -TAU / 2 - r;
  const s = r * r;
  return r * (1 - (s / 6) * (1 - (s / 20) * (1 - (s / 42) * (1 - (s / 72) * (1 - (s / 110) * (1 - s / 156))))));
}

const cosine = (x) => sine(x + TAU / 4);

function arcTangent(y, x) {
  const ax = Math.abs(x);
  const ay = Math.abs(y);
  if (ax + ay === 0) return 0;
  let t = ax > ay ? ay / ax : ax / ay;
  t = t / (1 + Math.sqrt(1 + t * t)); // half angle: at most tan(pi / 8)
  const s = t * t;
  let angle = 2 * t * (1 - s * (1 / 3 - s * (1 / 5 - s * (1 / 7 - s * (1 / 9 - s * (1 / 11 - s / 13))))));
  if (ay > ax) angle = TAU / 4 - angle;
  if (x < 0) angle = TAU / 2 - angle;
  return y < 0 ? -angle : angle;
}

const clamp = (x, low, high) => (x < low ? low : x > high ? high : x);
const mix = (a, b, t) => a + (b - a) * t;
const smooth = (x) => x * x * (3 - 2 * x);
const length = (x, y) => Math.sqrt(x * x + y * y);

// ---------------------------------------------------------------- the parts
// Each maker returns a function (x, y) -> signed distance (negative inside) in a frame in which the part has a radius
// of about 1, plus `shade(x, y)`: relative brightness of the surface there.

const plain = () => 1;

function washer(random) {
  const hole = random.range(0.34, 0.66);
  const groove = random.chance(0.3) ? mix(hole, 1, random.range(0.35, 0.65)) : -1;
  return {
    distance: (x, y) => {
      const r = length(x, y);
      return Math.max(r - 1, hole - r);
    },
    shade: groove < 0 ? plain : (x, y) => (Math.abs(length(x, y) - groove) < 0.04 ? 0.75 : 1),
  };
}

function hexNut(random) {
  const hole = random.range(0.4, 0.58);
  const chamfer = random.range(0.82, 0.9);
  const edge = random.range(0.7, 0.95);
  const thread = random.range(0.45, 0.8);
  return {
    distance: (x, y) => {
      const ax = Math.abs(x);
      const ay = Math.abs(y);
      const hex = Math.max(ay, 0.8660254 * ax + 0.5 * ay) - 0.8660254;
      return Math.max(hex, hole - length(x, y));
    },
    shade: (x, y) => {
      const r = length(x, y);
      return r > chamfer ? edge : r < hole + 0.07 ? thread : 1;
    },
  };
}

function threadWave(x, pitch) {
  const t = x / pitch;
  return Math.abs(t - Math.floor(t) - 0.5) * 4 - 1; // -1 .. 1
}

function bolt(random) {
  const half = random.range(0.3, 0.46); // half the height of the head
  const shaft = half * random.range(0.48, 0.64);
  const head = -1 + random.range(0.24, 0.42);
  const end = random.range(0.7, 1);
  const pitch = random.range(0.085, 0.15);
  const from = mix(head, end, random.chance(0.5) ? 0.05 : random.range(0.25, 0.6));
  const corner = half * random.range(0.4, 0.6);
  return {
    distance: (x, y) => {
      const ay = Math.abs(y);
      const inHead = Math.max(Math.abs(x - (head - 1) / 2) - (head + 1) / 2, ay - half);
      let radius = shaft;
      if (x > from) radius -= 0.02 * (1 + threadWave(x, pitch));
      if (x > end - 0.07) radius -= x - (end - 0.07);
      const inShaft = Math.max(x - end, head - 0.05 - x, ay - radius);
      return Math.min(inHead, inShaft);
    },
    shade: (x, y) => {
      if (x < head) return Math.abs(y) > corner ? 0.78 : 1;
      const round = 1.08 - 0.45 * (y / shaft) * (y / shaft);
      return x > from ? round * (0.84 + 0.2 * threadWave(x + y * 0.1, pitch)) : round;
    },
  };
}

function screw(random) {
  const half = random.range(0.27, 0.42);
  const shaft = half * random.range(0.4, 0.56);
  const cone = random.range(0.18, 0.32);
  const end = random.range(0.8, 1);
  const tip = random.range(0.2, 0.4);
  const pitch = random.range(0.12, 0.2);
  const depth = random.range(0.03, 0.055);
  const from = random.chance(0.6) ? -1 + cone : -1 + cone + random.range(0.2, 0.55);
  return {
    distance: (x, y) => {
      const ay = Math.abs(y);
      const inCone = Math.max(-1 - x, x - (-1 + cone), ay - half + ((half - shaft) * Math.max(0, x + 0.95)) / cone);
      let radius = shaft;
      if (x > end - tip) radius *= Math.max(0, (end - x) / tip);
      if (x > from) radius += depth * threadWave(x + 0.2 * y, pitch) - depth * 0.6;
      const inShaft = Math.max(x - end, -1 - x, ay - radius);
      return Math.min(inCone, inShaft);
    },
    shade: (x, y) => {
      const round = 1.08 - 0.4 * (y / (shaft + 0.05)) * (y / (shaft + 0.05));
      if (x < -1 + cone) return x < -0.93 ? 0.7 : 0.95;
      return x > from ? round * (0.8 + 0.24 * threadWave(x + 0.35 * y, pitch)) : round;
    },
  };
}

function gear(random) {
  const teeth = random.whole(9, 20);
  const depth = random.range(0.12, 0.2);
  const bore = random.range(0.16, 0.34);
  const key = random.chance(0.5) ? bore * random.range(0.25, 0.4) : 0;
  const spokes = random.chance(0.45) ? random.whole(3, 6) : 0;
  const hub = spokes ? random.range(0.02, 0.12) + bore + 0.1 : 0;
  const rim = random.range(0.6, 0.68);
  const web = random.range(0.75, 1);
  const mid = (hub + rim) / 2;
  const pocket = spokes ? Math.min((rim - hub) / 2, mid * sine(TAU / 2 / spokes) - 0.05) : 0;
  return {
    distance: (x, y) => {
      const r = length(x, y);
      const angle = arcTangent(y, x);
      const wave = clamp(sine(angle * teeth) * 1.7, -1, 1);
      let d = r - (1 - depth / 2 + (depth / 2) * wave);
      d = Math.max(d, bore - r);
      if (key) d = Math.max(d, -Math.max(Math.abs(y) - key, Math.abs(x - bore) - key));
      if (spokes) {
        const step = TAU / spokes;
        const a = angle - Math.floor(angle / step + 0.5) * step;
        d = Math.max(d, pocket - length(r * cosine(a) - mid, r * sine(a)));
      }
      return d;
    },
    shade: (x, y) => {
      const r = length(x, y);
      return r > bore + 0.1 && r < rim ? web : 1;
    },
  };
}

function retainingRing(random) {
  const inner = random.range(0.68, 0.82);
  const gap = random.range(0.3, 0.75); // half the opening, in radians
  const lug = random.chance(0.75) ? random.range(0.13, 0.2) : 0;
  const middle = (1 + inner) / 2;
  const at = middle - (lug ? random.range(0, 0.16) : 0);
  const cx = cosine(gap);
  const cy = sine(gap);
  return {
    distance: (x, y) => {
      const r = length(x, y);
      const ay = Math.abs(y);
      const band = Math.max(r - 1, inner - r);
      let d = Math.max(band, x * cy - ay * cx); // outside the wedge |angle| < gap
      if (lug) {
        const l = length(x - at * cx, ay - at * cy);
        d = Math.min(d, l - lug);
        d = Math.max(d, lug * 0.42 - l);
      } else {
        d = Math.min(d, length(x - middle * cx, ay - middle * cy) - (1 - inner) / 2);
      }
      return d;
    },
    shade: plain,
  };
}

function spring(random) {
  const half = random.range(0.24, 0.42);
  const turns = random.whole(5, 10);
  const wire = random.range(0.035, 0.055);
  const k = (TAU / 2) * turns;
  const strand = (x, y, lean) => {
    const f = half * sine(k * x + lean);
    const slope = half * k * cosine(k * x + lean);
    return Math.abs(y - f) / Math.sqrt(1 + slope * slope);
  };
  return {
    distance: (x, y) => {
      const d = strand(x, y, 0) - wire;
      return Math.max(d, Math.abs(x) - 1, Math.abs(y) - half - wire);
    },
    shade: (x, y) => {
      const back = cosine(k * x) < 0 ? 0.68 : 1;
      return back * (1.1 - 0.35 * (y / half) * (y / half));
    },
  };
}

const makers = [null, washer, hexNut, bolt, screw, gear, retainingRing, spring];

// ---------------------------------------------------------------- belt, light, dirt

// Smooth noise between -1 and 1 on a lattice of random values.
function valueNoise(random, cell, stretchX, stretchY) {
  const size = 64;
  const lattice = new Float64Array(size * size);
  for (let i = 0; i < lattice.length; i++) lattice[i] = random.range(-1, 1);
  return (x, y) => {
    const u = (x * stretchX) / cell + 100;
    const v = (y * stretchY) / cell + 100;
    const iu = Math.floor(u);
    const iv = Math.floor(v);
    const fu = smooth(u - iu);
    const fv = smooth(v - iv);
    const at = (a, b) => lattice[(b & (size - 1)) * size + (a & (size - 1))];
    return mix(mix(at(iu, iv), at(iu + 1, iv), fu), mix(at(iu, iv + 1), at(iu + 1, iv + 1), fu), fv);
  };
}

function drawBelt(random, image) {
  const tone = random.range(0.1, 0.62);
  const tints = [
    [1, 1, 1],
    [0.72, 1, 0.84],
    [0.75, 0.9, 1.12],
    [1.06, 0.98, 0.88],
    [0.9, 1.02, 1.02],
  ];
  const tint = tints[random.whole(0, tints.length - 1)];
  const turn = random.range(0, TAU);
  const c = cosine(turn);
  const s = sine(turn);
  const coarse = valueNoise(random, random.range(12, 30), 1, 1);
  const fine = valueNoise(random, random.range(1.5, 4), 1, random.chance(0.4) ? random.range(0.15, 0.5) : 1);
  const coarseAmount = random.range(0, 0.2);
  const fineAmount = random.range(0.02, 0.2);
  const weave = random.chance(0.35) ? random.range(0.03, 0.13) : 0;
  const pitch = random.range(3.5, 9);
  const cross = random.chance(0.5);
  const seam = random.chance(0.15) ? random.range(-40, 40) : 1000;
  const seamTone = random.range(0.6, 1.35);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const u = c * (x - 48) + s * (y - 48);
      const v = c * (y - 48) - s * (x - 48);
      let level = 1 + coarseAmount * coarse(x, y) + fineAmount * fine(u, v);
      if (weave) level += weave * (cross ? sine((TAU * u) / pitch) * sine((TAU * v) / pitch) : sine((TAU * u) / pitch));
      if (Math.abs(u - seam) < 1.5) level *= seamTone;
      for (let ch = 0; ch < 3; ch++) image[ch * PIXELS + y * side + x] = tone * level * tint[ch];
    }
  }
}

function blend(image, i, colour, alpha) {
  for (let ch = 0; ch < 3; ch++) image[ch * PIXELS + i] += (colour[ch] - image[ch * PIXELS + i]) * alpha;
}

function someColour(random, low, high) {
  const tone = random.range(low, high);
  const warm = random.range(-0.15, 0.15);
  return [tone * (1 + warm), tone * (1 + random.range(-0.06, 0.06)), tone * (1 - warm)];
}

// A stain, a chip, a curl of swarf, a scratch or a smear of paint. All can come near or onto the part.
function drawDirt(random, image) {
  const kind = random.whole(0, 4);
  const cx = random.range(4, 92);
  const cy = random.range(4, 92);
  const turn = random.range(0, TAU);
  const c = cosine(turn);
  const s = sine(turn);
  let colour;
  let reach;
  let distance;
  let soft = 0.5;
  let strength = random.range(0.5, 1);
  if (kind === 0) {
    // oil
    colour = someColour(random, 0.02, 0.2);
    reach = random.range(5, 16);
    const squash = random.range(0.5, 1);
    const wobble = valueNoise(random, 6, 1, 1);
    distance = (u, v, x, y) => length(u, v / squash) - reach * (0.75 + 0.25 * wobble(x, y));
    soft = random.range(1, 4);
    strength *= 0.7;
  } else if (kind === 1) {
    // chip of metal or plastic
    colour = someColour(random, 0.1, 0.9);
    reach = random.range(1.5, 5);
    const slim = random.range(0.3, 1);
    const cut = random.range(0.2, 0.9);
    distance = (u, v) => Math.max(Math.abs(u) - reach, Math.abs(v) - reach * slim, u * 0.6 + v * 0.8 - reach * cut);
  } else if (kind === 2) {
    // curl of swarf
    colour = someColour(random, 0.4, 0.95);
    reach = random.range(4, 11);
    const width = random.range(0.5, 1.1);
    const open = random.range(-0.8, 0.6);
    distance = (u, v) => Math.max(Math.abs(length(u, v) - reach) - width, reach * open - u);
    reach += 2;
  } else if (kind === 3) {
    // scratch
    colour = someColour(random, 0.05, 0.9);
    reach = random.range(10, 45);
    const width = random.range(0.3, 0.9);
    distance = (u, v) => Math.max(Math.abs(v) - width, Math.abs(u) - reach);
    strength *= 0.7;
  } else {
    // smear
    colour = [random.range(0.1, 0.9), random.range(0.1, 0.8), random.range(0.1, 0.8)];
    reach = random.range(4, 12);
    const slim = random.range(0.15, 0.5);
    const rough = valueNoise(random, 2.5, 1, 1);
    distance = (u, v, x, y) => Math.max(Math.abs(u) - reach, Math.abs(v) - reach * slim) + 2 * rough(x, y);
    strength *= 0.6;
  }
  const box = reach + 6;
  for (let y = Math.max(0, Math.floor(cy - box)); y < Math.min(side, cy + box); y++) {
    for (let x = Math.max(0, Math.floor(cx - box)); x < Math.min(side, cx + box); x++) {
      const dx = x - cx;
      const dy = y - cy;
      const alpha = clamp(0.5 - distance(c * dx + s * dy, c * dy - s * dx, x, y) / (2 * soft), 0, 1) * strength;
      if (alpha > 0) blend(image, y * side + x, colour, alpha);
    }
  }
}

const metals = [
  [0.7, 0.72, 0.75], // steel, zinc
  [0.82, 0.82, 0.8], // stainless
  [0.78, 0.62, 0.32], // brass, yellow chromate
  [0.17, 0.17, 0.19], // black oxide
  [0.66, 0.42, 0.3], // copper
  [0.44, 0.42, 0.4], // raw, oily
];

// Draws the part with its shadow; returns its centre and radius for what is laid over it.
function drawPart(random, image, part, glow, radiusRange) {
  const round = part.round;
  const radius = random.range(radiusRange[0], radiusRange[1]) * (round ? 0.82 : 1.12);
  const away = Math.max(6, 46 - radius * 0.72);
  const cx = 48 + random.range(-1, 1) * away;
  const cy = 48 + random.range(-1, 1) * away;
  const turn = random.range(0, TAU);
  const c = cosine(turn) / radius;
  const s = sine(turn) / radius;
  // The camera is not exactly overhead: squeeze along a random direction.
  const lean = random.range(0, TAU);
  const lc = cosine(lean);
  const ls = sine(lean);
  const squeeze = 1 / random.range(0.76, 1);
  const colour = metals[random.whole(0, metals.length - 1)].map((v) => v * random.range(0.85, 1.15));
  const height = random.range(0.5, 1.5) * Math.max(1, radius * 0.05);
  const shadow = random.range(0.1, 0.75);
  const shadowX = -glow.x * (1 + height * 1.6);
  const shadowY = -glow.y * (1 + height * 1.6);
  const shadowSoft = random.range(0.7, 2.5);
  const bevel = random.range(0.15, 0.6);
  const shine = random.chance(0.6) ? random.range(0.1, 0.6) : 0;
  const shineAt = random.range(-0.6, 0.6);
  const shineWidth = random.range(0.1, 0.35);
  const brushed = valueNoise(random, random.range(1, 3), 1, random.range(0.2, 1));
  const brush = random.range(0, 0.22);
  const rust = random.chance(0.25) ? valueNoise(random, random.range(3, 7), 1, 1) : null;

  const field = new Float64Array(PIXELS).fill(1000);
  const us = new Float64Array(PIXELS);
  const vs = new Float64Array(PIXELS);
  const box = radius * 1.1 + 8;
  const y0 = Math.max(0, Math.floor(cy - box));
  const y1 = Math.min(side, Math.floor(cy + box));
  const x0 = Math.max(0, Math.floor(cx - box));
  const x1 = Math.min(side, Math.floor(cx + box));
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const dx = x - cx;
      const dy = y - cy;
      const along = (lc * dx + ls * dy) * squeeze;
      const across = lc * dy - ls * dx;
      const px = lc * along - ls * across;
      const py = ls * along + lc * across;
      const i = y * side + x;
      us[i] = c * px + s * py;
      vs[i] = c * py - s * px;
      field[i] = part.distance(us[i], vs[i]) * radius;
    }
  }
  const sx = Math.floor(shadowX + 0.5);
  const sy = Math.floor(shadowY + 0.5);
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const i = y * side + x;
      const fy = y - sy;
      const fx = x - sx;
      const dark =
        fx < 0 || fy < 0 || fx >= side || fy >= side ? 0 : clamp(0.5 - field[fy * side + fx] / (2 * shadowSoft), 0, 1);
      for (let ch = 0; ch < 3; ch++) image[ch * PIXELS + i] *= 1 - dark * shadow;
    }
  }
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const i = y * side + x;
      const d = field[i];
      const alpha = clamp(0.5 - d, 0, 1);
      if (alpha === 0) continue;
      let level = part.shade(us[i], vs[i]);
      if (d > -2.5 && x > x0 && y > y0 && x < x1 - 1 && y < y1 - 1) {
        // the edge turns towards the light or away
        const gx = field[i + 1] - field[i - 1];
        const gy = field[i + side] - field[i - side];
        const g = length(gx, gy) + 0.001;
        level += (bevel * (gx * glow.x + gy * glow.y)) / g;
      }
      if (shine) {
        const t = (us[i] * 0.8 + vs[i] * 0.6 - shineAt) / shineWidth;
        level += shine / (1 + t * t * t * t);
      }
      level += brush * brushed(x, y);
      let paint = colour;
      if (rust) {
        const amount = clamp(rust(x, y) * 2 - 0.5, 0, 0.8);
        paint = [mix(colour[0], 0.4, amount), mix(colour[1], 0.22, amount), mix(colour[2], 0.12, amount)];
      }
      blend(image, i, [paint[0] * level, paint[1] * level, paint[2] * level], alpha);
    }
  }
  return { cx, cy, radius };
}

// A cable, a gripper finger or an air hose in front of everything.
function drawBand(random, image, place) {
  const turn = random.range(0, TAU);
  const c = cosine(turn);
  const s = sine(turn);
  const offset = place ? random.range(0.15, 0.8) * place.radius : random.range(0, 40);
  const px = (place ? place.cx : 48) - s * offset;
  const py = (place ? place.cy : 48) + c * offset;
  const half = random.range(1.5, place ? Math.max(2, place.radius * 0.22) : 7);
  const bend = random.range(-0.006, 0.006);
  const finger = random.chance(0.4);
  const colour = random.chance(0.4)
    ? [random.range(0.1, 0.9), random.range(0.1, 0.6), random.range(0.05, 0.6)]
    : someColour(random, 0.05, 0.6);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const u = c * (x - px) + s * (y - py);
      const v = c * (y - py) - s * (x - px) + bend * u * u;
      let d = Math.abs(v) - half;
      if (finger) d = Math.max(d, u - 0.3 * half);
      const alpha = clamp(0.5 - d, 0, 1);
      if (alpha === 0) continue;
      const level = 1.1 - 0.5 * (v / half) * (v / half);
      blend(image, y * side + x, [colour[0] * level, colour[1] * level, colour[2] * level], alpha);
    }
  }
}

// ---------------------------------------------------------------- camera

function blur(image, scratch, dx, dy, taps) {
  // Averages `taps` points along the line (dx, dy); neighbours are taken with linear interpolation.
  for (let ch = 0; ch < 3; ch++) {
    const base = ch * PIXELS;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        let sum = 0;
        for (let k = 0; k < taps; k++) {
          const t = taps === 1 ? 0 : k / (taps - 1) - 0.5;
          const u = clamp(x + dx * t, 0, side - 1.001);
          const v = clamp(y + dy * t, 0, side - 1.001);
          const iu = Math.floor(u);
          const iv = Math.floor(v);
          const i = base + iv * side + iu;
          sum += mix(mix(image[i], image[i + 1], u - iu), mix(image[i + side], image[i + side + 1], u - iu), v - iv);
        }
        scratch[base + y * side + x] = sum / taps;
      }
    }
  }
  image.set(scratch);
}

function expose(random, image, glow, out, start) {
  const gain = random.range(0.45, 1.5);
  const warmth = random.range(-0.16, 0.16);
  const balance = [1 + warmth, 1, 1 - warmth];
  const slope = random.range(0, 0.55);
  const haze = random.chance(0.2) ? random.range(0.02, 0.15) : 0;
  const vignette = random.range(0, 0.35);
  const noise = random.range(0.008, 0.045);
  const lampX = random.range(0, side);
  const lampY = random.range(0, side);
  const lamp = random.chance(0.2) ? random.range(0.1, 0.5) : 0;
  const lampSize = random.range(8, 22);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const nx = (x - 47.5) / 48;
      const ny = (y - 47.5) / 48;
      const light = gain * (1 + slope * (nx * glow.x + ny * glow.y) * 0.8) * (1 - vignette * (nx * nx + ny * ny) * 0.5);
      let spot = 0;
      if (lamp) {
        const d = ((x - lampX) * (x - lampX) + (y - lampY) * (y - lampY)) / (lampSize * lampSize);
        spot = lamp / (1 + d * d);
      }
      for (let ch = 0; ch < 3; ch++) {
        const i = ch * PIXELS + y * side + x;
        let v = Math.max(0, image[i]) * light * balance[ch] + haze + spot;
        v = v > 0.8 ? 0.8 + (v - 0.8) / (1 + (v - 0.8) * 2.5) : v; // the sensor saturates gently
        v += noise * (0.6 + 0.8 * Math.sqrt(clamp(v, 0, 1))) * random.bell();
        out[start + i] = Math.floor(clamp(v, 0, 1) * 255 + 0.5);
      }
    }
  }
}

// ---------------------------------------------------------------- samples

function drawSample(seed, index, out, start, image, scratch) {
  const random = generator(seed, index);
  const label = random.whole(0, names.length - 1);
  const angle = random.range(0, TAU);
  const glow = { x: cosine(angle), y: sine(angle) };
  drawBelt(random, image);
  const under = random.whole(0, label === 0 ? 7 : 4);
  for (let i = 0; i < under; i++) drawDirt(random, image);
  let place = null;
  if (label !== 0) {
    const part = makers[label](random);
    part.round = label === 1 || label === 2 || label === 5 || label === 6;
    place = drawPart(random, image, part, glow, [15.5, 40]);
  }
  const over = random.chance(0.35) ? random.whole(1, 2) : 0;
  for (let i = 0; i < over; i++) drawDirt(random, image);
  if (random.chance(0.3)) drawBand(random, image, place);
  if (random.chance(0.5)) {
    // out of focus
    const amount = random.range(0.6, 2.4);
    blur(image, scratch, amount, 0, 3);
    blur(image, scratch, 0, amount, 3);
  }
  if (random.chance(0.3)) {
    // the belt moves during the exposure
    const amount = random.range(1.5, 5);
    const way = random.range(0, TAU);
    blur(image, scratch, amount * cosine(way), amount * sine(way), 5);
  }
  expose(random, image, glow, out, start);
  return label;
}

export function makeSamples({ seed, count }) {
  const x = new Uint8Array(count * 3 * PIXELS);
  const y = new Int32Array(count);
  const image = new Float64Array(3 * PIXELS);
  const scratch = new Float64Array(3 * PIXELS);
  for (let i = 0; i < count; i++) y[i] = drawSample(seed, i, x, i * 3 * PIXELS, image, scratch);
  return { x, shape: [count, 3, side, side], y, names };
}

// ---------------------------------------------------------------- files

function npy(type, shape, data) {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  let header = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  header += `${' '.repeat(63 - ((10 + header.length) % 64))}\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([
    head,
    Buffer.from(header, 'latin1'),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

function main(args) {
  const options = { seed: '1', count: '400', out: '.' };
  for (let i = 0; i < args.length; i += 2) {
    const key = args[i].replace(/^--/, '');
    if (!(key in options) || args[i + 1] === undefined) {
      console.error('usage: node data.mjs --seed 7 --count 500 --out folder');
      process.exit(2);
    }
    options[key] = args[i + 1];
  }
  const { x, shape, y } = makeSamples({ seed: Number(options.seed), count: Number(options.count) });
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, 'x.npy'), npy('|u1', shape, x));
  writeFileSync(join(options.out, 'y.npy'), npy('<i8', [y.length], BigInt64Array.from(y, BigInt)));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
