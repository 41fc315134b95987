// Data recipe of the example "home-sounds": synthesises two seconds of sound in a home and computes the log-mel
// spectrogram that the model reads.
//
//   node data.mjs --seed 7 --count 500 --out folder     writes x.npy (float32, N x 1 x 64 x 40) and y.npy (int64)
//
//   import { makeSamples } from './data.mjs'
//   const { x, shape, y, names } = makeSamples({ seed: 7, count: 500 })
//
// Every class has a bank of sources: this smoke alarm, that dog. Seeds below 1000 hear the first 48 sources of each
// bank in ordinary rooms; seeds from 1000 up hear 24 other sources, over a wider range of pitch, in other rooms and
// through other microphones. Use a seed below 1000 to train and to calibrate, and one from 1000 up to evaluate.
//
// The same seed gives the same bytes on every machine: the generator is an integer one, and sine, exponential and
// logarithm are computed here with nothing but + - * / and square root, which IEEE 754 defines to the last bit.
// Sample i depends on the seed and on i only, so a longer run begins with the samples of a shorter one.

import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const names = [
  'background',
  'smoke_alarm',
  'doorbell',
  'glass_break',
  'baby_cry',
  'dog_bark',
  'knock',
  'running_water',
];
export const frames = 64;
export const bands = 40;
export const firstHeldOutSeed = 1000;

const RATE = 16000;
const WINDOW = 512; // 32 ms
const HOP = 480; // 30 ms
const LENGTH = (frames - 1) * HOP + WINDOW; // 1.92 s
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
    octaves: (low, high) => low * exp(unit() * log(high / low)), // even in pitch
    whole: (low, high) => low + Math.floor(unit() * (high - low + 1)),
    chance: (p) => unit() < p,
    white: () => next() / 2147483648 - 1,
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

const LN2 = 0.6931471805599453;

function exp(x) {
  if (x < -700) return 0;
  const k = Math.floor(x / LN2 + 0.5);
  const r = x - k * LN2;
  let y =
    1 + r * (1 + (r / 2) * (1 + (r / 3) * (1 + (r / 4) * (1 + (r / 5) * (1 + (r / 6) * (1 + (r / 7) * (1 + r / 8)))))));
  for (let i = 0; i < k; i++) y *= 2;
  for (let i = 0; i > k; i--) y /= 2;
  return y;
}

const cell = new DataView(new ArrayBuffer(8));

function log(x) {
  cell.setFloat64(0, x);
  const high = cell.getUint32(0);
  const k = (high >>> 20) - 1023;
  cell.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let m = cell.getFloat64(0); // 1 .. 2
  let e = k;
  if (m > 1.4142135623730951) {
    m /= 2;
    e += 1;
  }
  const t = (m - 1) / (m + 1);
  const s = t * t;
  return e * LN2 + 2 * t * (1 + s * (1 / 3 + s * (1 / 5 + s * (1 / 7 + s * (1 / 9 + s / 11)))));
}

const power = (base, exponent) => exp(exponent * log(base));
const clamp = (x, low, high) => (x < low ? low : x > high ? high : x);
const mix = (a, b, t) => a + (b - a) * t;

// sin(2 pi phase) from a table, for phases that run on; interpolated.
const TABLE = 4096;
const waves = new Float64Array(TABLE + 1);
for (let i = 0; i <= TABLE; i++) waves[i] = sine((TAU * i) / TABLE);

function wave(phase) {
  const p = (phase - Math.floor(phase)) * TABLE;
  const i = Math.floor(p);
  return waves[i] + (waves[i + 1] - waves[i]) * (p - i);
}

// ---------------------------------------------------------------- building blocks

// Two-pole band-pass filter; `width` in Hz.
function resonator(frequency, width) {
  const r = exp((-TAU / 2) * (width / RATE));
  const a = 2 * r * cosine((TAU * frequency) / RATE);
  const b = -r * r;
  const gain = (1 - r) * Math.sqrt(1 + r * r - 2 * r * cosine((2 * TAU * frequency) / RATE));
  let y1 = 0;
  let y2 = 0;
  return (x) => {
    const y = gain * x + a * y1 + b * y2;
    y2 = y1;
    y1 = y;
    return y;
  };
}

