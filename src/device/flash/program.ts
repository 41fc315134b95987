import { exitCode, TesseraError } from '../../errors.ts';
import { type Abilities, type Bootloader, blockBytes, createBootloader } from './bootloader.ts';
import type { ByteLink } from './byte-link.ts';
import { type EraseUnit, eraseUnits, type FlashGeometry, hex, idText } from './geometry.ts';
import type { FlashImage } from './image.ts';
import { createLedger, type Ledger, ledgerText } from './ledger.ts';
import { createLine, standardTimes, type Times } from './line.ts';
import { type Fault, faultText, type Reply } from './reply.ts';

export type FlashStage = 'connect' | 'erase' | 'write' | 'verify' | 'start';

export interface ProgramOptions {
  readonly times?: Times;
  /** The time in milliseconds. */
  readonly now?: () => number;
  /** Sees what is being done, in bytes. */
  readonly onProgress?: (stage: FlashStage, done: number, total: number) => void;
}

/** What was done, where all went well. */
export interface ProgramResult {
  readonly productId: number;
  /** 0x31 is version 3.1. */
  readonly bootloaderVersion: number;
  readonly address: number;
  readonly bytes: number;
  readonly erasedUnits: number;
  /** Commands that had to be given again. */
  readonly retries: number;
}

/** How often a command is tried, a sector programmed, and an answer without checksum asked for. */
const attempts = 4;

/** What the steps of one session share. */
interface Session {
  readonly boot: Bootloader;
  readonly abilities: Abilities;
  readonly image: FlashImage;
  readonly ledger: Ledger;
  readonly report: (stage: FlashStage, done: number, total: number) => void;
  readonly tally: { retries: number };
}

/**
 * Erases what the image needs, writes it, reads all of it back, and starts it, through ST's ROM bootloader (AN3155).
 * What goes wrong on the line is tried again where the protocol allows it.
 * @throws TesseraError (exit code 6) saying what failed and which bytes are on the device
 */
export async function programDevice(
  link: ByteLink,
  geometry: FlashGeometry,
  image: FlashImage,
  { times = standardTimes, now = () => performance.now(), onProgress = () => {} }: ProgramOptions = {},
): Promise<ProgramResult> {
  const boot = createBootloader(createLine(link, times, now));
  const units = eraseUnits(geometry, image);
  const first = units[0]?.address ?? geometry.base;
  const last = units.at(-1);
  const ledger = createLedger(first, (last === undefined ? 0 : last.address + last.bytes) - first);
  const tally = { retries: 0 };
  onProgress('connect', 0, 1);
  const begun = await boot.connect();
  if (!begun.ok) throw noBootloader(begun.fault);
  const abilities = await agreed(boot, tally, ledger, boot.abilities, (a, b) => `${a.commands}` === `${b.commands}`);
  const productId = await agreed(boot, tally, ledger, boot.productId, (a, b) => a === b);
  checkProductId(productId, geometry);
  const session: Session = { boot, abilities, image, ledger, report: onProgress, tally };
  await checkReadable(session, geometry);
  await writeAndVerify(session, units);
  onProgress('start', 0, 1);
  const started = await insist(session, () => boot.go(image.address));
  if (!started.ok) {
    throw failure(
      `the program was written and read back, but whether it has started is not known: ${faultText(started.fault)}`,
      ledger,
      'reset the board with BOOT0 low: that starts it',
    );
  }
  const { version } = abilities;
  const { address, bytes } = image;
  const { retries } = tally;
  return { productId, bootloaderVersion: version, address, bytes: bytes.length, erasedUnits: units.length, retries };
}

/** Writes until every byte reads back right; sectors that do not are erased and written anew. */
async function writeAndVerify(session: Session, units: readonly EraseUnit[]): Promise<void> {
  const { image, ledger, report } = session;
  let wrong = units;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    let written = 0;
    for (const unit of wrong) {
      await programUnit(session, unit, () =>
        report('write', Math.min(written, image.bytes.length), image.bytes.length),
      );
      written += unit.bytes;
    }
    const bad: EraseUnit[] = [];
    for (const unit of units) if (!(await verifyUnit(session, unit))) bad.push(unit);
    if (bad.length === 0) return;
    session.tally.retries += bad.length;
    wrong = bad;
  }
  const [unit] = wrong;
  throw failure(
    `the device does not hold what was written to the sector at ${hex(unit?.address ?? 0)}, after ${attempts} attempts`,
    ledger,
    'the sector may be write-protected (STM32CubeProgrammer shows the option bytes), or the flash worn out',
  );
}

