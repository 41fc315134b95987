/**
 * Runs C on QEMU's Cortex-M boards without any operating system, for benchmarks and tests: compiles it with
 * arm-none-eabi-gcc, starts it, takes its output by semihosting. qemu/qemu.h says what such a program can use.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const support = fileURLToPath(new URL('qemu/', import.meta.url));

/**
 * The cores, with QEMU's board for each and the flags that say what the core can do.
 * @type {Readonly<Record<'cortex-m4' | 'cortex-m7' | 'cortex-m55', { machine: string, flags: readonly string[] }>>}
 */
export const cores = {
  'cortex-m4': {
    machine: 'mps2-an386',
    flags: ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'],
  },
  'cortex-m7': {
    machine: 'mps2-an500',
    flags: ['-mcpu=cortex-m7', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv5-sp-d16'],
  },
  'cortex-m55': {
    machine: 'mps3-an547',
    flags: ['-mcpu=cortex-m55', '-mthumb', '-mfloat-abi=hard', '-DQEMU_MPS3'],
  },
};

/** What programs are compiled with where the caller does not say. */
export const defaultFlags = ['-std=c99', '-O2'];

function isThere(program) {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Whether compiler and emulator are there. */
export function hasQemu() {
  return isThere('arm-none-eabi-gcc') && isThere('qemu-system-arm');
}

/**
 * @typedef {object} Program
 * @property {keyof typeof cores} core
 * @property {ReadonlyMap<string, string | Uint8Array>} files C files, headers and what they include, by name, all in one
 *   folder; one has main()
 * @property {readonly string[]} [flags] in place of `defaultFlags`
 *
 * @typedef {object} Run
 * @property {string} output
 * @property {number} code what main() returned; 90: the count of instructions is not right, 91: a fault
 */

/** Runs a program; it does not outlive this process. */
function execute(program, args, options) {
  return new Promise((resolve, reject) => {
    const end = () => child.kill('SIGKILL');
    const child = execFile(program, args, { maxBuffer: 2 ** 28, ...options }, (error, stdout, stderr) => {
      process.off('exit', end);
      if (error?.code === 'ENOENT') reject(new Error(`${program} is not installed: run scripts/setup.sh`));
      else resolve({ stdout, stderr, code: error === null ? 0 : (error.code ?? null), killed: error?.killed === true });
    });
    process.on('exit', end);
  });
}

/**
 * Compiles and links a program into `folder`.
 * @param {Program} program
 * @param {string} folder which must be there
 * @returns {Promise<string>} the path of the ELF file
 */
export async function buildProgram({ core, files, flags = defaultFlags }, folder) {
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  const sources = [...files.keys()].filter((name) => /\.[cS]$/.test(name));
  const { machine, flags: coreFlags } = cores[core];
  const compiling = [...flags, ...coreFlags, '-ffunction-sections', '-fdata-sections', '-I', support, '-I', '.', '-c'];
  await compile([...compiling, ...sources, join(support, 'start.c')], folder);
  const linking = ['-nostartfiles', '-specs=nano.specs', '-Wl,--gc-sections', '-Wl,--no-warn-rwx-segments'];
  const objects = [...sources, 'start.c'].map((name) => name.replace(/\.[cS]$/, '.o'));
  await compile(
    [...coreFlags, ...objects, ...linking, '-L', support, '-T', `${machine}.ld`, '-o', 'program.elf'],
    folder,
  );
  return join(folder, 'program.elf');
}

async function compile(args, cwd) {
  const { stderr, code } = await execute('arm-none-eabi-gcc', args, { cwd });
  if (code !== 0) throw new Error(`arm-none-eabi-gcc ${args.join(' ')}:\n${stderr.slice(0, 4000)}`);
}

/**
 * Bytes of code and constants of the objects that a program was built from.
 * @param {string} folder where buildProgram built
 * @param {(name: string) => boolean} counts whether an object, such as model.o, counts
 */
export async function objectBytes(folder, counts) {
  const objects = readdirSync(folder).filter((name) => name.endsWith('.o') && counts(name));
  const { stdout } = await execute('arm-none-eabi-size', objects, { cwd: folder });
  const lines = stdout.trim().split('\n').slice(1);
  return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0);
}

/**
 * Runs a program to its end, or kills it.
 * @param {string} elf
 * @param {keyof typeof cores} core
 * @param {{ seconds?: number, extra?: readonly string[] }} [options] the most time that it may take, by the clock on the
 *   wall; further arguments of QEMU
 * @returns {Promise<Run>}
 */
export async function runProgram(elf, core, { seconds = 120, extra = [] } = {}) {
  const args = [
    ...['-M', cores[core].machine, '-nographic', '-monitor', 'none', '-serial', 'none'],
    ...['-semihosting-config', 'enable=on,target=native'],
    ...['-icount', 'shift=8,align=off,sleep=off', ...extra, '-kernel', elf],
  ];
  const { stdout, stderr, code, killed } = await execute('qemu-system-arm', args, {
    timeout: seconds * 1000,
    killSignal: 'SIGKILL',
  });
  // QEMU writes what a program prints by semihosting to its error output.
  const output = `${stdout}${stderr}`.replaceAll('\0', '');
  if (killed) throw new Error(`the program did not end within ${seconds} s on ${core}; so far: ${output.slice(-2000)}`);
  return { output, code };
}

/**
 * Compiles a program and runs it.
 * @param {Program & { seconds?: number }} program
 * @returns {Promise<Run>}
 */
export async function runOnQemu({ core, files, flags = defaultFlags, seconds = 120 }) {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-qemu-'));
  try {
    return await runProgram(await buildProgram({ core, files, flags }, folder), core, { seconds });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