function lowPass(frequency) {
  const k = 1 - exp((-TAU * frequency) / RATE);
  let y = 0;
  return (x) => (y += k * (x - y));
}

// Adds a partial that starts at `start` (seconds), with an attack and an exponential decay (seconds to 1/e).
function addPartial(out, start, frequency, amplitude, decay, phase) {
  if (frequency > 7600) return;
  const step = frequency / RATE;
  const fall = exp(-1 / (decay * RATE));
  let level = amplitude;
  let rise = 0;
  const from = Math.floor(start * RATE);
  for (let i = Math.max(0, from); i < LENGTH; i++) {
    if (i === 0 && from < 0) level *= exp(from / (decay * RATE)); // already ringing when the recording begins
    rise += (1 - rise) * 0.02;
    out[i] += rise * level * wave(phase + step * (i - from));
    level *= fall;
    if (level < 1e-5) break;
  }
}

// Adds noise through `filter`, with an attack and an exponential decay.
function addBurst(random, out, start, amplitude, attack, decay, filter) {
  const from = Math.floor(start * RATE);
  const rise = Math.max(1, attack * RATE);
  const fall = exp(-1 / (decay * RATE));
  let level = amplitude;
  for (let i = 0; from + i < LENGTH; i++) {
    const v = filter(random.white()) * level * Math.min(1, i / rise);
    if (from + i >= 0) out[from + i] += v;
    if (i > rise) level *= fall;
    if (level < amplitude * 1e-3) break;
  }
}

// A trapezoid that is 1 from `start` to `end` and has flanks of `flank` seconds.
const gate = (t, start, end, flank) => clamp(Math.min(t - start, end - t) / flank + 0.5, 0, 1);

// ---------------------------------------------------------------- sources
// Each maker fixes what belongs to the device or the animal; the function it returns plays it once,
// differently each time. `wide` stretches the ranges of pitch and time, for the sources that are held out.

function smokeAlarm(random, wide) {
  const low = random.chance(0.2);
  const pitch = low
    ? random.range(500 - 20 * wide, 540 + 20 * wide)
    : random.range(2850 - 200 * wide, 3400 + 200 * wide);
  const temporal4 = !low && random.chance(0.3); // the pattern of carbon monoxide alarms: four quick beeps
  const on = temporal4 ? 0.1 : random.range(0.45, 0.55);
  const off = temporal4 ? 0.1 : random.range(0.4, 0.6);
  const partials = [];
  for (let k = 2; k <= 9; k++)
    partials.push(low ? (k & 1 ? random.range(0.6, 1) / k : random.range(0, 0.1)) : random.range(0.02, 0.35));
  const sweep = !low && random.chance(0.2) ? random.range(100, 350) : 0;
  return (random, out) => {
    const period = on + off;
    const offset = random.range(0, period);
    const beeps = temporal4 ? random.whole(3, 4) : 99;
    let phase = 0;
    for (let i = 0; i < LENGTH; i++) {
      const t = i / RATE + (temporal4 ? -0.1 - offset : offset);
      const n = Math.floor(t / period);
      const inside = t - n * period;
      const level = n >= 0 && n < beeps ? gate(inside, 0.01, on, 0.008) : 0;
      const f = pitch + sweep * (inside / on - 0.5);
      phase += f / RATE;
      if (level === 0) continue;
      let v = wave(phase);
      for (let k = 2; k * f < 7600 && k <= 9; k++) v += partials[k - 2] * wave(phase * k);
      out[i] += v * level;
    }
  };
}