/** Erases a unit and writes the image's blocks in it. */
async function programUnit(session: Session, unit: EraseUnit, tell: () => void): Promise<void> {
  const { boot, abilities, ledger, tally } = session;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    session.report('erase', 0, 1);
    ledger.note(unit.address, unit.bytes, 'unknown');
    const { page } = unit;
    const erased = await insist(session, () =>
      page === 'all' ? boot.eraseAll(abilities) : boot.erasePage(page, abilities),
    );
    if (!erased.ok) throw failure(faultText(erased.fault), ledger, hintFor(erased.fault));
    ledger.note(unit.address, unit.bytes, 'erased');
    tell();
    if (await writeBlocks(session, unit)) return;
    tally.retries += 1;
  }
  throw failure(`the sector at ${hex(unit.address)} could not be written in ${attempts} attempts`, ledger);
}

/** False where a block is neither written nor blank after a fault, so that the unit has to be erased again. */
async function writeBlocks(session: Session, unit: EraseUnit): Promise<boolean> {
  const { boot, ledger, tally } = session;
  for (const block of blocksOf(session.image, unit)) {
    // Erased flash holds 0xff as it is.
    if (block.bytes.every((byte) => byte === 0xff)) continue;
    for (let attempt = 0; ; attempt += 1) {
      ledger.note(block.address, block.bytes.length, 'unknown');
      const reply = await boot.write(block.address, block.bytes);
      if (reply.ok) {
        ledger.note(block.address, block.bytes.length, 'written');
        break;
      }
      await recovered(session, reply.fault);
      tally.retries += 1;
      if (attempt + 1 === attempts) throw failure(faultText(reply.fault), ledger, hintFor(reply.fault));
      // The answer may be what was lost, not the bytes: only the flash itself can tell.
      const found = await insist(session, () => boot.read(block.address, block.bytes.length));
      if (!found.ok) throw failure(faultText(found.fault), ledger, hintFor(found.fault));
      if (isEqual(found.value, block.bytes)) {
        ledger.note(block.address, block.bytes.length, 'verified');
        break;
      }
      if (!found.value.every((byte) => byte === 0xff)) return false;
      ledger.note(block.address, block.bytes.length, 'erased');
    }
    session.report('write', block.address + block.bytes.length - session.image.address, session.image.bytes.length);
  }
  return true;
}

/** Reads a unit's blocks back. What reads are told has no checksum, so that a difference is looked at again. */
async function verifyUnit(session: Session, unit: EraseUnit): Promise<boolean> {
  const { boot, image, ledger, report, tally } = session;
  for (const block of blocksOf(image, unit)) {
    let isRight = false;
    for (let attempt = 0; attempt < attempts && !isRight; attempt += 1) {
      const found = await insist(session, () => boot.read(block.address, block.bytes.length));
      if (!found.ok) throw failure(faultText(found.fault), ledger, hintFor(found.fault));
      isRight = isEqual(found.value, block.bytes);
      if (!isRight) tally.retries += 1;
    }
    if (!isRight) {
      // Neither its erasure nor its other blocks can be believed.
      ledger.note(unit.address, unit.bytes, 'unknown');
      return false;
    }
    ledger.note(block.address, block.bytes.length, 'verified');
    report('verify', block.address + block.bytes.length - image.address, image.bytes.length);
  }
  return true;
}

/** The image's bytes within a unit, in blocks of a write. */
function blocksOf(image: FlashImage, unit: EraseUnit): readonly FlashImage[] {
  const from = Math.max(image.address, unit.address);
  const to = Math.min(image.address + image.bytes.length, unit.address + unit.bytes);
  const blocks: FlashImage[] = [];
  for (let address = from; address < to; address += blockBytes) {
    const start = address - image.address;
    blocks.push({ address, bytes: image.bytes.subarray(start, start + Math.min(blockBytes, to - address)) });
  }
  return blocks;
}

