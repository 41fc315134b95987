import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A pseudo-terminal: programs open the path as a serial port; its other end is here. */
export interface Pty {
  readonly path: string;
  write(bytes: Uint8Array): void;
  /** Hangs up. */
  close(): void;
}

export interface PtyMaker {
  /** @param onBytes sees what a program has written to the terminal */
  open(onBytes: (bytes: Uint8Array) => void): Promise<Pty>;
  remove(): void;
}

/** Compiles the little program in pty.c: Node has no pseudo-terminals. */
export function createPtyMaker(): PtyMaker {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-pty-'));
  const program = join(folder, 'pty');
  execFileSync('gcc', ['-std=c99', '-O1', join(import.meta.dirname, 'pty.c'), '-o', program]);
  return {
    open(onBytes) {
      const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
      // A program that ends may do so before the last bytes to it are written.
      child.stdin.on('error', () => {});
      let head = Buffer.alloc(0);
      let pty: Pty | null = null;
      return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('exit', (code) => {
          if (pty === null) reject(new Error(`the pseudo-terminal ends with ${code}`));
        });
        child.stdout.on('data', (bytes: Buffer) => {
          if (pty !== null) {
            onBytes(bytes);
            return;
          }
          head = Buffer.concat([head, bytes]);
          const end = head.indexOf('\n');
          if (end < 0) return;
          pty = {
            path: head.subarray(0, end).toString(),
            write: (data) => void child.stdin.write(data),
            close: () => void child.stdin.end(),
          };
          resolve(pty);
          if (head.length > end + 1) onBytes(head.subarray(end + 1));
        });
      });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