function doorbell(random, wide) {
  const kind = random.whole(0, 2); // chime of bars, electronic melody, buzzer
  const base = random.octaves(520 / (1 + 0.12 * wide), 900 * (1 + 0.12 * wide));
  const decay = random.range(0.25, 0.7);
  const gap = random.range(0.35, 0.65);
  const ratios = [1, random.range(1.98, 2.02), random.range(2.7, 3.05), random.range(4, 5.4)];
  const levels = [1, random.range(0.1, 0.5), random.range(0.05, 0.4), random.range(0, 0.2)];
  const steps = [
    [0, -4],
    [0, -3],
    [0, -5],
    [0, -4, -7],
    [4, 0, 2, -5],
    [0, 4, 7],
    [0, 2, 4, 5],
  ][random.whole(0, 6)];
  const mains = random.chance(0.5) ? 100 : 120;
  const colour = random.range(900, 2600);
  return (random, out) => {
    const start = random.range(-0.15, 0.7);
    if (kind === 2) {
      const end = start + random.range(0.4, 1.1);
      const tone = resonator(colour, 900);
      let phase = 0;
      for (let i = 0; i < LENGTH; i++) {
        const level = gate(i / RATE, start, end, 0.02);
        phase += mains / RATE;
        const p = phase - Math.floor(phase);
        const v = (p < 0.35 ? 1 : -0.5) + 0.25 * random.white();
        out[i] += level * (tone(v) * 3 + 0.15 * v);
      }
      return;
    }
    const notes = kind === 0 ? steps.slice(0, 2) : steps;
    const stride = kind === 0 ? gap : gap * 0.6;
    const ring = kind === 0 ? decay : decay * 0.5;
    notes.forEach((note, n) => {
      const f = base * power(2, note / 12);
      const hit = random.range(0.8, 1.1);
      ratios.forEach((ratio, k) => {
        addPartial(out, start + n * stride, f * ratio, hit * levels[k], ring / (1 + 0.5 * k), random.unit());
      });
    });
  };
}

function glassBreak(random, wide) {
  const centre = random.octaves(2600 / (1 + 0.2 * wide), 4800 * (1 + 0.1 * wide));
  const pane = random.range(0.05, 0.16);
  const shards = random.whole(14 - 4 * wide, 45);
  const spread = random.range(0.25, 0.8);
  const body = random.range(200, 700);
  return (random, out) => {
    const start = random.range(0.02, 0.9);
    addBurst(random, out, start, 5, 0.001, pane * 0.4, resonator(body, body));
    addBurst(random, out, start, 2.2, 0.001, pane, resonator(centre, centre * 0.9));
    addBurst(random, out, start, 0.5, 0.001, pane * 2.5, (x) => x);
    for (let k = 0; k < shards; k++) {
      const u = random.unit();
      const f = centre * random.range(0.55, 1.8);
      const strength = random.range(0.08, 0.6) * (1 - 0.6 * u);
      addPartial(out, start + 0.02 + u * u * spread, f, strength, random.range(0.012, 0.07), random.unit());
      if (random.chance(0.3)) addBurst(random, out, start + u * spread, strength, 0.0005, 0.008, resonator(f, 1500));
    }
  };
}

function babyCry(random, wide) {
  const pitch = random.range(360 - 40 * wide, 520 + 60 * wide);
  const formants = [random.range(900, 1300), random.range(2300, 3300), random.range(4200, 5600)];
  const rough = random.range(0.02, 0.3);
  const pace = random.range(0.5, 1.1);
  const arch = random.range(0.08, 0.25);
  return (random, out) => {
    const filters = formants.map((f) => resonator(f, f * 0.22));
    let start = random.range(-0.5, 0.5);
    let end = start + pace * random.range(0.7, 1.3);
    let shift = random.range(0.94, 1.07);
    let tremble = random.range(4, 8);
    let phase = 0;
    for (let i = 0; i < LENGTH; i++) {
      const t = i / RATE;
      if (t > end + 0.05) {
        start = end + random.range(0.15, 0.45);
        end = start + pace * random.range(0.6, 1.3);
        shift = random.range(0.94, 1.07);
        tremble = random.range(4, 8);
      }
      const u = clamp((t - start) / (end - start), 0, 1);
      const level = gate(t, start, end, 0.08);
      const f = pitch * shift * (1 + arch * (4 * u * (1 - u) - 0.5) + 0.02 * wave(tremble * t));
      phase += f / RATE;
      let v = 0;
      if (level > 0) {
        const p = phase - Math.floor(phase);
        v = (p < 0.3 ? p / 0.3 : (1 - p) / 0.7) * 2 - 1;
        v = v + v * v * v + rough * random.white() * 2;
      }
      v *= level;
      out[i] += 0.35 * v + 2.2 * filters[0](v) + 1.6 * filters[1](v) + 0.9 * filters[2](v);
    }
  };
}

