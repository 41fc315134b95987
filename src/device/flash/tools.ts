import type { FlashStage } from './program.ts';

/**
 * A program and its arguments. `{file}`, `{base}` and `{idRegister}` are put in; `{target}` alone stands for the
 * arguments of target.json, which say how to connect.
 */
export interface ToolCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * A program that flashes a board: all that Tessera knows of it. Another one is another of these, and its arguments in
 * target.json. The file that it is given holds plain bytes (.bin).
 */
export interface FlashTool {
  /** What it is called in target.json and after --method. */
  readonly name: string;
  /** Asks the device for its product id, and changes nothing. The id is the low 12 bits of the number that is found. */
  readonly identify: { readonly command: ToolCommand; readonly productId: RegExp };
  /** Writes, reads back, and starts the program. */
  readonly write: ToolCommand;
  /** What it prints only where all bytes read back right: its exit code alone is not believed. */
  readonly success: RegExp;
  /** What it prints when a stage begins. */
  readonly stages: readonly { readonly pattern: RegExp; readonly stage: FlashStage }[];
  /** How much is done, in percent or as done/total. */
  readonly progress: RegExp | null;
  /** What its messages mean, the first that is found. */
  readonly failures: readonly { readonly pattern: RegExp; readonly meaning: keyof typeof meanings }[];
}

/** What goes wrong with debug probes, whatever the tool. */
export const meanings = {
  noProbe: {
    text: 'no debug probe is connected',
    hint: 'connect the board by the USB connector of its ST-LINK; on Linux the udev rules of the tool must be installed',
  },
  probeBusy: {
    text: 'the debug probe cannot be opened',
    hint: 'another program uses it (a debugger, an IDE), or this user may not: on Linux install the udev rules of the tool',
  },
  noTarget: {
    text: 'the debug probe finds no microcontroller',
    hint: 'see that the board has power, and that the jumpers or wires between probe and microcontroller are in place',
  },
  protected: {
    text: 'the device is protected against reading or writing',
    hint: 'taking the protection away erases the whole device: STM32CubeProgrammer does it (-rdu, or its option bytes)',
  },
  verification: {
    text: 'what was written does not read back',
    hint: 'flash again; if it stays so, the flash may be worn out or write-protected',
  },
  writing: {
    text: 'the flash cannot be written',
    hint: 'reset the board and flash again; its sectors may be write-protected',
  },
  configuration: {
    text: 'a configuration file is missing',
    hint: 'see the arguments of this tool in the target file',
  },
} as const;

/** Drives the reset line while it connects, so that no program on the device can keep it from doing so. */
const openocdReset = 'reset_config srst_only srst_nogate connect_assert_srst';

export const openocd: FlashTool = {
  name: 'openocd',
  identify: {
    command: {
      program: 'openocd',
      args: [
        '{target}',
        ...['-c', openocdReset, '-c', 'init', '-c', 'reset halt'],
        ...['-c', 'mdw {idRegister}', '-c', 'reset run', '-c', 'shutdown'],
      ],
    },
    productId: /^0x[0-9a-f]{8}: ([0-9a-f]{8})/im,
  },
  write: {
    program: 'openocd',
    args: ['{target}', '-c', openocdReset, '-c', 'program {{file}} {base} verify reset exit'],
  },
  success: /^\*\* Verified OK \*\*/m,
  stages: [
    { pattern: /^\*\* Programming Started \*\*/, stage: 'write' },
    { pattern: /^\*\* Verify Started \*\*/, stage: 'verify' },
    { pattern: /^\*\* Resetting Target \*\*/, stage: 'start' },
  ],
  progress: null,
  failures: [
    { pattern: /Can't find \S+\.cfg/, meaning: 'configuration' },
    { pattern: /LIBUSB_ERROR_(ACCESS|BUSY)/, meaning: 'probeBusy' },
    { pattern: /Error: open failed|unable to open ftdi device|No CMSIS-DAP/, meaning: 'noProbe' },
    { pattern: /RDP level 1|device protected|Device Security Bit Set|write protected/i, meaning: 'protected' },
    { pattern: /init mode failed|unable to connect to the target|cannot read IDR/, meaning: 'noTarget' },
    { pattern: /\*\* Verify Failed \*\*|checksum mismatch/, meaning: 'verification' },
    { pattern: /\*\* Programming Failed \*\*/, meaning: 'writing' },
  ],
};

export const stFlash: FlashTool = {
  name: 'st-flash',
  identify: {
    command: { program: 'st-info', args: ['--probe', '{target}'] },
    productId: /^\s*chipid:\s*0x([0-9a-f]+)/im,
  },
  write: {
    program: 'st-flash',
    args: ['{target}', '--reset', 'write', '{file}', '{base}'],
  },
  success: /Flash written and verified! jolly good!/,
  stages: [
    { pattern: /Attempting to write/, stage: 'erase' },
    { pattern: /Starting Flash write/, stage: 'write' },
    { pattern: /Starting verification/, stage: 'verify' },
  ],
  progress: /(\d+)\/(\d+)\s+(?:half)?pages written/,
  failures: [
    { pattern: /Couldn't find any ST-Link|Found 0 stlink programmers/i, meaning: 'noProbe' },
    { pattern: /LIBUSB_ERROR_(ACCESS|BUSY)|Could not open USB device|unable to get endpoint/i, meaning: 'probeBusy' },
    { pattern: /write protected|read.?out protect/i, meaning: 'protected' },
    {
      pattern: /unknown chip id! 0|Can not connect to target|Failed to (enter SWD mode|connect)/i,
      meaning: 'noTarget',
    },
    { pattern: /Verification of flash failed/, meaning: 'verification' },
    { pattern: /Flash programming error|flash_loader_run\(.*failed|Failed to (erase|unlock)/, meaning: 'writing' },
  ],
};

export const cubeProgrammer: FlashTool = {
  name: 'cubeprogrammer',
  identify: {
    command: { program: 'STM32_Programmer_CLI', args: ['-c', '{target}'] },
    productId: /^\s*Device ID\s*:\s*0x([0-9a-f]+)/im,
  },
  write: {
    program: 'STM32_Programmer_CLI',
    args: ['-c', '{target}', '-w', '{file}', '{base}', '-v', '-rst'],
  },
  success: /Download verified successfully/,
  stages: [
    { pattern: /Erasing (memory|internal)/, stage: 'erase' },
    { pattern: /Download in Progress/, stage: 'write' },
    { pattern: /^\s*Verifying/, stage: 'verify' },
  ],
  progress: /(\d+)\s*%/,
  failures: [
    { pattern: /No (debug probe|STLink|ST-LINK) detected/i, meaning: 'noProbe' },
    { pattern: /DEV_USB_COMM_ERR|DEV_CONNECT_ERR|ST-LINK is (already )?in use/i, meaning: 'probeBusy' },
    { pattern: /No STM32 target found|Unable to get core ID|Target (is )?held under reset/i, meaning: 'noTarget' },
    { pattern: /read.?out protection|RDP|write protect|Data read failed/i, meaning: 'protected' },
    { pattern: /Data mismatch|verif\w* failed/i, meaning: 'verification' },
    { pattern: /failed to (erase|download)|Flash (programming|memory) error/i, meaning: 'writing' },
  ],
};

/** The tools that are known, in the order in which they are tried. */
export const flashTools: readonly FlashTool[] = [openocd, stFlash, cubeProgrammer];
