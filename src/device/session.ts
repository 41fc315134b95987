import { deviceError, type Link } from './link.ts';
import { type AskOptions, type Conversation, checked, converse, fnv, hex } from './protocol.ts';

/** A model that a firmware holds. */
export interface DeviceModel {
  readonly index: number;
  readonly name: string;
  /** SHA-256 of the ONNX file. */
  readonly sha256: string;
  readonly arenaBytes: number;
  readonly inputBytes: number;
  readonly layers: number;
  /** Where the input stays: a copy beside the arena, only the arena (a run overwrites it), or nowhere (rows on demand). */
  readonly holding: 'copy' | 'arena' | 'none';
}

/** What a firmware says of itself. */
export interface DeviceInfo {
  readonly version: string;
  readonly target: string;
  /** What a tick is. */
  readonly unit: 'cycles' | 'instructions' | 'nanoseconds';
  /** Whether the core's caches are on: "none", "on", "off". */
  readonly caches: string;
  readonly ticksPerSecond: number;
  /** Whether the firmware was built with time marks between layers. */
  readonly marks: boolean;
  readonly models: readonly DeviceModel[];
}

/** What a run touched, measured by painting. */
export interface MemoryUse {
  /** Bytes of stack below the function that calls the model; null on a machine whose stack cannot be painted. */
  readonly stackBytes: number | null;
  /** Bytes of the arena up to the last that was written; of several regions the sum. */
  readonly arenaBytes: number;
}

/** A board whose firmware has answered. */
export interface Session {
  readonly info: DeviceInfo;
  readonly conversation: Conversation;
  select(model: DeviceModel): Promise<void>;
  /**
   * One inference; gives its ticks, without marks and without fetching of input rows. `inputs`: the steps of each input;
   * where it is left out, what is there: at first a built-in pattern.
   */
  run(inputs?: readonly Int8Array[]): Promise<number>;
  /** The ticks of each layer in the last run. */
  layers(): Promise<readonly number[]>;
  /** `bytes` steps of an output of the last run. */
  output(index: number, bytes: number): Promise<Int8Array>;
  memory(): Promise<MemoryUse>;
  selfTest(): Promise<boolean>;
}

/** How long a board may take to start, and a run to end, in milliseconds: an emulator is slow. */
const startTimeout = 8000;
const runTimeout = 300_000;

/** How often a run is tried where its input must be sent again. */
const runTrials = 3;

/** Bytes of input that go in one message: what is lost of it is sent again. */
const putBytes = 4096;

/** Bytes of output that one answer holds. */
const outBytes = 1024;

/** In milliseconds; those of slow boards where they are left out. */
export interface Timeouts {
  /** Until the firmware has given its name. */
  readonly start?: number;
  /** Of a line of an answer. */
  readonly line?: number;
}

/**
 * Finds the firmware behind a link.
 * @throws TesseraError (exit code 6) where nobody answers, or somebody else does
 */
export async function openSession(link: Link, timeouts: Timeouts = {}): Promise<Session> {
  const conversation = converse(link, timeouts.line);
  await greet(link, timeouts.start ?? startTimeout);
  const info = parseInfo(await conversation.askChecked('x-info'), link);
  let model = info.models[0] as DeviceModel;

  const put = async (inputs: readonly Int8Array[]): Promise<void> => {
    const bytes = Buffer.concat(inputs.map((input) => Buffer.from(input.buffer, input.byteOffset, input.length)));
    if (bytes.length !== model.inputBytes) {
      throw new Error(`${model.name} takes ${model.inputBytes} bytes of input, not ${bytes.length}`);
    }
    for (let at = 0; at < bytes.length; at += putBytes) {
      const payload = bytes.subarray(at, at + putBytes);
      const lines = await conversation.askChecked(`x-put ${at} ${payload.length} ${hex(fnv(payload))}`, { payload });
      const expected = `x-put-[${at},${payload.length}]`;
      if (!lines.includes(expected)) throw deviceError(`${link.name}: the board took ${lines} for ${expected}`);
    }
  };

  const runThere = async (options: AskOptions = {}): Promise<number> => {
    const lines = await conversation.askChecked('x-run', { ...options, work: runTimeout });
    return numberOf(valuesOf(lines, 'x-run')[0]?.[0], 'x-run', link);
  };

  /** A run overwrites the input: where its answer is lost, both are done again. */
  const runOnce = async (inputs: readonly Int8Array[]): Promise<number> => {
    for (let trial = 1; ; trial += 1) {
      await put(inputs);
      const answer = checked(await conversation.ask('x-run', { work: runTimeout }), 'x-run');
      const [values] = answer.kind === 'lines' ? valuesOf(answer.lines, 'x-run') : [];
      if (values !== undefined) return numberOf(values[0], 'x-run', link);
      if (trial === runTrials)
        throw deviceError(`${link.name}: x-run failed ${trial} times: ${JSON.stringify(answer)}`);
      await conversation.settle();
    }
  };

  const run = async (inputs?: readonly Int8Array[]): Promise<number> => {
    if (inputs === undefined) return runThere();
    if (model.holding === 'arena') return runOnce(inputs);
    if (model.holding === 'copy') {
      await put(inputs);
      return runThere();
    }
    await conversation.askChecked('x-serve');
    return runThere({
      serve: (input, row, bytes) => {
        const steps = inputs[input];
        if (steps === undefined || (row + 1) * bytes > steps.length) return new Uint8Array();
        return new Uint8Array(steps.buffer, steps.byteOffset + row * bytes, bytes);
      },
    });
  };

  return {
    info,
    conversation,
    async select(chosen) {
      await conversation.askChecked(`x-model ${chosen.index}`);
      model = chosen;
    },
    run,
    async layers() {
      const lines = await conversation.askChecked('x-layers');
      return Array.from({ length: model.layers }, (_, index) => {
        const [found] = valuesOf(lines, 'x-layer').filter(([first]) => first === String(index));
        return numberOf(found?.[1], 'x-layer', link);
      });
    },
    async output(index, bytes) {
      const parts: Buffer[] = [];
      for (let at = 0; at < bytes; at += outBytes) {
        const count = Math.min(outBytes, bytes - at);
        const lines = await conversation.askChecked(`x-out ${index} ${at} ${count}`);
        parts.push(Buffer.from(valuesOf(lines, 'x-bytes').flat().join(''), 'hex'));
      }
      const all = Buffer.concat(parts);
      if (all.length !== bytes)
        throw deviceError(`${link.name}: output ${index} has ${all.length} bytes, not ${bytes}`);
      return new Int8Array(all);
    },
    async memory() {
      const [values = []] = valuesOf(await conversation.askChecked('x-memory', { work: runTimeout }), 'x-memory');
      return {
        stackBytes: values[0] === 'none' ? null : numberOf(values[0], 'x-memory', link),
        arenaBytes: numberOf(values[1], 'x-memory', link),
      };
    },
    async selfTest() {
      const lines = await conversation.askChecked('x-self-test', { work: runTimeout });
      return lines.includes('x-self-test-[1]');
    },
  };
}

