import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deviceError, streamLink } from '../../../src/device/link.ts';
import { measure } from '../../../src/device/profile.ts';
import { openSession } from '../../../src/device/session.ts';
import { startEmulator } from '../../../src/simulate/qemu.ts';
import { loadTarget } from '../../../src/targets/load.ts';
import { makeFolder, tessera } from '../../cli/small-model.ts';
import { createPtyMaker, type PtyMaker } from '../../support/pty.ts';
import { createEmulator } from './emulator.ts';
import { createFlashMemory } from './flash-memory.ts';
import { serve } from './serve.ts';

const at = makeFolder(1);
const folder = mkdtempSync(join(tmpdir(), 'tessera-board-'));
let maker: PtyMaker;
beforeAll(() => {
  maker = createPtyMaker();
});
afterAll(() => {
  maker.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('compile, build, flash by the bootloader, boot the very bytes of the flash, profile over the serial line', async () => {
  const project = join(folder, 'project');
  const compiled = await tessera(
    ...['compile', at('small.onnx'), '--calibrate', 'random', '--target', 'qemu-stm32f405', '--out', project],
  );
  expect(compiled.code, compiled.stderr).toBe(0);
  const built = await tessera('build', project);
  expect(built.code, built.stderr).toBe(0);

  const { board } = loadTarget('qemu-stm32f405');
  const { flash, simulator } = board ?? {};
  if (flash?.sectors === undefined || flash.productId === undefined || simulator == null)
    throw new Error('no such board');
  const memory = createFlashMemory({ base: flash.base, sectors: flash.sectors });
  const times = { page: 5, mass: 20, block: 0.5 };
  const device = createEmulator({ memory, productId: flash.productId, times });
  const pty = await serve(maker, device);
  const flashed = await tessera('flash', project, '--port', pty.path, '--parity', 'none', '--json');
  pty.close();
  expect([flashed.code, flashed.stderr]).toEqual([0, '']);
  expect(device.started()).toBe(flash.base);
  const bytes = readFileSync(join(project, 'build/firmware.bin'));
  expect(Buffer.compare(memory.bytes.subarray(0, bytes.length), bytes)).toBe(0);

  // QEMU gets what the bootloader has put into the flash, not the file that was flashed.
  const dump = join(folder, 'flash.bin');
  writeFileSync(dump, memory.bytes);
  const emulator = await startEmulator(simulator, dump);
  try {
    const link = streamLink('QEMU', emulator.stream, () => deviceError('QEMU has ended'));
    const session = await openSession(link, { start: 30_000 });
    expect(session.info.target).toBe('qemu-stm32f405');
    const [model] = session.info.models;
    if (model === undefined) throw new Error('the firmware has no model');
    const report = JSON.parse(readFileSync(join(project, 'report.json'), 'utf8')) as { readonly arenaBytes: number };
    const measured = await measure(session, model, 3);
    expect(measured.selfTest).toBe(true);
    expect(measured.total.min).toBeGreaterThan(1000);
    expect(measured.memory.arenaBytes).toBe(report.arenaBytes);
  } finally {
    await emulator.stop();
  }
}, 120_000);