function dogBark(random, wide) {
  const pitch = random.octaves(260 / (1 + 0.2 * wide), 780 * (1 + 0.2 * wide));
  const duration = random.range(0.09, 0.2);
  const pause = random.range(0.12, 0.55);
  const throat = pitch * random.range(1.8, 2.8);
  const mouth = pitch * random.range(3.5, 5);
  const hoarse = random.range(0.2, 0.9);
  return (random, out) => {
    const first = resonator(throat, throat * 0.4);
    const second = resonator(mouth, mouth * 0.5);
    let start = random.range(0, 0.6);
    const barks = random.whole(1, 4);
    for (let n = 0; n < barks && start < 1.8; n++) {
      const span = duration * random.range(0.8, 1.25);
      const shift = random.range(0.92, 1.1);
      const loud = random.range(0.7, 1.1);
      let phase = 0;
      const from = Math.floor(start * RATE);
      const total = Math.floor(span * 1.6 * RATE);
      for (let i = 0; i < total && from + i < LENGTH; i++) {
        const u = i / (span * RATE);
        const level = u < 0.12 ? u / 0.12 : exp(-2.6 * (u - 0.12));
        const f = pitch * shift * (u < 0.25 ? 0.7 + 1.4 * u : 1.05 - 0.35 * (u - 0.25));
        phase += f / RATE;
        const p = phase - Math.floor(phase);
        const v = level * loud * ((p < 0.2 ? 1 - p * 5 : 0) - 0.1 + hoarse * 0.6 * random.white());
        out[from + i] += 0.4 * v + 3.5 * first(v) + 2 * second(v);
      }
      start += span + pause * random.range(0.8, 1.3);
    }
  };
}

function knock(random, wide) {
  const door = random.octaves(90 / (1 + 0.2 * wide), 320 * (1 + 0.2 * wide));
  const panel = door * random.range(2.1, 3.4);
  const ring = random.range(0.015, 0.05);
  const click = random.range(0.1, 0.6);
  const clickAt = random.range(1200, 3200);
  const pace = random.range(0.13, 0.32);
  return (random, out) => {
    let start = random.range(0.02, 0.6);
    const count = random.whole(2, 5);
    for (let n = 0; n < count; n++) {
      const hit = random.range(0.65, 1.1);
      addPartial(out, start, door, hit, ring, 0);
      addPartial(out, start, panel, hit * 0.5, ring * 0.6, random.unit());
      addBurst(random, out, start, hit * 1.5, 0.0005, ring * 0.5, resonator(panel * 1.5, panel * 2));
      addBurst(random, out, start, hit * click, 0.0003, 0.004, resonator(clickAt, 2000));
      start += pace * random.range(0.85, 1.2);
    }
  };
}

function runningWater(random, wide) {
  const splash = random.octaves(1300 / (1 + 0.2 * wide), 4500 * (1 + 0.2 * wide));
  const basin = random.range(250, 900);
  const bubbles = random.range(6, 70);
  const bright = random.range(0.1, 0.7);
  const bubbleAt = random.octaves(350, 1100);
  return (random, out) => {
    const a = resonator(splash, splash * 0.9);
    const b = resonator(basin, basin * 0.8);
    const slow = lowPass(random.range(3, 14));
    const start = random.chance(0.25) ? random.range(0.1, 0.9) : -1;
    const end = random.chance(0.2) ? random.range(1.1, 1.9) : 9;
    for (let i = 0; i < LENGTH; i++) {
      const level = gate(i / RATE, start, end, 0.12);
      const w = random.white();
      const flow = 1 + 14 * slow(random.white());
      out[i] += level * flow * (1.6 * a(w) + 0.8 * b(w) + 0.25 * bright * w);
    }
    const count = Math.floor(bubbles * 1.9);
    for (let k = 0; k < count; k++) {
      const t = random.range(0, 1.9);
      if (t > start && t < end)
        addPartial(
          out,
          t,
          bubbleAt * random.octaves(0.6, 2.2),
          random.range(0.1, 0.6),
          random.range(0.008, 0.035),
          random.unit(),
        );
    }
  };
}

