import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { flashTools } from '../../src/device/flash/tools.ts';
import { loadTarget, parseTarget, targetNames } from '../../src/targets/load.ts';
import { flashMethodNames } from '../../src/targets/types.ts';
import { type Schema, schemaProblems } from './schema.ts';

const folder = new URL('file:///nowhere/');
const fields = { name: 'a', description: 'b', kind: 'library' };
const boardTarget = JSON.parse(loadTarget('nucleo-f446re').text) as { board: Record<string, unknown> };
const schema = JSON.parse(readFileSync(new URL('../../targets/schema.json', import.meta.url), 'utf8')) as Schema;

/** The text of a board's target.json with another value at a path; undefined takes it away. */
function changed(path: string, value: unknown): string {
  const target = structuredClone(boardTarget) as Record<string, unknown>;
  const steps = path.split('.');
  const last = steps.pop() as string;
  const place = steps.reduce((at, step) => at[step] as Record<string, unknown>, target);
  place[last] = value;
  return JSON.stringify(target);
}

describe('targets', () => {
  it.each(targetNames())('%s is valid, and its file says the same to an editor', (name) => {
    const target = loadTarget(name);
    expect(target.name).toBe(name);
    expect(schemaProblems(schema, JSON.parse(target.text), schema)).toEqual([]);
  });

  it('are also found by path', () => {
    expect(loadTarget('./targets/host/target.json').name).toBe('host');
    expect(() => loadTarget('./nowhere/target.json')).toThrow(/cannot be read/);
    expect(() => loadTarget('nowhere.json')).toThrow(/cannot be read/);
    expect(() => loadTarget('nowhere')).toThrow(/there is no target nowhere/);
  });

  it('have the numbers of their chips', () => {
    const board = loadTarget('nucleo-f446re').board;
    expect(board?.flash).toEqual({
      base: 0x08000000,
      bytes: 512 * 1024,
      productId: 0x421,
      sectors: [
        [4, 16384],
        [1, 65536],
        [3, 131072],
      ],
    });
    expect(board?.uart.stm32?.tx).toEqual({ port: 0, pin: 2, function: 7 });
    // Devices, their product ids and SRAM, from ST's data sheets and AN2606.
    const chips = targetNames().flatMap((name) => {
      const { board: other } = loadTarget(name);
      return other?.flash.productId === undefined
        ? []
        : [[name, other.flash.productId, other.memory.reduce((sum, { bytes }) => sum + bytes, 0) / 1024]];
    });
    expect(chips).toEqual([
      ['nucleo-f446re', 0x421, 128],
      ['nucleo-h743zi', 0x450, 128 + 512 + 288 + 64],
      ['nucleo-l4r5zi', 0x470, 640],
      ['qemu-stm32f405', 0x413, 128],
      ['stm32f746g-disco', 0x449, 320],
    ]);
  });

  it.each([
    ['[]', 'no object'],
    ['{', 'not JSON'],
    [JSON.stringify({ ...fields, colour: 'red' }), 'unknown fields colour'],
    [JSON.stringify({ ...fields, kind: 'toaster' }), 'kind must be'],
    [JSON.stringify({ ...fields, compilerFlags: [1] }), 'compilerFlags must be a list of texts'],
    [JSON.stringify({ ...fields, compilerFlags: ['-O2; rm -r x'] }), 'single flags'],
    [JSON.stringify({ ...fields, name: '../a' }), 'name must be small letters'],
    [JSON.stringify({ ...fields, isas: ['avx'] }), 'isas must be a list of'],
    [JSON.stringify({ ...fields, files: ['../x'] }), 'must lie in the folder'],
    [JSON.stringify({ ...fields, board: {} }), 'unknown fields board'],
    [JSON.stringify({ kind: 'wasm' }), 'name must be a text'],
    [changed('board', undefined), 'board: it is no object'],
    [changed('board.colour', 'red'), 'board: unknown fields colour'],
    [changed('board.sources', ['../x.c']), 'sources must be names of C files'],
    [changed('board.flash.sectors', [[4, 16384]]), 'sectors make 65536 bytes together, and the flash has 524288'],
    [changed('board.flash.base', 'high'), 'base must be a whole number'],
    [changed('board.memory', []), 'memory must be a list of objects'],
    [changed('board.memory.0.name', 'sram'), 'name must be capital letters'],
    [changed('board.memory.0.address', '0x08000000'), 'the memories FLASH and SRAM overlap'],
    [changed('board.memory.0.speed', 'breathtaking'), 'speed must be one of fast, usual, slow'],
    [changed('arena', [{ name: 'TCM', bytes: 64 }]), 'unknown fields arena'],
    [JSON.stringify({ ...fields, arena: [] }), 'arena must be a list of objects'],
    [JSON.stringify({ ...fields, arena: [{ name: 'tcm', bytes: 64 }] }), 'arena 1: name must be capital letters'],
    [JSON.stringify({ ...fields, arena: [{ name: 'TCM', bytes: 0 }] }), 'bytes must be a whole number from 16 on'],
    [JSON.stringify({ ...fields, arena: [1, 2].map(() => ({ name: 'A', bytes: 64 })) }), 'called the same: A, A'],
    [changed('board.placement.stack', 'CCM'), 'there is no memory CCM, but SRAM'],
    [changed('board.placement.stackBytes', 1001), 'stackBytes must be a multiple of 8'],
    [changed('board.placement.arena', []), 'arena must name a memory'],
    [changed('board.clock.source', 'sun'), 'source must be one of fixed, hse-bypass'],
    [changed('board.clock.apb1Divider', 3), 'apb1Divider must be 1, 2, 4, 8 or 16'],
    [changed('board.clock.flashWaitStates', 16), 'flashWaitStates must be from 0 to 15'],
    [changed('board.clock.voltage', 4), 'voltage must be from 0 to 3'],
    [changed('board.clock.pll.x', 3), 'pll: unknown fields x'],
    [changed('board.clock.pll', undefined), 'pll: it is no object'],
    [changed('board.uart.tx.pin', 'PZ1'), 'pin must be one such as PA2'],
    [changed('board.uart.tx.function', 16), 'function must be from 0 to 15'],
    [changed('board.uart.enable.bit', 32), 'bit must be from 0 to 31'],
    [changed('board.ticks.unit', 'days'), 'unit must be one of cycles, instructions'],
    [changed('board.flash.base', '0x08000001'), 'base must be a multiple of 4 below 4 GiB'],
    [changed('board.memory.0.address', '0x20000002'), 'address must be a multiple of 4 below 4 GiB'],
    [changed('board.memory.0.address', '0x100000000'), 'address must be a multiple of 4 below 4 GiB'],
    [changed('board.memory.0.address', '0xFFFF0000'), 'the memory SRAM ends beyond 4 GiB'],
    [changed('board.placement.arena', ['SRAM', 'SRAM']), 'arena must name each memory once: SRAM, SRAM'],
    [changed('board.placement.stackBytes', 131_072), 'stackBytes must be less than the 131072 bytes of SRAM'],
    [changed('board.uart.address', '0x40004401'), 'address must be a multiple of 4 below 4 GiB'],
    [changed('board.uart.rx.pin', 'PA2'), 'tx and rx must be unlike pins'],
    [changed('board.flashMethods', { jlink: [] }), 'flashMethods has no jlink, but openocd, st-flash'],
    [changed('board.flashMethods', { openocd: 'x' }), 'flashMethods.openocd must be a list of texts'],
    [changed('board.optimize', { model: '-O9', rest: '-Os' }), 'model must be -O0'],
  ])('%# is refused: %s', (text, words) => {
    expect(() => parseTarget(text, folder, 'target a')).toThrow(expect.objectContaining({ code: 2 }));
    expect(() => parseTarget(text, folder, 'target a')).toThrow(words);
  });

  it('memories for arenas are taken, of a target that is no board', () => {
    const arena = [
      { name: 'TCM', bytes: 65_536, speed: 'fast' },
      { name: 'SRAM', bytes: '0x40000' },
    ];
    const value = { ...fields, arena };
    expect(parseTarget(JSON.stringify(value), folder, 'target a').arena).toEqual([
      { name: 'TCM', bytes: 65_536, speed: 'fast' },
      { name: 'SRAM', bytes: 262_144, speed: 'usual' },
    ]);
    expect(schemaProblems(schema, value, schema)).toEqual([]);
    expect(schemaProblems(schema, { ...fields, arena: [{ name: 'tcm' }] }, schema)).toHaveLength(2);
  });

  it('a board can be flashed by every tool that there is, and by the bootloader', () => {
    expect([...flashTools.map(({ name }) => name), 'uart']).toEqual(flashMethodNames);
  });

  it('a whole board is taken', () => {
    expect(parseTarget(JSON.stringify(boardTarget), folder, 'target a').name).toBe('nucleo-f446re');
  });
});
