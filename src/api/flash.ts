import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { byteLinkOf } from '../device/flash/byte-link.ts';
import { fittedImage, hex, idText, requireProgram } from '../device/flash/geometry.ts';
import { type FlashImage, imageOfElf, isElf } from '../device/flash/image.ts';
import { type FlashStage, programDevice } from '../device/flash/program.ts';
import { runFlashTool } from '../device/flash/run-tool.ts';
import { type FlashTool, flashTools } from '../device/flash/tools.ts';
import { openPort } from '../device/port.ts';
import { attempt, exitCode, TesseraError, usageError } from '../errors.ts';
import { count } from '../report/table.ts';
import { type Board, loadTarget, type Target } from '../targets/load.ts';
import { withTemporaryFolder } from '../temporary.ts';
import { findTool, installLine, tools } from './tools.ts';

/** What a firmware is flashed with where no external tool is: ST's bootloader on a serial line. */
const uart = 'uart';

export interface FlashOptions {
  /** Name or path; by default that of the project. */
  readonly target?: string | undefined;
  /** `openocd`, `st-flash`, `cubeprogrammer` or `uart`; by default the first of the target's that is installed. */
  readonly method?: string | undefined;
  /** The serial port of ST's bootloader. */
  readonly port?: string | undefined;
  /** The bootloader wants even parity; `none` is for pseudo-terminals, which have no parity. */
  readonly parity?: 'even' | 'none' | undefined;
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

/** What was flashed, and how. */
export interface FlashReport {
  readonly schemaVersion: 1;
  readonly target: string;
  readonly method: string;
  readonly port: string | null;
  readonly file: string;
  readonly address: number;
  /** Of the file, without what fills up the last word. */
  readonly bytes: number;
  /** What the device says of itself. */
  readonly productId: number;
  /** Commands that had to be given again; null where an external tool does not tell. */
  readonly retries: number | null;
  readonly seconds: number;
}

const stageTexts: Readonly<Record<FlashStage, string>> = {
  connect: 'connecting',
  erase: 'erasing',
  write: 'writing',
  verify: 'reading back',
  start: 'starting',
};

/**
 * Flashes a project folder whose firmware was built, a .elf or a .bin file.
 * @throws TesseraError: exit code 2 where there is nothing to flash or no way, 5 where a tool is missing, 6 where it fails
 */
export async function flashFirmware(path: string, options: FlashOptions = {}): Promise<FlashReport> {
  const start = performance.now();
  const firmware = findFirmware(path);
  const target = options.target === undefined ? firmware.target : loadTarget(options.target);
  if (target === null) throw usageError('which board is it?', 'name it with --target; tessera targets lists them');
  if (firmware.target !== null && firmware.target.name !== target.name) {
    throw usageError(
      `${path} was compiled for ${firmware.target.name}, not for ${target.name}`,
      'compile it for this target, or leave --target out',
    );
  }
  const { board } = target;
  if (board === null) throw usageError(`the target ${target.name} is no board that could be flashed`);
  const bytes = attempt(
    () => new Uint8Array(readFileSync(firmware.file)),
    (reason) => usageError(`${firmware.file}: ${reason}`),
  );
  const image = imageOf(bytes, firmware.file, board);
  const fitted = fittedImage(board.flash, image, firmware.file);
  const method = chooseMethod(target.name, board, options);
  if (!isElf(bytes)) requireProgram(fitted, board, firmware.file);
  const onProgress = (stage: FlashStage, done: number, total: number): void =>
    options.onProgress?.(stageTexts[stage], done, total);
  const { productId, retries } =
    method === uart
      ? await flashByUart(board, fitted, options, onProgress)
      : await flashByTool(method, board, fitted, onProgress);
  return {
    schemaVersion: 1,
    target: target.name,
    method: method === uart ? uart : method.name,
    port: method === uart ? (options.port ?? null) : null,
    file: firmware.file,
    address: image.address,
    bytes: image.bytes.length,
    productId,
    retries,
    seconds: (performance.now() - start) / 1000,
  };
}

/** The report in words. */
export function flashText({
  target,
  method,
  port,
  file,
  address,
  bytes,
  productId,
  retries,
  seconds,
}: FlashReport): string {
  const way = port === null ? method : `${method} on ${port}`;
  const repeated = retries === null || retries === 0 ? '' : `; ${retries} commands were repeated`;
  return [
    `${file}: ${count(bytes)} bytes at ${hex(address)} written, read back and started`,
    `${target} (product id ${idText(productId)}) by ${way}, in ${seconds.toFixed(1)} s${repeated}`,
  ].join('\n');
}

async function flashByUart(
  { flash }: Board,
  image: FlashImage,
  { port, parity = 'even' }: FlashOptions,
  onProgress: (stage: FlashStage, done: number, total: number) => void,
): Promise<{ readonly productId: number; readonly retries: number | null }> {
  if (port === undefined) {
    throw usageError(
      'on which serial port is the bootloader?',
      'name it with --port: /dev/ttyUSB0, /dev/ttyACM0, COM3, or "auto" for the ST-LINK',
    );
  }
  const link = await openPort(port, parity);
  try {
    return await programDevice(byteLinkOf(link), flash, image, { onProgress });
  } finally {
    await link.close();
  }
}

async function flashByTool(
  tool: FlashTool,
  { flash, flashMethods }: Board,
  image: FlashImage,
  onProgress: (stage: FlashStage, done: number, total: number) => void,
): Promise<{ readonly productId: number; readonly retries: number | null }> {
  // Every tool gets the very bytes that were found to fit, whatever the file's format.
  return withTemporaryFolder('tessera-flash-', async (folder) => {
    const file = join(folder, 'firmware.bin');
    writeFileSync(file, image.bytes);
    const { productId } = await runFlashTool(tool, {
      file,
      base: image.address,
      ...(flash.productId === undefined ? {} : { productId: flash.productId }),
      ...(flash.idRegister === undefined ? {} : { idRegister: flash.idRegister }),
      install: installOf(tool),
      targetArguments: flashMethods[tool.name] ?? [],
      onProgress,
    });
    return { productId, retries: null };
  });
}

function chooseMethod(
  target: string,
  { flashMethods }: Board,
  { method, port }: FlashOptions,
): FlashTool | typeof uart {
  const offered = Object.keys(flashMethods).flatMap((name): readonly (FlashTool | typeof uart)[] =>
    name === uart ? [uart] : flashTools.filter((tool) => tool.name === name),
  );
  const names = offered.map((each) => (each === uart ? uart : each.name));
  if (offered.length === 0) throw usageError(`the target ${target} cannot be flashed: its file names no way to do so`);
  const wanted = method ?? (port !== undefined && names.includes(uart) ? uart : undefined);
  if (wanted !== undefined) {
    const found = offered[names.indexOf(wanted)];
    if (found === undefined)
      throw usageError(`${target} is not flashed by ${wanted}`, `There are ${names.join(', ')}.`);
    if (found !== uart && port !== undefined) throw usageError(`--port is for ${uart}, not for ${wanted}`);
    return found;
  }
  const usable = offered.filter((each) => each !== uart);
  const first = usable.find(isInstalled);
  if (first !== undefined) return first;
  if (usable.length === 0) return uart;
  const lines = usable.map(installOf).join('; or ');
  throw new TesseraError(
    exitCode.toolMissing,
    `none of ${usable.map(({ write }) => write.program).join(', ')} is on the PATH`,
    names.includes(uart) ? `${lines}; or flash by the bootloader with --port` : lines,
  );
}

function isInstalled({ write }: FlashTool): boolean {
  const tool = tools.find(({ name }) => name === write.program);
  return tool !== undefined && findTool(tool) !== null;
}

/** The line that installs a tool. */
function installOf({ write }: FlashTool): string {
  const tool = tools.find(({ name }) => name === write.program);
  return tool === undefined ? `install ${write.program}` : installLine(tool);
}

/** The file to flash, and the target that its project was compiled for. */
function findFirmware(path: string): { readonly file: string; readonly target: Target | null } {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw usageError(`${path}: not found`);
  if (!stats.isDirectory()) return { file: path, target: null };
  const description = join(path, 'target.json');
  if (!existsSync(description)) {
    throw usageError(
      `${path} holds no firmware that tessera made`,
      'give a folder of tessera compile, a .elf or a .bin file',
    );
  }
  const target = loadTarget(description);
  const file = ['build/firmware.elf', 'build/firmware.bin'].map((name) => join(path, name)).find(existsSync);
  if (file === undefined) {
    throw usageError(`${path} holds no build/firmware.elf`, `build it: tessera build ${path}, or make in the folder`);
  }
  if (statSync(file).mtimeMs < statSync(description).mtimeMs) {
    throw usageError(
      `${file} is older than the project`,
      `build it again: tessera build ${path}, or make in the folder`,
    );
  }
  return { file, target };
}

function imageOf(bytes: Uint8Array, file: string, { flash }: Board): FlashImage {
  if (isElf(bytes)) return imageOfElf(bytes, file);
  // Text formats would be written as they are.
  if (/\.(hex|ihex|srec|s19|s37|mot)$/i.test(file)) throw usageError(`${file}: give the .elf or the .bin file`);
  return { address: flash.base, bytes };
}
