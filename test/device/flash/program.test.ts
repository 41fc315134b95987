import { describe, expect, it } from 'vitest';
import { type FlashGeometry, fittedImage } from '../../../src/device/flash/geometry.ts';
import { type FlashStage, programDevice } from '../../../src/device/flash/program.ts';
import { exitCode, TesseraError } from '../../../src/errors.ts';
import { createTestDevice, expectedMemory, firmware, geometry, type TestDevice } from './device.ts';
import { createVirtualLink, type LineFault } from './virtual-link.ts';

const image = firmware(2500, 1);
const fitted = fittedImage(geometry, image, 'firmware.bin');

async function flash(
  { device }: TestDevice,
  target: FlashGeometry = geometry,
  faults: readonly LineFault[] = [],
): Promise<Awaited<ReturnType<typeof programDevice>> & { readonly milliseconds: number }> {
  const line = createVirtualLink(device, faults);
  const result = await programDevice(line.link, target, fitted, { now: line.now });
  return { ...result, milliseconds: line.now() };
}

async function failureOf(work: Promise<unknown>): Promise<TesseraError> {
  const failure = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(TesseraError);
  expect((failure as TesseraError).code).toBe(exitCode.device);
  return failure as TesseraError;
}

describe('the bootloader client', () => {
  it('erases what the image needs, writes, reads back and starts', async () => {
    const test = createTestDevice();
    const result = await flash(test);
    expect(result).toMatchObject({ productId: 0x421, bootloaderVersion: 0x31, erasedUnits: 5, retries: 0 });
    expect(test.memory.bytes).toEqual(expectedMemory(test.before, image));
    expect(test.device.started()).toBe(geometry.base);
  });

  it.each([
    ['plain', 'and'],
    ['extended', 'refuse'],
    ['plain', 'refuse'],
  ] as const)('does so with %s erase and flash that %ss', async (erase, programming) => {
    const test = createTestDevice({ erase }, { programming });
    await flash(test);
    expect(test.memory.bytes).toEqual(expectedMemory(test.before, image));
  });

  it.each(['plain', 'extended'] as const)('erases the whole flash (%s) where sectors are not known', async (erase) => {
    const test = createTestDevice({ erase });
    const { base, bytes, productId } = geometry;
    await flash(test, { base, bytes, productId });
    expect(test.memory.bytes).toEqual(expectedMemory(test.before, image, 'mass'));
  });

  it('goes on with a device whose session has begun before', async () => {
    const test = createTestDevice();
    test.device.receive(0x7f, 0);
    test.device.sent.length = 0;
    await flash(test);
    expect(test.memory.bytes).toEqual(expectedMemory(test.before, image));
  });

  it('ends what a session that was broken off has left', async () => {
    const test = createTestDevice();
    // A write that lacks most of its data.
    for (const byte of [0x7f, 0x31, 0xce, 0x08, 0, 0, 0, 0x08, 0xff, 1, 2, 3]) test.device.receive(byte, 10);
    test.device.sent.length = 0;
    await flash(test);
    expect(test.memory.bytes).toEqual(expectedMemory(test.before, image));
  });

  it('tells of each stage', async () => {
    const stages: FlashStage[] = [];
    const { device } = createTestDevice();
    const line = createVirtualLink(device);
    await programDevice(line.link, geometry, fitted, {
      now: line.now,
      onProgress: (stage, done, total) => {
        if (stages.at(-1) !== stage) stages.push(stage);
        expect(done).toBeLessThanOrEqual(total);
      },
    });
    expect([...new Set(stages)]).toEqual(['connect', 'erase', 'write', 'verify', 'start']);
  });

  it('refuses another product before it erases anything', async () => {
    const test = createTestDevice({ productId: 0x413 });
    const { message } = await failureOf(flash(test));
    expect(message).toMatch(/product id 0x413; the target is 0x421\. Nothing on the device was changed/);
    expect(test.memory.bytes).toEqual(test.before);
  });

  it('is not misled by a product id that was garbled on the line', async () => {
    const clean = createTestDevice();
    const line = createVirtualLink(clean.device);
    await programDevice(line.link, geometry, fitted, { now: line.now });
    // The answers to GET and GET ID, each asked for twice, are among the first bytes.
    for (let at = 0; at < 45; at += 1) {
      const test = createTestDevice();
      await flash(test, geometry, [{ kind: 'corrupted', direction: 'to-host', at, bits: 0x01 }]);
      expect(test.memory.bytes).toEqual(expectedMemory(test.before, image));
    }
  });

  it('refuses a read-protected device with an explanation', async () => {
    const test = createTestDevice({ protection: 'read' });
    const { message, hint } = await failureOf(flash(test));
    expect(message).toMatch(/read-protected \(RDP\).*\nNothing on the device was changed/);
    expect(hint).toMatch(/erases the whole device/);
    expect(test.memory.bytes).toEqual(test.before);
  });

  it('says that a write-protected sector keeps its bytes', async () => {
    const test = createTestDevice({}, { writeProtected: [1] });
    const { message, hint } = await failureOf(flash(test));
    expect(message).toMatch(/does not hold what was written to the sector at 0x08000200/);
    expect(message).toMatch(/0x08000200 to 0x080003ff {2}not known/);
    expect(hint).toMatch(/write-protected/);
    expect(test.device.started()).toBeNull();
  });

  it('finds a worn-out bit', async () => {
    const at = image.bytes.findIndex((byte) => byte !== 0xff && (byte & 1) === 1);
    const { message } = await failureOf(flash(createTestDevice({}, { worn: [geometry.base + at] })));
    expect(message).toMatch(/does not hold what was written/);
  });

  it('waits while the device says that it is busy', async () => {
    for (const step of [20, 30, 40]) {
      const faultAt = (at: number): { kind: 'busy'; count: number; interval: number } | null =>
        at === step ? { kind: 'busy', count: 20, interval: 500 } : null;
      const test = createTestDevice({ faultAt });
      expect(await flash(test)).toMatchObject({ retries: 0 });
      expect(test.memory.bytes).toEqual(expectedMemory(test.before, image));
    }
  });

  it('says that nothing answers, and why that may be', async () => {
    const { message, hint } = await failureOf(
      programDevice({ write: async () => {}, read: async () => null }, geometry, fitted),
    );
    expect(message).toBe('no bootloader answers on this port. Nothing on the device was changed.');
    expect(hint).toMatch(/BOOT0/);
  });

  it('says that something else answers', async () => {
    const { message } = await failureOf(
      programDevice({ write: async () => {}, read: async () => 0x41 }, geometry, fitted),
    );
    expect(message).toMatch(/makes no sense|does not answer as a bootloader/);
  });
});

describe('an image that does not fit', () => {
  it.each([
    [{ address: 0x08000000, bytes: new Uint8Array(8193) }, /the target's flash from 0x08000000 to 0x08001fff/],
    [{ address: 0x07ffffe0, bytes: new Uint8Array(64) }, /goes from 0x07ffffe0/],
    [{ address: 0x08000000, bytes: new Uint8Array(0) }, /empty/],
    [{ address: 0x08000004, bytes: new Uint8Array(4) }, /multiple of 32/],
  ])('is refused (%#)', (bad, message) => {
    expect(() => fittedImage(geometry, bad, 'firmware.bin')).toThrow(message);
  });
});
