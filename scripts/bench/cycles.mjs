/**
 * Cycles of a program on a Cortex-M4, estimated: every block of instructions that QEMU executes, times what its
 * instructions take. Source: Arm, Cortex-M4 Technical Reference Manual r0p0, table 3-1, with memory without wait states.
 * An estimate: a pipeline refill is taken to be 2 cycles (1 to 3 there), a division 7 (2 to 12).
 */
import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cores } from './qemu.mjs';

const refill = 2;
const division = 7;

/** Registers in a list such as {r0, r4-r6, lr}. */
function listed(operands) {
  const list = /\{([^}]*)\}/.exec(operands)?.[1] ?? '';
  return list.split(',').reduce((count, part) => {
    const range = /^\s*[a-z]+(\d+)\s*-\s*[a-z]+(\d+)\s*$/.exec(part);
    return count + (range === null ? 1 : Number(range[2]) - Number(range[1]) + 1);
  }, 0);
}

const singleLoad = /^(ldr|ldrb|ldrh|ldrsb|ldrsh|vldr)(\.|$)/;
const singleStore = /^(str|strb|strh|vstr)(\.|$)/;
const conditions = 'eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le';
/** Branches whose refill counts only where they are taken. */
const conditionalBranch = new RegExp(`^(b(${conditions})(\\.[nw])?|cbn?z)$`);

/**
 * Cycles of an instruction without the refill of a conditional branch.
 * @param {string} mnemonic
 * @param {string} operands
 * @param {{ mnemonic: string, operands: string } | null} before the instruction before it in the block
 */
export function instructionCycles(mnemonic, operands, before) {
  const name = mnemonic.replace(/\.[nw]$/, '');
  if (conditionalBranch.test(mnemonic)) return 1;
  if (/^(b|bl|bx|blx)$/.test(name)) return 1 + refill;
  if (/^tb[bh]$/.test(name)) return 2 + refill;
  const toPc = /\bpc\b/.test(operands.split(/[,}]\s*\[/)[0] ?? '') || /^(pop|ldm).*\bpc\b/.test(`${name} ${operands}`);
  if (/^(pop|ldm)/.test(name)) return 1 + listed(operands) + (toPc ? refill : 0);
  if (/^(push|stm|vpush|vpop|vldm|vstm)/.test(name)) return 1 + listed(operands);
  if (/^(ldrd|strd)/.test(name)) return 3;
  if (singleLoad.test(name)) {
    // Neighbouring single loads and stores overlap, unless the address is what the load before gave.
    const overlaps = before !== null && (singleLoad.test(before.mnemonic) || singleStore.test(before.mnemonic));
    const given =
      before !== null && singleLoad.test(before.mnemonic) ? (before.operands.split(',')[0] ?? '').trim() : '';
    const needed = given !== '' && new RegExp(`\\[[^\\]]*\\b${given}\\b`).test(operands);
    return (overlaps && !needed ? 1 : 2) + (/^pc\b/.test(operands) ? refill : 0);
  }
  if (/^[su]div/.test(name)) return division;
  if (/^vdiv|^vsqrt/.test(name)) return 14;
  if (/^(mrs|msr)/.test(name)) return 2;
  return 1;
}

/** A block: cycles of its instructions, where the next begins if its branch is not taken, and whether that matters. */
function blockOf(lines) {
  let before = null;
  let cycles = 0;
  let instructions = 0;
  let end = 0;
  let conditional = false;
  for (const line of lines) {
    const found = /^0x([0-9a-f]{8}):\s+((?:[0-9a-f]{4} ?)+)\s+(\S+)\s*(.*)$/.exec(line);
    if (found === null) continue;
    const [, address, code, mnemonic, operands] = found;
    cycles += instructionCycles(mnemonic, operands, before);
    instructions += 1;
    before = { mnemonic: mnemonic.replace(/\.[nw]$/, ''), operands };
    end = Number.parseInt(address, 16) + code.trim().split(' ').length * 2;
    conditional = conditionalBranch.test(mnemonic);
  }
  return { cycles, instructions, end, conditional };
}

function symbolsOf(elf) {
  const text = execFileSync('arm-none-eabi-nm', [elf], { encoding: 'utf8' });
  return new Map(
    text.split('\n').flatMap((line) => {
      const [address, , name] = line.split(' ');
      return name === undefined ? [] : [[name, Number.parseInt(address, 16) & ~1]];
    }),
  );
}

/**
 * Runs a program and gives every block that it executes to `take`: the name of its function, its address, its
 * instructions, and their cycles with the refill of the branch that led to it.
 */