// What a home sounds like when nothing on the list happens; some of it resembles something on the list.
function everyday(random, wide) {
  const kind = random.whole(0, 6);
  const pitch = random.octaves(95 / (1 + 0.1 * wide), 230 * (1 + 0.1 * wide));
  const colour = random.octaves(300, 3000);
  const beep = random.octaves(900, 3300);
  return (random, out) => {
    if (kind === 0) return; // silence: the noise bed alone
    if (kind === 1) addSpeech(random, out, pitch, 1);
    else if (kind === 2) {
      // fan, extractor hood, vacuum cleaner
      const a = resonator(colour, colour);
      const hum = random.range(0.1, 0.8);
      const blade = random.range(60, 320);
      for (let i = 0; i < LENGTH; i++)
        out[i] +=
          2 * a(random.white()) + hum * wave((blade * i) / RATE) * 0.3 + hum * 0.15 * wave((2.01 * blade * i) / RATE);
    } else if (kind === 3) {
      // crockery
      const count = random.whole(1, 5);
      for (let n = 0; n < count; n++) {
        const t = random.range(0, 1.7);
        const f = random.octaves(1500, 4500);
        for (let k = 0; k < 4; k++)
          addPartial(
            out,
            t,
            f * (1 + 0.62 * k * random.range(0.9, 1.1)),
            random.range(0.2, 0.8) / (1 + k),
            random.range(0.02, 0.12),
            random.unit(),
          );
        addBurst(random, out, t, 0.6, 0.0005, 0.006, resonator(f, 2500));
      }
    } else if (kind === 4) {
      // keys of a kitchen appliance
      const count = random.whole(1, 3);
      const t = random.range(0, 0.9);
      const span = random.range(0.08, 0.3);
      for (let i = 0; i < LENGTH; i++) {
        let level = 0;
        for (let n = 0; n < count; n++) level += gate(i / RATE, t + n * span * 2, t + n * span * 2 + span, 0.006);
        if (level) out[i] += level * (wave((beep * i) / RATE) + 0.25 * wave((3 * beep * i) / RATE));
      }
    } else if (kind === 5) {
      // music from the next room
      let t = random.range(-0.3, 0.2);
      const beat = random.range(0.16, 0.45);
      while (t < 1.9) {
        const root = 110 * power(2, random.whole(0, 24) / 12);
        for (const k of [1, 1.26, 1.5])
          for (let h = 1; h < 6; h++)
            addPartial(out, t, root * k * h, 0.4 / h, beat * random.range(0.5, 1.5), random.unit());
        if (random.chance(0.6)) addBurst(random, out, t, 0.5, 0.001, 0.03, resonator(colour * 2, 2500));
        t += beat * random.whole(1, 2);
      }
    } else {
      // steps, drawers, a dropped book
      const count = random.whole(1, 5);
      const walk = random.chance(0.5) ? random.range(0.25, 0.6) : 0;
      const first = random.range(0, 0.5);
      for (let n = 0; n < count; n++) {
        const f = random.octaves(60, 500);
        const t = walk ? first + n * walk : random.range(0, 1.8);
        addBurst(random, out, t, random.range(1, 3), 0.004, random.range(0.02, 0.09), resonator(f, f * 1.2));
      }
    }
  };
}

function addSpeech(random, out, pitch, amplitude) {
  let end = -1;
  let start = 0;
  let voiced = true;
  let f = pitch;
  let phase = 0;
  let filters = [];
  const hiss = resonator(4500, 3000);
  for (let i = 0; i < LENGTH; i++) {
    const t = i / RATE;
    if (t > end) {
      start = t + (random.chance(0.2) ? random.range(0.1, 0.3) : 0.01);
      end = start + random.range(0.07, 0.24);
      voiced = random.chance(0.78);
      f = pitch * random.range(0.85, 1.25);
      filters = [
        resonator(random.range(280, 850), 90),
        resonator(random.range(900, 2300), 140),
        resonator(random.range(2400, 3200), 220),
      ];
    }
    const level = gate(t, start, end, 0.03) * amplitude;
    phase += (f * (1 - 0.15 * (t - start))) / RATE;
    const p = phase - Math.floor(phase);
    const v = (p < 0.4 ? p * 2.5 : (1 - p) * 1.67) * 2 - 1;
    if (voiced) out[i] += level * (4 * filters[0](v) + 3 * filters[1](v) + 1.5 * filters[2](v));
    else out[i] += level * 0.8 * hiss(random.white());
  }
}

const makers = [everyday, smokeAlarm, doorbell, glassBreak, babyCry, dogBark, knock, runningWater];