/** A command, again and again where it fails and the line recovers. */
async function insist<T>(session: Session, action: () => Promise<Reply<T>>): Promise<Reply<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await action();
    if (reply.ok || attempt === attempts) return reply;
    if (reply.fault.kind === 'closed') return reply;
    const again = await session.boot.recover();
    if (!again.ok) {
      // What failed first says more than that it stays silent; but a device that is lost refuses nothing.
      const fault = again.fault.kind === 'closed' ? again.fault : { ...reply.fault, refusesCommand: false };
      return { ok: false, fault };
    }
    session.tally.retries += 1;
  }
}

/** @throws TesseraError where the line does not recover from the fault */
async function recovered({ boot, ledger }: Session, fault: Fault): Promise<void> {
  const again = fault.kind === 'closed' ? { ok: false as const, fault } : await boot.recover();
  if (again.ok) return;
  const told = again.fault.kind === 'closed' ? again.fault : fault;
  throw failure(faultText(told), ledger, hintFor(told));
}

/** Answers without checksum count once two of them agree. */
async function agreed<T>(
  boot: Bootloader,
  tally: Session['tally'],
  ledger: Ledger,
  ask: () => Promise<Reply<T>>,
  isSame: (a: T, b: T) => boolean,
): Promise<T> {
  const heard: T[] = [];
  let last: Fault | null = null;
  for (let attempt = 0; attempt < 2 * attempts; attempt += 1) {
    const reply = await ask();
    if (reply.ok) {
      if (heard.some((value) => isSame(value, reply.value))) return reply.value;
      heard.push(reply.value);
      continue;
    }
    last = reply.fault;
    tally.retries += 1;
    const again = last.kind === 'closed' ? reply : await boot.recover();
    if (again.ok) continue;
    if (again.fault.kind === 'closed') last = again.fault;
    break;
  }
  const what = last === null ? 'the device says something else each time it is asked who it is' : faultText(last);
  throw failure(what, ledger, last === null ? undefined : hintFor(last));
}

function checkProductId(found: number, { productId }: FlashGeometry): void {
  if (productId === undefined || productId === found) return;
  throw new TesseraError(
    exitCode.device,
    `the device has the product id ${idText(found)}; the target is ${idText(productId)}. Nothing on the device was changed.`,
    'give the target that fits the board, or the port of the right board',
  );
}

/** A protected device refuses to read; it would refuse to erase and to write, too. */
async function checkReadable(session: Session, { base }: FlashGeometry): Promise<void> {
  const reply = await insist(session, () => session.boot.read(base, 4));
  if (reply.ok) return;
  if (!reply.fault.refusesCommand) throw failure(faultText(reply.fault), session.ledger, hintFor(reply.fault));
  throw failure(
    'the device is read-protected (RDP): it refuses to read, erase and write its flash',
    session.ledger,
    'taking the protection away erases the whole device: do it with STM32CubeProgrammer (-rdu), or with stm32flash -k',
  );
}

function noBootloader(fault: Fault): TesseraError {
  const what = {
    closed: faultText(fault),
    garbled: 'the device sends bytes, but does not answer as a bootloader does',
    nack: faultText(fault),
    busy: faultText(fault),
    silence: 'no bootloader answers on this port',
  }[fault.kind];
  return new TesseraError(
    exitCode.device,
    `${what}. Nothing on the device was changed.`,
    'set BOOT0 high and reset the board, and see in ST AN2606 which pins its bootloader listens on: the virtual COM ' +
      'port of a board often is on others',
  );
}

function failure(what: string, ledger: Ledger, hint?: string): TesseraError {
  return new TesseraError(exitCode.device, `${what}\n${ledgerText(ledger.ranges())}`, hint);
}

function hintFor(fault: Fault): string {
  return fault.kind === 'closed'
    ? 'put the cable back, reset the board with BOOT0 high, and flash again'
    : 'reset the board with BOOT0 high and flash again; a shorter cable, or a ground wire, helps against lost bytes';
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