function traceBlocks(elf, seconds, take) {
  // A log of gigabytes, read as it is written: it never lies on the disk.
  const folder = mkdtempSync(join(tmpdir(), 'tessera-trace-'));
  const pipe = join(folder, 'log');
  execFileSync('mkfifo', [pipe]);
  const args = [
    ...['-M', cores['cortex-m4'].machine, '-nographic', '-monitor', 'none', '-serial', 'none'],
    ...['-semihosting-config', 'enable=on,target=native', '-kernel', elf],
    ...['-d', 'in_asm,exec,nochain', '-D', pipe],
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('qemu-system-arm', args, { stdio: 'ignore' });
    const end = () => child.kill('SIGKILL');
    const log = createReadStream(pipe, { encoding: 'latin1' });
    const timer = setTimeout(end, seconds * 1000);
    process.on('exit', end);
    const blocks = new Map();
    let rest = '';
    let listing = null;
    let previous = null;
    const read = (line) => {
      if (line.startsWith('Trace 0: ')) {
        const open = line.indexOf('[');
        // [base/address/flags/...]: the flags tell blocks apart that begin inside an IT block.
        const address = Number.parseInt(line.slice(open + 10, open + 18), 16);
        const key = line.slice(open + 10, open + 27);
        if (listing !== null) {
          blocks.set(key, blockOf(listing));
          listing = null;
        }
        const refilled = previous?.conditional && previous.end !== address ? refill : 0;
        previous = blocks.get(key) ?? null;
        const name = line.slice(line.indexOf(']') + 2);
        take(name, address, previous?.instructions ?? 0, previous?.cycles ?? 0, refilled);
      } else if (line.startsWith('IN:')) listing = [];
      else if (listing !== null && line.startsWith('0x')) listing.push(line);
    };
    log.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) read(line);
    });
    child.on('error', reject);
    log.on('error', reject);
    log.on('close', () => {
      rmSync(folder, { recursive: true, force: true });
      clearTimeout(timer);
      process.off('exit', end);
      resolve();
    });
  });
}

/**
 * Estimated cycles from the first instruction of one function to that of another.
 * @param {string} elf
 * @param {{ from: string, to: string, seconds?: number }} options
 * @returns {Promise<{ cycles: number, instructions: number, functions: ReadonlyMap<string, number> }>} in all, and the
 *   cycles of each function's own code
 */
export async function estimateCycles(elf, { from, to, seconds = 600 }) {
  const symbols = symbolsOf(elf);
  const [first, last] = [from, to].map((name) => {
    const address = symbols.get(name);
    if (address === undefined) throw new Error(`there is no function ${name} in the program`);
    return address;
  });
  const functions = new Map();
  let counting = false;
  let total = 0;
  let instructions = 0;
  let result = null;
  await traceBlocks(elf, seconds, (name, address, executed, cycles, refilled) => {
    if (address === first) counting = true;
    else if (counting && address === last) {
      counting = false;
      result ??= { cycles: total, instructions, functions };
    }
    if (!counting) return;
    // The refill of the branch that led to the first block belongs to what is not counted.
    const taken = cycles + (instructions === 0 ? 0 : refilled);
    total += taken;
    instructions += executed;
    functions.set(name, (functions.get(name) ?? 0) + taken);
  });
  if (result === null) throw new Error(`the program did not run from ${from} to ${to} within ${seconds} s`);
  return result;
}

/** Instructions and cycles of what a caller of a mark does for it: the number of the layer, and the branch. */
const markCall = { instructions: 2, cycles: 2 + refill };

/**
 * Instructions and estimated cycles between marks. Each time the program comes through function `begin`, a run begins, up
 * to function `end`; whatever is executed since the mark before belongs to function `mark` and a number, and the function
 * that calls it, tsr_profile_mark, to nobody.
 * @param {string} elf
 * @param {{ begin: string, end: string, mark: string, seconds?: number }} options
 * @returns {Promise<readonly (readonly { layer: number, instructions: number, cycles: number }[])[]>} for each run
 */
export async function traceMarks(elf, { begin, end, mark, seconds = 600 }) {
  const runs = [];
  let run = null;
  let since = { instructions: 0, cycles: 0 };
  await traceBlocks(elf, seconds, (name, _, executed, cycles, refilled) => {
    if (name === begin) {
      run = new Map();
      runs.push(run);
      since = { instructions: 0, cycles: 0 };
    } else if (name === end) run = null;
    else if (run !== null && name.startsWith(mark)) {
      const layer = Number(name.slice(mark.length));
      const known = run.get(layer) ?? { instructions: 0, cycles: 0 };
      run.set(layer, {
        instructions: known.instructions + since.instructions - markCall.instructions,
        cycles: known.cycles + since.cycles - markCall.cycles,
      });
      since = { instructions: 0, cycles: 0 };
    } else if (name !== 'tsr_profile_mark') {
      since.instructions += executed;
      since.cycles += cycles + refilled;
    }
  });
  return runs.map((known) => [...known].map(([layer, counts]) => ({ layer, ...counts })));
}