const BANK = { ordinary: { first: 0, count: 48, wide: 0 }, heldOut: { first: 48, count: 24, wide: 1 } };

function pickSource(random, label, bank) {
  const specimen = bank.first + random.whole(0, bank.count - 1);
  return makers[label](generator(0x5eed + label, specimen), bank.wide);
}

// ---------------------------------------------------------------- room and microphone

function loudness(signal) {
  // the root mean square of the loudest quarter of a second, in steps of an eighth
  const step = RATE / 8;
  let best = 0;
  let previous = 0;
  for (let i = 0; i + step <= LENGTH; i += step) {
    let sum = 0;
    for (let k = i; k < i + step; k++) sum += signal[k] * signal[k];
    best = Math.max(best, sum + previous);
    previous = sum;
  }
  return Math.sqrt(best / (2 * step)) + 1e-9;
}

function reverberate(random, signal, wide) {
  const wet = random.range(0, 0.5 + 0.15 * wide);
  const damp = random.range(0.2, 0.6);
  const time = random.range(0.12, 0.55 + 0.2 * wide);
  const dry = Float64Array.from(signal);
  for (let k = 0; k < 4; k++) {
    // four damped combs
    const delay = Math.floor(random.range(0.019, 0.057) * RATE);
    const feedback = exp((-6.9 * delay) / RATE / time);
    const line = new Float64Array(delay);
    let at = 0;
    let kept = 0;
    for (let i = 0; i < LENGTH; i++) {
      const y = line[at];
      kept += (1 - damp) * (y - kept);
      line[at] = dry[i] + kept * feedback;
      at = at + 1 === delay ? 0 : at + 1;
      signal[i] += wet * y * 0.6;
    }
  }
}

function addBed(random, out, level) {
  const air = lowPass(random.octaves(150, 2500));
  const tilt = random.range(0.05, 0.35);
  const hum = random.chance(0.4) ? random.range(0.1, 0.7) : 0;
  const mains = random.chance(0.5) ? 50 : 60;
  const bed = new Float64Array(LENGTH);
  for (let i = 0; i < LENGTH; i++) {
    const w = random.white();
    bed[i] = air(w) * 2 + tilt * w;
    if (hum)
      bed[i] +=
        hum *
        0.3 *
        (wave((2 * mains * i) / RATE) + 0.5 * wave((4 * mains * i) / RATE) + 0.3 * wave((6 * mains * i) / RATE));
  }
  const scale = level / loudness(bed);
  for (let i = 0; i < LENGTH; i++) out[i] += bed[i] * scale;
}

function record(seed, index) {
  const random = generator(seed, index);
  const bank = seed < firstHeldOutSeed ? BANK.ordinary : BANK.heldOut;
  const label = random.whole(0, names.length - 1);
  const sound = new Float64Array(LENGTH);
  pickSource(random, label, bank)(random, sound);
  if (random.chance(0.85)) reverberate(random, sound, bank.wide);
  const mixed = new Float64Array(LENGTH);
  const level = power(10, random.range(-34, -10) / 20);
  const scale = level / Math.max(loudness(sound), 1e-3);
  for (let i = 0; i < LENGTH; i++) mixed[i] = sound[i] * scale;
  addBed(random, mixed, level * power(10, -random.range(-9, 21) / 20));
  if (random.chance(0.6)) {
    // somebody talks, works or listens to music meanwhile
    const other = new Float64Array(LENGTH);
    pickSource(random, 0, bank)(random, other);
    const amount = (level * power(10, -random.range(-2, 18) / 20)) / Math.max(loudness(other), 1e-3);
    for (let i = 0; i < LENGTH; i++) mixed[i] += other[i] * amount;
  }
  // Microphone: low cut, high cut, a resonance of the case, noise of its own, clipping.
  const cut = lowPass(random.range(40, 180 + 80 * bank.wide));
  const top = lowPass(random.range(3500 - 800 * bank.wide, 9000));
  const body = resonator(random.octaves(700, 5000), 700);
  const ring = random.range(0, 0.8);
  const own = power(10, random.range(-75, -58) / 20);
  for (let i = 0; i < LENGTH; i++) {
    const v = mixed[i] - cut(mixed[i]);
    mixed[i] = clamp(top(v) + ring * body(v) + own * random.white(), -1, 1);
  }
  return { label, sound: mixed };
}

