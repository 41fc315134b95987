import { spawnSync } from 'node:child_process';

/** An external program that Tessera can make use of. */
export interface Tool {
  readonly name: string;
  /** What it is for. */
  readonly purpose: string;
  /** Arguments that make it print its version. */
  readonly versionArguments: readonly string[];
  /** The version in what it prints. */
  readonly version: RegExp;
  /** How it is installed, by operating system; `any`: everywhere. */
  readonly install: Readonly<Partial<Record<'linux' | 'darwin' | 'win32' | 'any', string>>>;
}

const number = /(\d+(?:\.\d+)+)/;

/** The compiler for Cortex-M. */
export const armCompiler: Tool = {
  name: 'arm-none-eabi-gcc',
  purpose: 'compiles firmware: tessera build',
  versionArguments: ['--version'],
  version: /\) (\d+\.\d+\.\d+)|(\d+\.\d+\.\d+)/,
  install: {
    linux: 'sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi',
    darwin: 'brew install --cask gcc-arm-embedded',
    win32: 'winget install Arm.GnuArmEmbeddedToolchain',
  },
};

/** All external programs, in the order in which a user meets them. */
export const tools: readonly Tool[] = [
  armCompiler,
  {
    name: 'make',
    purpose: 'builds firmware in several steps at once; without it tessera build compiles file by file',
    versionArguments: ['--version'],
    version: number,
    install: {
      linux: 'sudo apt-get install make',
      darwin: 'xcode-select --install',
      win32: 'winget install GnuWin32.Make',
    },
  },
  {
    name: 'cmake',
    purpose: 'the other way to build firmware; tessera itself does not need it',
    versionArguments: ['--version'],
    version: number,
    install: {
      linux: 'sudo apt-get install cmake',
      darwin: 'brew install cmake',
      win32: 'winget install Kitware.CMake',
    },
  },
  {
    name: 'qemu-system-arm',
    purpose: 'runs firmware without a board: targets qemu-*',
    versionArguments: ['--version'],
    version: number,
    install: {
      linux: 'sudo apt-get install qemu-system-arm',
      darwin: 'brew install qemu',
      win32: 'winget install SoftwareFreedomConservancy.QEMU',
    },
  },
  {
    name: 'openocd',
    purpose: 'flashes over the ST-LINK: tessera flash --method openocd',
    versionArguments: ['--version'],
    version: number,
    install: { linux: 'sudo apt-get install openocd', darwin: 'brew install open-ocd', any: 'see openocd.org' },
  },
  {
    name: 'st-flash',
    purpose: 'flashes over the ST-LINK: tessera flash --method st-flash',
    versionArguments: ['--version'],
    version: number,
    install: {
      linux: 'sudo apt-get install stlink-tools',
      darwin: 'brew install stlink',
      any: 'see github.com/stlink-org/stlink',
    },
  },
  {
    name: 'STM32_Programmer_CLI',
    purpose: 'flashes over the ST-LINK: tessera flash --method cubeprogrammer',
    versionArguments: ['--version'],
    version: /v(\d+(?:\.\d+)+)/,
    install: { any: 'install STM32CubeProgrammer (st.com/stm32cubeprog) and put its bin folder on the PATH' },
  },
  {
    name: 'stm32flash',
    purpose: "flashes over ST's UART bootloader; tessera flash --method uart does that by itself",
    // It says so when it tries to open a port.
    versionArguments: ['/dev/null'],
    version: /stm32flash (\d+(?:\.\d+)+)/,
    install: {
      linux: 'sudo apt-get install stm32flash',
      darwin: 'brew install stm32flash',
      any: 'see sourceforge.net/projects/stm32flash',
    },
  },
  {
    name: 'clang',
    purpose: 'compiles WebAssembly with --compiler system; the npm package @yowasp/clang does it otherwise',
    versionArguments: ['--version'],
    version: number,
    install: {
      linux: 'sudo apt-get install clang lld',
      darwin: 'brew install llvm lld',
      win32: 'winget install LLVM.LLVM',
    },
  },
];

/** How a tool is installed on this machine. */
export function installLine({ install }: Tool): string {
  return install[process.platform as 'linux' | 'darwin' | 'win32'] ?? install.any ?? install.linux ?? '';
}

/** What there is of a tool on this machine. */
export interface FoundTool {
  /** null where it does not say. */
  readonly version: string | null;
}

/** Looks for a tool on the PATH; null where there is none. */
export function findTool({ name, versionArguments, version }: Tool): FoundTool | null {
  const { error, stdout, stderr } = spawnSync(name, [...versionArguments], { encoding: 'utf8', timeout: 20_000 });
  if (error !== undefined && (error as NodeJS.ErrnoException).code !== 'ETIMEDOUT') return null;
  const found = version.exec(`${stdout}${stderr}`);
  return { version: found?.slice(1).find((part) => part !== undefined) ?? null };
}
