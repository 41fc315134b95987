import type { Fields } from './fields.ts';
import {
  type ArenaSpace,
  type Board,
  type Clock,
  clockSources,
  type FlashMemory,
  flashMethodNames,
  type MemoryRegion,
  memorySpeeds,
  type Pin,
  type Placement,
  type Ticks,
  tickUnits,
  type Uart,
} from './types.ts';

/** Bytes that 32 bits can address. */
const addressSpace = 2 ** 32;

/** Region names stand in the linker script, and in C. */
const regionName = /^[A-Z][A-Z0-9_]*$/;

/** Reads a memory that arenas can lie in, of a target that is no board. */
export function readArenaSpace(fields: Fields): ArenaSpace {
  const space = {
    name: fields.text('name'),
    bytes: fields.whole('bytes', 16),
    speed: fields.choice('speed', memorySpeeds, 'usual'),
  };
  if (!regionName.test(space.name))
    fields.refuse(`name must be capital letters, digits and underscores: ${space.name}`);
  fields.end();
  return space;
}

/**
 * Reads the field `board` of a target.json.
 * @throws TesseraError (exit code 2) that names the field
 */
export function readBoard(fields: Fields): Board {
  const memory = fields.objects('memory').map(readRegion);
  const board: Board = {
    core: fields.text('core'),
    documents: fields.texts('documents', []),
    sources: fields.texts('sources'),
    optimize: readOptimize(fields.objectOrNull('optimize')),
    flash: readFlash(fields.object('flash')),
    memory,
    placement: readPlacement(fields.object('placement'), memory),
    caches: fields.choice('caches', ['none', 'on', 'off'], 'none'),
    clock: readClock(fields.object('clock')),
    uart: readUart(fields.object('uart')),
    ticks: readTicks(fields.object('ticks')),
    flashMethods: readFlashMethods(fields),
    simulator: readSimulator(fields.objectOrNull('simulator')),
  };
  checkOverlap(fields, board);
  fields.end();
  return board;
}

function readOptimize(fields: Fields | null): Board['optimize'] {
  if (fields === null) return { model: '-O2', rest: '-Os' };
  const level = (name: string): string => {
    const text = fields.text(name);
    return /^-O[0-3sg]$/.test(text) ? text : fields.refuse(`${name} must be -O0, -O1, -O2, -O3, -Os or -Og`);
  };
  const optimize = { model: level('model'), rest: level('rest') };
  fields.end();
  return optimize;
}

/** An address of 32 bits, of whole words: what a memory begins at, and a register. */
function readAddress(fields: Fields, name: string): number {
  const address = fields.whole(name, 0);
  return address % 4 === 0 && address < addressSpace
    ? address
    : fields.refuse(`${name} must be a multiple of 4 below 4 GiB`);
}

function readFlashMethods(fields: Fields): Board['flashMethods'] {
  const methods = fields.lists('flashMethods');
  const known: readonly string[] = flashMethodNames;
  for (const name of Object.keys(methods))
    if (!known.includes(name)) fields.refuse(`flashMethods has no ${name}, but ${known.join(', ')}`);
  return methods;
}

function readRegion(fields: Fields): MemoryRegion {
  const region = {
    name: fields.text('name'),
    address: readAddress(fields, 'address'),
    bytes: fields.whole('bytes', 1),
    speed: fields.choice('speed', memorySpeeds, 'usual'),
    purpose: fields.text('purpose'),
  };
  if (!regionName.test(region.name) || region.name === 'FLASH')
    fields.refuse(`name must be capital letters, digits and underscores, and not FLASH: ${region.name}`);
  fields.end();
  return region;
}

function readFlash(fields: Fields): FlashMemory {
  const base = readAddress(fields, 'base');
  const bytes = fields.whole('bytes', 1);
  const productId = fields.wholeOrNull('productId', 0);
  const idRegister = fields.wholeOrNull('idRegister', 0);
  const sectors = fields.pairs('sectors');
  const total = (sectors ?? []).reduce((sum, [count, size]) => sum + count * size, 0);
  if (sectors !== undefined && total !== bytes)
    fields.refuse(`sectors make ${total} bytes together, and the flash has ${bytes}`);
  fields.end();
  return {
    base,
    bytes,
    ...(productId === null ? {} : { productId }),
    ...(idRegister === null ? {} : { idRegister }),
    ...(sectors === undefined ? {} : { sectors }),
  };
}

function readPlacement(fields: Fields, memory: readonly MemoryRegion[]): Placement {
  const names = memory.map(({ name }) => name);
  const known = (name: string): string =>
    names.includes(name) ? name : fields.refuse(`there is no memory ${name}, but ${names.join(', ')}`);
  const vectors = fields.textOr('vectors', null);
  const placement: Placement = {
    vectors: vectors === null ? null : known(vectors),
    data: known(fields.text('data')),
    stack: known(fields.text('stack')),
    stackBytes: fields.whole('stackBytes', 512),
    arena: fields.texts('arena').map(known),
  };
  // The procedure call standard keeps the stack on 8 bytes.
  if (placement.stackBytes % 8 !== 0) fields.refuse('stackBytes must be a multiple of 8');
  const stackRoom = memory.find(({ name }) => name === placement.stack)?.bytes ?? 0;
  if (placement.stackBytes >= stackRoom)
    fields.refuse(`stackBytes must be less than the ${stackRoom} bytes of ${placement.stack}`);
  if (placement.arena.length === 0) fields.refuse('arena must name a memory');
  if (new Set(placement.arena).size < placement.arena.length)
    fields.refuse(`arena must name each memory once: ${placement.arena.join(', ')}`);
  fields.end();
  return placement;
}

