import { fetchedInputs, handedOutputs } from '../plan/boundary.ts';
import type { Plan } from '../plan/types.ts';

/** A memory of a board, and the bytes in it that the arenas of a firmware's models share. */
export interface FirmwareMemory {
  readonly name: string;
  readonly bytes: number;
}

/** Where a firmware has its arenas, and what it keeps beside them: a copy of the input, outputs that are handed over. */
export interface FirmwarePlaces {
  /** At least one; the first is what the target's linker script calls .arena. */
  readonly arenas: readonly FirmwareMemory[];
  /** The memory of the copy: one of those, or another. */
  readonly copy: string;
  /** Bytes that the copy may take. */
  readonly copyBytes: number;
}

/** All arenas, and the copy, in one memory of which so many bytes are theirs. */
export function inOneMemory(plans: readonly Plan[], sramBytes: number): FirmwarePlaces {
  const bytes = Math.max(...plans.map(({ arenaBytes }) => arenaBytes));
  return { arenas: [{ name: 'SRAM', bytes }], copy: 'SRAM', copyBytes: sramBytes - bytes };
}

/** The C name of the array of arenas in a memory. */
function arrayName({ arenas }: FirmwarePlaces, memory: string): string {
  return memory === arenas[0]?.name ? 'tsr_arena' : `tsr_arena_${memory.toLowerCase()}`;
}

/** The macro that puts an array into a memory: see tsr_board.h. */
function placeMacro({ arenas }: FirmwarePlaces, memory: string): string {
  return memory === arenas[0]?.name ? 'TSR_BOARD_ARENA' : `TSR_BOARD_ARENA_IN("${memory}")`;
}

/** The definitions of the arrays, and the list of them that the firmware looks after. */
export function arenaArraysText(places: FirmwarePlaces, copyBytes: number): string {
  const { arenas } = places;
  const arrays = arenas.map(
    ({ name, bytes }, index) =>
      `${placeMacro(places, name)} ${index === 0 ? '' : 'static '}int8_t ${arrayName(places, name)}[${bytes} + TSR_GUARD_BYTES];`,
  );
  const list = arenas.map(({ name, bytes }) => `{${arrayName(places, name)}, ${bytes}}`);
  return `${arrays.join('\n')}

const uint32_t tsr_region_count = ${arenas.length};
const tsr_region tsr_regions[${arenas.length}] = {${list.join(', ')}};

const uint32_t tsr_copy_bytes = ${copyBytes};
${placeMacro(places, places.copy)} uint8_t tsr_copy[${Math.max(1, copyBytes)}];`;
}

/** How the firmware reaches the functions of a model. */
export interface ModelFunctions {
  /** Definitions of those that are not the model's own. */
  readonly text: string;
  /** The name that goes for a function of the model in the firmware's tables. */
  readonly nameOf: (own: string) => string;
}

/**
 * The functions that the firmware calls with `tsr_arena`. They are the model's own where all of its arena lies there; else
 * functions that know where it lies. There is always one for a run, <prefix>_start.
 */
export function modelFunctions(plan: Plan, prefix: string, places: FirmwarePlaces): ModelFunctions {
  const fetched = fetchedInputs(plan);
  const handed = handedOutputs(plan);
  const arrays = plan.regions.map(({ memory }) => arrayName(places, memory?.name ?? places.arenas[0]?.name ?? ''));
  const isOwn = arrays.length === 1 && arrays[0] === 'tsr_arena';
  const arena = isOwn ? 'arena' : arrays.length === 1 ? (arrays[0] as string) : `${prefix}_arena`;
  const unused = isOwn ? '' : '  (void)arena;\n';
  const rest = [
    ...(fetched.size > 0 ? [] : ['  (void)source;\n']),
    ...(handed.size > 0 ? [] : ['  (void)sink;\n']),
    `  ${prefix}_run(${arena}${fetched.size > 0 ? ', source' : ''}${handed.size > 0 ? ', sink' : ''});`,
  ].join('');
  const start = `static void ${prefix}_start(void *arena, const tsr_source *source, const tsr_sink *sink) {\n${unused}${rest}\n}`;
  if (isOwn) return { text: start, nameOf: (own) => own };
  const nameOf = (own: string): string => `${own}_placed`;
  const placed = (type: string, parameter: string, own: string): string =>
    `static ${type}${nameOf(own)}(${parameter}) {\n${unused}  return ${own}(${arena});\n}`;
  const { inputs, outputs } = plan.graph;
  const text = [
    ...(arrays.length === 1 ? [] : [`static void *const ${prefix}_arena[] = {${arrays.join(', ')}};`]),
    ...inputs.flatMap(({ tensor }, index) =>
      fetched.has(tensor) ? [] : [placed('int8_t *', 'void *arena', `${prefix}_input${index}`)],
    ),
    ...outputs.flatMap(({ tensor }, index) =>
      handed.has(tensor) ? [] : [placed('const int8_t *', 'const void *arena', `${prefix}_output${index}`)],
    ),
    placed('int ', 'void *arena', `${prefix}_self_test`),
    start,
  ];
  return { text: text.join('\n\n'), nameOf };
}
