/**
 * Puts what the benchmarks measured into README.md and docs/memory.svg:
 *
 *   npm run --silent bench:memory -- --json > memory.json
 *   npm run --silent bench:accuracy -- --json > accuracy.json
 *   npm run --silent bench:speed -- --json > speed.json
 *   npm run --silent bench:size -- --json > size.json
 *   node scripts/bench/publish.mjs --memory memory.json --accuracy accuracy.json --speed speed.json --size size.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const root = new URL('../../', import.meta.url);
const file = { type: 'string' };
const { values } = parseArgs({ options: { memory: file, accuracy: file, speed: file, size: file } });
const load = (path) => JSON.parse(readFileSync(path, 'utf8'));
const count = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

if (values.memory !== undefined) {
  // What the other tools were measured on.
  const models = byModel(load(values.memory).filter(({ kernels }) => kernels === 'dsp'));
  writeSection('memory', memoryTable(models));
  writeFileSync(new URL('docs/memory.svg', root), memoryPicture(models));
}
if (values.accuracy !== undefined) writeSection('accuracy', accuracyTable(load(values.accuracy)));
if (values.speed !== undefined) {
  const rows = load(values.speed);
  writeSection('speed', speedTable(rows));
  writeSection('speed in WebAssembly', wasmTable(rows.filter(({ target }) => target === 'wasm')));
}
if (values.size !== undefined) writeSection('size', sizeTable(load(values.size)));

/** Replaces what stands between <!-- name --> and <!-- end --> in README.md. */
function writeSection(name, text) {
  const path = new URL('README.md', root);
  const before = readFileSync(path, 'utf8');
  const section = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
  if (!section.test(before)) throw new Error(`README.md has no section ${name}`);
  writeFileSync(
    path,
    before.replace(section, (_, start, end) => `${start}\n${text}\n\n${end}`),
  );
}

/** The rows of each model: its name, and a function from plan and input to the row. */
function byModel(rows) {
  const names = [...new Set(rows.map(({ model }) => model))];
  return names.map((name) => {
    const own = rows.filter(({ model }) => model === name);
    const row = (plan, input) => own.find((one) => one.plan === plan && one.input === input);
    return { name, row, competitor: own[0].competitor };
  });
}