/** Asks until the firmware gives its name: a board that has just been switched on says nothing yet. */
async function greet(link: Link, timeout: number): Promise<void> {
  // Of all that comes, lines or not.
  let heard = '';
  const listening: Link = {
    ...link,
    async read(milliseconds) {
      const bytes = await link.read(milliseconds);
      // A line carries zeros while a board is switched on.
      const text = Buffer.from(bytes?.filter((byte) => byte !== 0) ?? []).toString('latin1');
      if (heard.length < 60) heard += text;
      return bytes;
    },
  };
  const limit = Date.now() + timeout;
  for (let wait = 500; Date.now() < limit; wait = Math.min(2 * wait, 4000)) {
    const conversation = converse(listening, Math.min(wait, Math.max(1, limit - Date.now())));
    const answer = await conversation.ask('name');
    const lines = answer.kind === 'broken' ? [] : answer.lines;
    const [, name] = lines.map((line) => /^m-name-dut-\[([^\]]+)\]$/.exec(line)).find((match) => match !== null) ?? [];
    if (name === undefined) continue;
    await conversation.settle();
    if (name === 'tessera') return;
    throw deviceError(
      `${link.name}: the firmware there is "${name}", not Tessera's`,
      'Flash a project that tessera compiled: tessera flash <project folder>.',
    );
  }
  if (heard.length > 0) {
    const start = JSON.stringify(heard.slice(0, 60)).replaceAll(/[^ -~]/g, '?');
    throw deviceError(
      `${link.name}: something is there, but does not speak as Tessera's firmware does: ${start}`,
      'Is it the right port? Flash a project that tessera compiled: tessera flash <project folder>.',
    );
  }
  throw deviceError(
    `${link.name}: silent: nothing answered within ${Math.round(timeout / 1000)} s`,
    'Is the firmware flashed and running (press reset)? Is it the right port? The line is 115200 baud, 8N1.',
  );
}

/** The values of each line `key-[a,b,...]`. */
export function valuesOf(lines: readonly string[], key: string): readonly (readonly string[])[] {
  const start = `${key}-[`;
  return lines
    .filter((line) => line.startsWith(start) && line.endsWith(']'))
    .map((line) => line.slice(start.length, -1).split(','));
}

function numberOf(text: string | undefined, what: string, link: Link): number {
  if (text === undefined || !/^\d+$/.test(text))
    throw deviceError(`${link.name}: the answer to ${what} makes no sense`);
  return Number(text);
}

const units = ['cycles', 'instructions', 'nanoseconds'] as const;
const holdings = ['copy', 'arena', 'none'] as const;

function parseInfo(lines: readonly string[], link: Link): DeviceInfo {
  const text = (key: string): string => valuesOf(lines, key)[0]?.join(',') ?? '';
  const refuse = (what: string): never => {
    throw deviceError(
      `${link.name}: the firmware's ${what} is not one that this version of tessera knows`,
      'Compile and flash the project again.',
    );
  };
  const models = valuesOf(lines, 'x-model').map((values): DeviceModel => {
    const [index, name = '', sha256 = '', arena, input, layers, held] = values;
    const number = (value: string | undefined): number => numberOf(value, 'x-info', link);
    return {
      index: number(index),
      name,
      sha256,
      arenaBytes: number(arena),
      inputBytes: number(input),
      layers: number(layers),
      holding: holdings.find((known) => known === held) ?? refuse('way of keeping its input'),
    };
  });
  if (models.length === 0) refuse('list of models');
  return {
    version: text('x-version'),
    target: text('x-target'),
    unit: units.find((known) => known === text('x-unit')) ?? refuse('unit of time'),
    caches: text('x-caches'),
    ticksPerSecond: numberOf(text('x-rate'), 'x-info', link),
    marks: text('x-marks') === '1',
    models,
  };
}