// ---------------------------------------------------------------- log-mel spectrogram

const hann = new Float64Array(WINDOW);
for (let i = 0; i < WINDOW; i++) hann[i] = 0.5 - 0.5 * cosine((TAU * i) / WINDOW);

const twiddleRe = new Float64Array(WINDOW / 2);
const twiddleIm = new Float64Array(WINDOW / 2);
for (let i = 0; i < WINDOW / 2; i++) {
  twiddleRe[i] = cosine((TAU * i) / WINDOW);
  twiddleIm[i] = -sine((TAU * i) / WINDOW);
}

function transform(re, im) {
  // radix 2, in place
  for (let i = 1, j = 0; i < WINDOW; i++) {
    let bit = WINDOW >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const a = re[i];
      re[i] = re[j];
      re[j] = a;
      const b = im[i];
      im[i] = im[j];
      im[j] = b;
    }
  }
  for (let size = 2; size <= WINDOW; size <<= 1) {
    const half = size >> 1;
    const step = WINDOW / size;
    for (let i = 0; i < WINDOW; i += size) {
      for (let k = 0; k < half; k++) {
        const wr = twiddleRe[k * step];
        const wi = twiddleIm[k * step];
        const p = i + k;
        const q = p + half;
        const tr = re[q] * wr - im[q] * wi;
        const ti = re[q] * wi + im[q] * wr;
        re[q] = re[p] - tr;
        im[q] = im[p] - ti;
        re[p] += tr;
        im[p] += ti;
      }
    }
  }
}

const toMel = (f) => 1127 * log(1 + f / 700);
const fromMel = (m) => 700 * (exp(m / 1127) - 1);
const edges = [];
for (let k = 0; k < bands + 2; k++) edges.push((fromMel(mix(toMel(60), toMel(7600), k / (bands + 1))) * WINDOW) / RATE);
const filters = []; // per band: the first bin and the weights
for (let k = 0; k < bands; k++) {
  const first = Math.max(1, Math.floor(edges[k]));
  const weights = [];
  for (let bin = first; bin <= edges[k + 2]; bin++) {
    weights.push(
      Math.max(
        0,
        Math.min((bin - edges[k]) / (edges[k + 1] - edges[k]), (edges[k + 2] - bin) / (edges[k + 2] - edges[k + 1])),
      ),
    );
  }
  if (weights.every((w) => w === 0)) weights[Math.floor(edges[k + 1] + 0.5) - first] = 1;
  filters.push({ first, weights: Array.from(weights, (w) => w ?? 0) });
}

// One value per frame and band: the energy in decibels, brought from -30 .. 40 dB to -1 .. 1.
export function spectrogram(sound, out = new Float32Array(frames * bands), start = 0) {
  const re = new Float64Array(WINDOW);
  const im = new Float64Array(WINDOW);
  for (let t = 0; t < frames; t++) {
    for (let i = 0; i < WINDOW; i++) re[i] = sound[t * HOP + i] * hann[i];
    im.fill(0);
    transform(re, im);
    for (let k = 0; k < bands; k++) {
      const { first, weights } = filters[k];
      let energy = 1e-9;
      for (let j = 0; j < weights.length; j++)
        energy += weights[j] * (re[first + j] * re[first + j] + im[first + j] * im[first + j]);
      const decibels = (10 / 2.302585092994046) * log(energy);
      out[start + t * bands + k] = clamp((decibels - 5) / 35, -1, 1);
    }
  }
  return out;
}

// ---------------------------------------------------------------- samples

export function makeSound({ seed, index }) {
  // the sound itself, for those who want to listen
  return { ...record(seed, index), rate: RATE };
}

export function makeSamples({ seed, count }) {
  const x = new Float32Array(count * frames * bands);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const { label, sound } = record(seed, i);
    spectrogram(sound, x, i * frames * bands);
    y[i] = label;
  }
  return { x, shape: [count, 1, frames, bands], y, names };
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
  writeFileSync(join(options.out, 'x.npy'), npy('<f4', shape, x));
  writeFileSync(join(options.out, 'y.npy'), npy('<i8', [y.length], BigInt64Array.from(y, BigInt)));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
