import type { ByteLink } from '../../../src/device/flash/byte-link.ts';
import type { Emulator } from './emulator.ts';

/** A fault of the line itself: at the byte of that number, counted from 0 in its direction. */
export interface LineFault {
  readonly kind: 'lost' | 'corrupted' | 'hang-up';
  readonly direction: 'to-device' | 'to-host';
  readonly at: number;
  /** The bits that are turned over in a corrupted byte. */
  readonly bits: number;
}

export interface VirtualLink {
  readonly link: ByteLink;
  /** The time of this line's own clock, in milliseconds. */
  now(): number;
  /** Bytes so far in each direction. */
  counts(): { readonly toDevice: number; readonly toHost: number };
}

/** A byte takes this long at 115,200 baud, in milliseconds. */
const byteTime = 11 / 115.2;

/** A line between a flasher and the emulator whose clock runs only while somebody waits. */
export function createVirtualLink(device: Emulator, faults: readonly LineFault[] = []): VirtualLink {
  let time = 0;
  let toDevice = 0;
  let toHost = 0;
  let isClosed = false;
  const check = (): void => {
    if (isClosed) throw new Error('the other end has hung up');
  };
  const faultAt = (direction: LineFault['direction'], at: number): LineFault | undefined =>
    faults.find((fault) => fault.direction === direction && fault.at === at);
  const passed = (byte: number, fault: LineFault | undefined): number | null => {
    if (fault === undefined) return byte;
    if (fault.kind === 'lost') return null;
    if (fault.kind === 'corrupted') return byte ^ fault.bits;
    isClosed = true;
    throw new Error('the other end has hung up');
  };
  return {
    now: () => time,
    counts: () => ({ toDevice, toHost }),
    link: {
      async write(bytes) {
        check();
        for (const each of bytes) {
          time += byteTime;
          const byte = passed(each, faultAt('to-device', toDevice));
          toDevice += 1;
          if (byte !== null) device.receive(byte, time);
        }
      },
      async read(milliseconds) {
        check();
        const end = time + milliseconds;
        for (;;) {
          const more = device.settle(time);
          const first = device.sent[0];
          const due = Math.min(first?.at ?? Number.POSITIVE_INFINITY, more ?? Number.POSITIVE_INFINITY);
          if (due > end) {
            time = end;
            return null;
          }
          time = Math.max(time, due);
          if (first === undefined || first.at > time) continue;
          device.sent.shift();
          const byte = passed(first.byte, faultAt('to-host', toHost));
          toHost += 1;
          if (byte !== null) return byte;
        }
      },
    },
  };
}
