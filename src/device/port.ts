import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { SerialPort } from 'serialport';
import { exitCode, TesseraError } from '../errors.ts';
import { deviceError, type Link, streamLink } from './link.ts';

/** The speed of every firmware of ours, and of the benchmark's runner. */
export const baudRate = 115200;

/** A serial port of this machine, as far as is known of it. */
export interface PortDescription {
  readonly path: string;
  /** USB vendor, four hexadecimal digits; null where the port is none of USB, or nobody knows. */
  readonly vendorId: string | null;
  readonly serialNumber: string | null;
}

/** The USB vendor of every ST-LINK: STMicroelectronics. */
const stVendor = '0483';

async function loadSerialport(): Promise<typeof import('serialport')> {
  try {
    return await import('serialport');
  } catch (error) {
    throw new TesseraError(
      exitCode.toolMissing,
      `the package serialport cannot be loaded: ${(error as Error).message}`,
      'run `npm install serialport`',
    );
  }
}

/** The serial ports of this machine. */
export async function listPorts(): Promise<readonly PortDescription[]> {
  const { SerialPort } = await loadSerialport();
  try {
    return (await SerialPort.list()).map(({ path, vendorId, serialNumber }) => ({
      path,
      vendorId: vendorId?.toLowerCase() ?? null,
      serialNumber: serialNumber ?? null,
    }));
  } catch {
    // On Linux the package asks udevadm, which small systems and containers do not have.
    return listPortsOfSysfs('/sys/class/tty');
  }
}

/** The serial ports of USB as the Linux kernel tells of them. `root`: /sys/class/tty. */
export function listPortsOfSysfs(root: string): readonly PortDescription[] {
  const read = (path: string): string | null => {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return null;
    }
  };
  let names: readonly string[];
  try {
    names = readdirSync(root).filter((name) => /^tty(ACM|USB)\d+$/.test(name));
  } catch {
    return [];
  }
  return [...names].sort().flatMap((name) => {
    try {
      // The port is an interface of the USB device, or for a serial converter one level deeper.
      const device = realpathSync(join(root, name, 'device'));
      const parents = [join(device, '..'), join(device, '..', '..')];
      const value = (file: string): string | null =>
        parents.map((parent) => read(join(parent, file))).find((text) => text !== null) ?? null;
      return [{ path: `/dev/${name}`, vendorId: value('idVendor'), serialNumber: value('serial') }];
    } catch {
      return [];
    }
  });
}

/**
 * The port that `--port auto` stands for: the one ST-LINK.
 * @throws TesseraError (exit code 6) where there is none, or more than one
 */
export function chooseStLink(ports: readonly PortDescription[]): string {
  const [first, ...others] = ports.filter(({ vendorId }) => vendorId === stVendor);
  const known = ports.map(({ path }) => path).join(', ') || 'none';
  if (first === undefined) {
    throw deviceError(
      'no ST-LINK is connected',
      `Connect the board, or name the port with --port. The serial ports of this machine: ${known}.`,
    );
  }
  if (others.length > 0) {
    const names = [first, ...others].map(({ path, serialNumber }) => `${path} (${serialNumber ?? 'no serial number'})`);
    throw deviceError(`there are ${names.length} ST-LINKs: ${names.join(', ')}`, 'Name one with --port.');
  }
  return first.path;
}

/** Opens a serial port, 8N1 or 8E1. `name`: its path, or "auto" for the ST-LINK. */
export async function openPort(name: string, parity: 'none' | 'even' = 'none'): Promise<Link> {
  const path = name === 'auto' ? chooseStLink(await listPorts()) : name;
  const { SerialPort } = await loadSerialport();
  const port = await new Promise<SerialPort>((resolve, reject) => {
    const opening = new SerialPort({ path, baudRate, parity, autoOpen: false });
    // An error without a listener would end the program.
    opening.on('error', () => {});
    opening.open((error) =>
      error === null || error === undefined ? resolve(opening) : reject(openError(path, error)),
    );
  });
  const gone = (): TesseraError =>
    deviceError(`${path}: the port has gone`, 'Was the board unplugged, or the emulator ended?');
  // A port that is destroyed is let go of some time later; one that is closed, now.
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      if (port.isOpen) port.close(() => resolve());
      else resolve();
    });
  return streamLink(path, port, gone, close);
}

/** What it means that a port cannot be opened. */
export function openError(path: string, error: Error): TesseraError {
  const text = error.message.replace(/^Error:? */, '');
  const [, reason, hint] = openFailures.find(([pattern]) => pattern.test(text)) ?? [];
  return deviceError(`${path}: ${reason ?? text}`, hint);
}

const openFailures: readonly (readonly [RegExp, string, string])[] = [
  [
    /lock port|resource busy|EBUSY|access denied/i,
    'busy: another program has the port open',
    'Close the terminal or monitor that has it.',
  ],
  [
    /no such file|no such device|file not found|ENOENT|ENODEV|ENXIO/i,
    'absent: there is no such port',
    'Is the board connected? --port auto finds an ST-LINK.',
  ],
  [
    /permission denied|EACCES/i,
    'this user may not open the port',
    'On Linux: sudo usermod -a -G dialout "$USER", then log in again.',
  ],
  [/inappropriate ioctl|is a directory/i, 'this is no serial port', '--port auto finds an ST-LINK.'],
];
