import type { Pty, PtyMaker } from '../../support/pty.ts';
import type { Emulator } from './emulator.ts';

/** Puts an emulated device behind a pseudo-terminal, in real time. Closing the terminal pulls the cable. */
export async function serve(maker: PtyMaker, device: Emulator): Promise<Pty> {
  const start = performance.now();
  let timer: NodeJS.Timeout | null = null;
  const pump = (): void => {
    timer = null;
    const now = performance.now() - start;
    const more = device.settle(now);
    const due: number[] = [];
    while (device.sent[0] !== undefined && device.sent[0].at <= now) due.push(device.sent.shift()?.byte as number);
    if (due.length > 0) pty.write(Uint8Array.from(due));
    const next = device.sent[0]?.at ?? more;
    if (next !== null && timer === null) timer = setTimeout(pump, Math.max(0, next - now));
  };
  const pty = await maker.open((bytes) => {
    const now = performance.now() - start;
    for (const byte of bytes) device.receive(byte, now);
    pump();
  });
  return {
    ...pty,
    close() {
      if (timer !== null) clearTimeout(timer);
      pty.close();
    },
  };
}
