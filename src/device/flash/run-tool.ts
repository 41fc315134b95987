import { spawn } from 'node:child_process';
import { exitCode, TesseraError } from '../../errors.ts';
import { hex, idText } from './geometry.ts';
import type { FlashStage } from './program.ts';
import { type FlashTool, meanings, type ToolCommand } from './tools.ts';

export interface ToolJob {
  /** The bytes to write, as a file. */
  readonly file: string;
  /** Where the first of them goes. */
  readonly base: number;
  /** What the device must be. */
  readonly productId?: number;
  /** Where its product id stands; at 0xE0042000 by default. */
  readonly idRegister?: number;
  /** The line that installs the tool. */
  readonly install: string;
  /** What target.json adds to the tool's arguments. */
  readonly targetArguments: readonly string[];
  readonly onProgress?: (stage: FlashStage, done: number, total: number) => void;
  /** A tool that says nothing for so long is ended, in milliseconds. */
  readonly patience?: number;
  /** Where programs are looked for; process.env by default. */
  readonly environment?: NodeJS.ProcessEnv;
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly stages: ReadonlySet<FlashStage>;
  readonly isTimedOut: boolean;
}

const defaultPatience = 120_000;
/** DBGMCU_IDCODE of Cortex-M4 parts and the STM32F7. Source: ST RM0390, RM0385, RM0351. */
const defaultIdRegister = 0xe0042000;
/** So many of a tool's last lines stand under our message. */
const shownLines = 8;

/**
 * Flashes with an external tool: asks for the product id first, then writes and verifies.
 * @throws TesseraError (exit code 5) where the tool is missing, (exit code 6) where it fails
 */
export async function runFlashTool(tool: FlashTool, job: ToolJob): Promise<{ readonly productId: number }> {
  job.onProgress?.('connect', 0, 1);
  const identified = await run(tool, tool.identify.command, job);
  const found = tool.identify.productId.exec(identified.output)?.[1];
  // The number is what counts: st-info gives 0 without a probe, too.
  if (found === undefined) throw failure(tool, identified, 'Nothing on the device was changed.');
  const productId = Number.parseInt(found, 16) & 0xfff;
  if (job.productId !== undefined && productId !== job.productId) {
    throw new TesseraError(
      exitCode.device,
      `the device has the product id ${idText(productId)}; the target is ${idText(job.productId)}. Nothing on the device was changed.`,
      'give the target that fits the board, or connect the right board',
    );
  }
  const written = await run(tool, tool.write, job);
  if (written.code !== 0 || !tool.success.test(written.output)) {
    const hasBegun = ['erase', 'write', 'verify'].some((stage) => written.stages.has(stage as FlashStage));
    throw failure(
      tool,
      written,
      hasBegun
        ? 'The tool had begun to write: which bytes are on the device is not known.'
        : 'The tool did not say that it had begun to write.',
    );
  }
  return { productId };
}

function run(tool: FlashTool, command: ToolCommand, job: ToolJob): Promise<Outcome> {
  return new Promise((resolve, reject) => start(tool, command, job, resolve, reject));
}

function start(
  tool: FlashTool,
  { program, args }: ToolCommand,
  job: ToolJob,
  resolve: (outcome: Outcome) => void,
  reject: (error: TesseraError) => void,
): void {
  const stages = new Set<FlashStage>();
  let output = '';
  let isTimedOut = false;
  let stage: FlashStage = 'connect';
  const child = spawn(program, filledIn(args, job), {
    env: job.environment ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = (): void => void child.kill();
  const timer = setTimeout(() => {
    isTimedOut = true;
    child.kill('SIGKILL');
  }, job.patience ?? defaultPatience);
  // A tool does not outlive us.
  process.once('exit', end);
  const see = (chunk: string): void => {
    timer.refresh();
    output += chunk;
    for (const line of chunk.split(/[\r\n]+/)) {
      const begun = tool.stages.find(({ pattern }) => pattern.test(line))?.stage;
      if (begun !== undefined) {
        stage = begun;
        stages.add(begun);
        job.onProgress?.(stage, 0, 1);
      }
      const [, done, total = '100'] = tool.progress?.exec(line) ?? [];
      if (done !== undefined) job.onProgress?.(stage, Number(done), Number(total));
    }
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', see);
  const settled = (): void => {
    clearTimeout(timer);
    process.off('exit', end);
  };
  child.on('error', (error: NodeJS.ErrnoException) => {
    settled();
    if (error.code !== 'ENOENT') reject(new TesseraError(exitCode.toolMissing, `${program}: ${error.message}`));
    else reject(new TesseraError(exitCode.toolMissing, `${program} is not on the PATH`, job.install));
  });
  child.on('close', (code) => {
    settled();
    resolve({ code, output, stages, isTimedOut });
  });
}

function filledIn(args: readonly string[], job: ToolJob): readonly string[] {
  const { file, base, idRegister = defaultIdRegister, targetArguments } = job;
  const values = new Map([
    ['{file}', file],
    ['{base}', hex(base)],
    ['{idRegister}', hex(idRegister)],
  ]);
  return args.flatMap((arg) =>
    arg === '{target}'
      ? targetArguments
      : [arg.replaceAll(/\{(?:file|base|idRegister)\}/g, (name) => values.get(name) ?? name)],
  );
}

function failure(tool: FlashTool, { code, output, isTimedOut }: Outcome, state: string): TesseraError {
  const known = tool.failures.find(({ pattern }) => pattern.test(output));
  const { text, hint } =
    known === undefined
      ? { text: `it ends with ${code === null ? 'a signal' : `exit code ${code}`}`, hint: undefined }
      : meanings[known.meaning];
  const what = isTimedOut ? 'it says nothing for too long, and was ended' : text;
  const lines = output
    .split(/[\r\n]+/)
    .map((line) => printable(line).trimEnd())
    .filter((line) => line.trim() !== '')
    .slice(-shownLines)
    .map((line) => `  ${tool.name}: ${line}`);
  const message = [`${tool.name}: ${what}. ${state}`, ...lines].join('\n');
  return new TesseraError(exitCode.device, message, isTimedOut ? undefined : hint);
}

/** A tool's line without colours and other control characters. */
function printable(line: string): string {
  return line.replaceAll(/\p{Cc}\[[0-9;]*[A-Za-z]/gu, '').replaceAll(/\p{Cc}/gu, ' ');
}