function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = `|${header.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

function memoryTable(models) {
  const header = [
    'model',
    'layer by layer',
    'default',
    'default, input streamed',
    'least, input streamed',
    'stack',
    'other tools',
  ];
  return table(
    header,
    models.map(({ name, row, competitor }) => [
      name,
      count(row('time', 'resident').arenaBytes),
      count(row('balanced', 'resident').arenaBytes),
      count(row('balanced', 'streamed').arenaBytes),
      count(row('sram', 'streamed').arenaBytes),
      stackText(row('sram', 'streamed').stackBytes),
      competitor.map((other) => `${other.name} ${count(other.bytes)}`).join('; ') || '-',
    ]),
  );
}

function stackText(bytes) {
  return bytes === null ? '-' : count(bytes);
}

function accuracyTable(rows) {
  const percent = (part) => (part === null ? '-' : (100 * part).toFixed(2));
  return table(
    ['model', 'samples', 'metric', 'float', 'int8', 'reference', 'agreement'],
    rows.map((row) => [
      row.model.replace('float->int8', 'from float'),
      row.samples,
      row.metric,
      ...[row.float, row.int8, row.reference, row.agreement].map(percent),
    ]),
  );
}

/** Instructions of one inference, by the default plan. */
function speedTable(rows) {
  const millions = (row) => (row === undefined ? '-' : (row.instructions / 1e6).toFixed(2));
  const own = rows.filter(({ plan, target }) => plan === 'balanced' && target !== 'wasm');
  return table(
    ['model', 'MACs', 'Cortex-M4', 'a MAC', 'cycles (M4, estimate)', 'Cortex-M7', 'Cortex-M55', 'other tools (M4)'],
    [...new Set(own.map(({ model }) => model))].map((model) => {
      const on = (core) => own.find((row) => row.model === model && row.target === core);
      const m4 = on('cortex-m4');
      const others = m4.competitor.map(({ name, instructions }) => `${name} ${(instructions / 1e6).toFixed(2)}`);
      return [
        model,
        (m4.macs / 1e6).toFixed(2),
        millions(m4),
        (m4.instructions / m4.macs).toFixed(2),
        m4.estimatedCycles === null ? '-' : (m4.estimatedCycles / 1e6).toFixed(2),
        millions(on('cortex-m7')),
        millions(on('cortex-m55')),
        others.join('; ') || '-',
      ];
    }),
  );
}

/** Times of one inference, and how many times longer others take: medians of runs by turns. */
function wasmTable(rows) {
  const names = [...new Set(rows.flatMap(({ competitor }) => competitor.map(({ name }) => name)))];
  return table(
    ['model', 'Tessera, microseconds', ...names.map((name) => `${name}, times as long`)],
    rows.map((row) => [
      row.model,
      count(Math.round(row.nanoseconds / 1000)),
      ...names.map((name) => row.competitor.find((other) => other.name === name)?.ratio.toFixed(1) ?? '-'),
    ]),
  );
}

function sizeTable(rows) {
  return table(
    ['board', 'example', 'flash', 'of', 'SRAM', 'of'],
    rows.map((row) => [
      ...[row.target, row.model],
      ...[row.flashBytes, row.flashSize, row.sramBytes, row.sramSize].map(count),
    ]),
  );
}

/** Bars: three networks, what they need by plan and with other tools. */
function memoryPicture(models) {
  const shown = [
    { name: 'mlperf-tiny/kws', title: 'kws: keywords, DS-CNN' },
    { name: 'mlperf-tiny/vww', title: 'vww: person or not, MobileNetV1 0.25 at 96 x 96' },
    { name: 'mlperf-tiny/ic', title: 'ic: ten kinds of picture, ResNet-8' },
  ];
  const groups = shown.map(({ name, title }) => {
    const { row, competitor } = models.find((model) => model.name === name);
    const others = competitor.filter((other) => other.name === 'TFLM + CMSIS-NN' || other.name === 'TinyEngine');
    return {
      title,
      bars: [
        ...others.map((other) => ({ label: other.name, bytes: other.bytes, kind: 'other' })),
        { label: 'Tessera, layer by layer', bytes: row('time', 'resident').arenaBytes, kind: 'whole' },
        { label: 'Tessera, default', bytes: row('balanced', 'resident').arenaBytes, kind: 'ours' },
        { label: 'Tessera, default, input streamed', bytes: row('balanced', 'streamed').arenaBytes, kind: 'ours' },
      ],
    };
  });
  const [left, right, step] = [250, 760, 24];
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ bytes }) => bytes)));
  const parts = [];
  let y = 40;
  for (const { title, bars } of groups) {
    y += 30;
    parts.push(`<text x="24" y="${y}" class="strong">${title}</text>`);
    for (const { label, bytes, kind } of bars) {
      y += step;
      const width = Math.max(2, ((right - left) * bytes) / most).toFixed(1);
      parts.push(
        `<text x="${left - 10}" y="${y}" text-anchor="end">${label}</text>`,
        `<rect x="${left}" y="${y - 13}" width="${width}" height="17" rx="2" class="${kind}"/>`,
        `<text x="${left + Number(width) + 8}" y="${y}" class="soft">${count(bytes)}</text>`,
      );
    }
  }
  const height = y + 30;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 ${height}" width="860" height="${height}" role="img">
<title>Bytes of the arena of three int8 networks, by tool and plan</title>
<style>text{font:13px system-ui,"Segoe UI","DejaVu Sans",sans-serif;fill:#1f2328}
.strong{font-weight:600}.soft{fill:#59636e}.page{fill:#fff}.other{fill:#c4cad1}.whole{fill:#8fd6bd}.ours{fill:#3d9a78}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.soft{fill:#9198a1}.page{fill:#0d1117}.other{fill:#4b535d}.whole{fill:#2b6e58}.ours{fill:#5fc2a0}}</style>
<rect width="860" height="${height}" class="page"/>
<text x="24" y="36" class="strong">SRAM for activations, in bytes (int8; MLPerf Tiny models)</text>
${parts.join('\n')}
</svg>
`;
}
