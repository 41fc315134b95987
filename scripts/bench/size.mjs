// How much flash and SRAM the examples take on each board: `npm run bench:size`, with `-- --json` as data.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFirmware } from '../../dist/api/build.js';
import { compileModel } from '../../dist/api/pipeline.js';
import { makeProject } from '../../dist/api/project.js';
import { modelPrefix } from '../../dist/codegen/model.js';
import { count, tableText } from '../../dist/report/table.js';
import { loadTarget, targetNames } from '../../dist/targets/load.js';
import { modelConstants } from './constants.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Calibrated and called as in the documentation.
const examples = [
  { name: 'home-sounds', samples: 100, options: {} },
  { name: 'part-sorter', samples: 20, options: { preprocessing: { scale: [1 / 255], mean: [0] } } },
];

const folder = mkdtempSync(join(tmpdir(), 'tessera-size-'));
const rows = [];
try {
  for (const { name, samples } of examples) {
    execFileSync(process.execPath, [
      join(root, 'examples', name, 'data.mjs'),
      ...['--seed', '1', '--count', `${samples}`, '--out', join(folder, name)],
    ]);
  }
  const boards = targetNames()
    .map(loadTarget)
    .filter(({ board }) => board !== null && board.simulator === null);
  for (const { name, board } of boards) {
    for (const example of examples) rows.push(await measure(name, board, example));
  }
} finally {
  rmSync(folder, { recursive: true });
}

if (process.argv.includes('--json')) console.log(JSON.stringify(rows, null, 2));
else {
  const right = (title, text) => ({ title, align: 'right', text });
  console.log(
    tableText(
      [
        { title: 'board', align: 'left', text: (row) => row.target },
        { title: 'example', align: 'left', text: (row) => row.model },
        right('flash', (row) => count(row.flashBytes)),
        right('of', (row) => count(row.flashSize)),
        right('weights', (row) => count(row.weightBytes)),
        right('records', (row) => count(row.recordBytes)),
        right('tables', (row) => count(row.tableBytes)),
        right('SRAM', (row) => count(row.sramBytes)),
        right('of', (row) => count(row.sramSize)),
        right('arena', (row) => count(row.arenaBytes)),
        right('stack', (row) => count(row.stackBytes)),
        right('data', (row) => count(row.dataBytes)),
      ],
      rows,
    ),
  );
}

/** One example on one board. All sizes in bytes; flash and SRAM as linked, gaps of alignment included. */
async function measure(target, board, { name: example, options }) {
  const compilation = compileModel(join(root, 'examples', example, 'model.onnx'), {
    ...options,
    calibrate: join(folder, example, 'x.npy'),
    target,
  });
  const place = join(folder, `${target}-${example}`);
  for (const [path, content] of await makeProject(compilation)) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), content);
  }
  const { regions, fits, elf } = buildFirmware(place);
  const { weightBytes, recordBytes, others } = modelConstants(elf, modelPrefix(compilation.plan.graph.name));
  const [flash, ...memory] = regions;
  const sectionBytes = (...names) =>
    memory
      .flatMap(({ sections }) => sections)
      .filter(({ name }) => names.includes(name))
      .reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    target,
    model: example,
    fits,
    flashBytes: flash.used,
    flashSize: flash.bytes,
    // Of the flash: weights with biases and multipliers; where they are, a layer; numbers of layers, and tables.
    weightBytes,
    recordBytes,
    tableBytes: others.reduce((sum, { bytes }) => sum + bytes, 0),
    sramBytes: memory.reduce((sum, { used }) => sum + used, 0),
    sramSize: board.memory.reduce((sum, { bytes }) => sum + bytes, 0),
    // Of the model; the firmware keeps a copy of the input beside it.
    arenaBytes: compilation.plan.arenaBytes,
    stackBytes: sectionBytes('.stack'),
    dataBytes: sectionBytes('.data', '.bss'),
    regions: regions.map(({ name, used, bytes }) => ({ name, used, bytes })),
  };
}
