import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseStLink, listPorts, listPortsOfSysfs, openError, openPort } from '../../src/device/port.ts';
import { openSession } from '../../src/device/session.ts';
import { createPtyMaker, type PtyMaker } from '../support/pty.ts';

let maker: PtyMaker;
const folder = mkdtempSync(join(tmpdir(), 'tessera-ports-'));
beforeAll(() => {
  maker = createPtyMaker();
});
afterAll(() => {
  maker.remove();
  rmSync(folder, { recursive: true, force: true });
});

const port = (path: string, vendorId: string | null, serialNumber: string | null = null) =>
  ({ path, vendorId, serialNumber }) as const;

describe('--port auto', () => {
  it('is the one ST-LINK, by its vendor', () => {
    const ports = [port('/dev/ttyS0', null), port('/dev/ttyUSB0', '10c4'), port('/dev/ttyACM1', '0483')];
    expect(chooseStLink(ports)).toBe('/dev/ttyACM1');
  });

  it('says which ports there are where none is an ST-LINK', () => {
    const error = { code: 6, message: 'no ST-LINK is connected', hint: expect.stringMatching(/: \/dev\/ttyUSB0\.$/) };
    expect(() => chooseStLink([port('/dev/ttyUSB0', '10c4')])).toThrow(expect.objectContaining(error));
    expect(() => chooseStLink([])).toThrow(expect.objectContaining({ hint: expect.stringMatching(/machine: none/) }));
  });

  it('does not guess between two', () => {
    const two = [port('/dev/ttyACM0', '0483', '0671FF'), port('/dev/ttyACM1', '0483', '0672AA')];
    const message = 'there are 2 ST-LINKs: /dev/ttyACM0 (0671FF), /dev/ttyACM1 (0672AA)';
    expect(() => chooseStLink(two)).toThrow(expect.objectContaining({ code: 6, message }));
  });

  it('finds vendors without udevadm, as the kernel has them', () => {
    // ttyACM0 is an interface of its device; ttyUSB0 lies one level deeper.
    for (const place of ['usb/1-1/1-1:1.2', 'usb/1-2/1-2:1.0/ttyUSB0', 'tty/ttyACM0', 'tty/ttyUSB0', 'tty/ttyS0'])
      mkdirSync(join(folder, place), { recursive: true });
    writeFileSync(join(folder, 'usb/1-1/idVendor'), '0483\n');
    writeFileSync(join(folder, 'usb/1-1/serial'), '0671FF\n');
    writeFileSync(join(folder, 'usb/1-2/idVendor'), '10c4\n');
    symlinkSync(join(folder, 'usb/1-1/1-1:1.2'), join(folder, 'tty/ttyACM0/device'));
    symlinkSync(join(folder, 'usb/1-2/1-2:1.0/ttyUSB0'), join(folder, 'tty/ttyUSB0/device'));
    const found = listPortsOfSysfs(join(folder, 'tty'));
    expect(found).toEqual([port('/dev/ttyACM0', '0483', '0671FF'), port('/dev/ttyUSB0', '10c4')]);
    expect(chooseStLink(found)).toBe('/dev/ttyACM0');
    expect(listPortsOfSysfs(join(folder, 'nothing'))).toEqual([]);
  });

  it('lists ports where nothing answers for them', async () => {
    const path = process.env.PATH;
    process.env.PATH = '';
    try {
      expect(Array.isArray(await listPorts())).toBe(true);
    } finally {
      process.env.PATH = path;
    }
  });
});

describe('a port that cannot be opened', () => {
  it('is absent', async () => {
    await expect(openPort('/dev/ttyTESSERA')).rejects.toMatchObject({
      code: 6,
      message: '/dev/ttyTESSERA: absent: there is no such port',
    });
  });

  it('is busy', async () => {
    const pty = await maker.open(() => {});
    const link = await openPort(pty.path);
    await expect(openPort(pty.path)).rejects.toMatchObject({
      code: 6,
      message: `${pty.path}: busy: another program has the port open`,
    });
    await link.close();
    pty.close();
  });

  it('is none', async () => {
    await expect(openPort('/dev/null')).rejects.toMatchObject({
      code: 6,
      message: '/dev/null: this is no serial port',
    });
  });

  it.each([
    ['Error: Permission denied, cannot open /dev/ttyACM0', /this user may not open the port/],
    ['Opening COM3: Access denied', /busy/],
    ['Opening COM9: File not found', /absent/],
    ['something else', /something else/],
  ])('says so in the words of the system: %s', (text, expected) => {
    expect(openError('COM3', new Error(text))).toMatchObject({ code: 6, message: expect.stringMatching(expected) });
  });
});

describe('a port that is open', () => {
  it('is silent', async () => {
    const heard: Buffer[] = [];
    const pty = await maker.open((bytes) => void heard.push(Buffer.from(bytes)));
    const link = await openPort(pty.path);
    await expect(openSession(link, { start: 700 })).rejects.toMatchObject({
      code: 6,
      message: expect.stringMatching(/^\/dev\/pts\/\d+: silent: nothing answered/),
    });
    expect(Buffer.concat(heard).toString()).toMatch(/^name%/);
    await link.close();
    pty.close();
  });

  it('goes away', async () => {
    const pty = await maker.open(() => {});
    const link = await openPort(pty.path);
    pty.close();
    await expect(openSession(link, { start: 3000 })).rejects.toMatchObject({
      code: 6,
      message: `${pty.path}: the port has gone`,
    });
    await link.close();
  });

  it('passes every byte both ways', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const heard: Buffer[] = [];
    const pty = await maker.open((bytes) => void heard.push(Buffer.from(bytes)));
    const link = await openPort(pty.path);
    await link.write(all);
    await expect.poll(() => Buffer.concat(heard).length).toBe(256);
    expect(new Uint8Array(Buffer.concat(heard))).toEqual(all);
    pty.write(all);
    const got: Uint8Array[] = [];
    while (got.reduce((sum, { length }) => sum + length, 0) < 256) got.push((await link.read(2000)) as Uint8Array);
    expect(new Uint8Array(Buffer.concat(got))).toEqual(all);
    expect(await link.read(20)).toBe(null);
    await link.close();
    pty.close();
  });
});