function readClock(fields: Fields): Clock {
  const source = fields.choice('source', clockSources);
  const coreHz = fields.whole('coreHz', 1);
  const isFixed = source === 'fixed';
  const pll = isFixed ? null : fields.object('pll');
  const older = fields.objectOrNull('older');
  const factor = (name: 'm' | 'n' | 'p' | 'q' | 'r'): number => pll?.whole(name, 0, 0) ?? 0;
  const clock: Clock = {
    source,
    coreHz,
    sourceHz: isFixed ? coreHz : fields.whole('sourceHz', 1),
    pll: { m: pll?.whole('m', 1) ?? 1, n: pll?.whole('n', 1) ?? 1, p: factor('p'), q: factor('q'), r: factor('r') },
    ahbDivider: fields.whole('ahbDivider', 1, 1),
    apb1Divider: fields.whole('apb1Divider', 1, 1),
    apb2Divider: fields.whole('apb2Divider', 1, 1),
    flashWaitStates: fields.whole('flashWaitStates', 0, 0),
    voltage: fields.whole('voltage', 0, 0),
    boost: fields.flag('boost'),
    vddio2: fields.flag('vddio2'),
    older: { n: older?.whole('n', 1) ?? 0, coreHz: older?.whole('coreHz', 1) ?? 0 },
  };
  for (const name of ['ahbDivider', 'apb1Divider', 'apb2Divider'] as const)
    if (![1, 2, 4, 8, 16].includes(clock[name])) fields.refuse(`${name} must be 1, 2, 4, 8 or 16`);
  // The widths of LATENCY and VOS, in the reference manuals of all families.
  for (const [name, most] of [['flashWaitStates', 15] as const, ['voltage', 3] as const])
    if (clock[name] > most) fields.refuse(`${name} must be from 0 to ${most}`);
  for (const part of [pll, older, fields]) part?.end();
  return clock;
}

function readPin(fields: Fields): Pin {
  const text = fields.text('pin');
  const [, port, pin] = /^P([A-K])(\d|1[0-5])$/.exec(text) ?? [];
  if (port === undefined) fields.refuse(`pin must be one such as PA2: ${text}`);
  const result = { port: (port as string).charCodeAt(0) - 65, pin: Number(pin), function: fields.whole('function', 0) };
  if (result.function > 15) fields.refuse('function must be from 0 to 15');
  fields.end();
  return result;
}

function readUart(fields: Fields): Uart {
  const name = fields.text('name');
  const address = readAddress(fields, 'address');
  const baud = fields.whole('baud', 1, 115_200);
  const enable = fields.objectOrNull('enable');
  if (enable === null) {
    fields.end();
    return { name, address, baud, stm32: null };
  }
  const stm32 = {
    isLowPower: fields.choice('kind', ['usart', 'lpuart'], 'usart') === 'lpuart',
    bus: fields.choice('bus', ['apb1', 'apb2']),
    enableOffset: enable.whole('offset', 0),
    enableBit: enable.whole('bit', 0),
    tx: readPin(fields.object('tx')),
    rx: readPin(fields.object('rx')),
  };
  if (stm32.tx.port === stm32.rx.port && stm32.tx.pin === stm32.rx.pin) fields.refuse('tx and rx must be unlike pins');
  if (stm32.enableBit > 31) enable.refuse('bit must be from 0 to 31');
  enable.end();
  fields.end();
  return { name, address, baud, stm32 };
}

function readTicks(fields: Fields): Ticks {
  const ticks: Ticks = {
    unit: fields.choice('unit', tickUnits),
    perSecond: fields.wholeOrNull('perSecond', 1),
    timer: fields.wholeOrNull('timer', 0),
    multiply: fields.whole('multiply', 1, 1),
    shift: fields.whole('shift', 0, 0),
  };
  fields.end();
  return ticks;
}

function readSimulator(fields: Fields | null): Board['simulator'] {
  if (fields === null) return null;
  const simulator = {
    command: fields.text('command'),
    machine: fields.text('machine'),
    arguments: fields.texts('arguments', []),
  };
  fields.end();
  return simulator;
}

/** Every memory ends within 32 bits of address, and no two share a name or an address. */
function checkOverlap(fields: Fields, { flash, memory }: Board): void {
  const all = [{ name: 'FLASH', address: flash.base, bytes: flash.bytes }, ...memory];
  all.forEach((a, index) => {
    if (a.address + a.bytes > addressSpace) fields.refuse(`the memory ${a.name} ends beyond 4 GiB`);
    for (const b of all.slice(0, index)) {
      if (a.name === b.name) fields.refuse(`two memories are called ${a.name}`);
      if (a.address < b.address + b.bytes && b.address < a.address + a.bytes)
        fields.refuse(`the memories ${b.name} and ${a.name} overlap`);
    }
  });
}
