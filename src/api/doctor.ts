import { spawnSync } from 'node:child_process';
import { armCompiler, findTool, installLine, tools } from './tools.ts';

/** What there is of an external tool, and what it is for. */
export interface ToolReport {
  readonly name: string;
  readonly isFound: boolean;
  /** null where it is not found, or does not say. */
  readonly version: string | null;
  readonly purpose: string;
  /** How to install it on this machine. */
  readonly install: string;
}

/** Looks for every external tool. Nothing of Tessera but what a tool is for needs it. */
export function checkTools(): readonly ToolReport[] {
  return tools.flatMap((tool) => {
    const found = findTool(tool);
    const report: ToolReport = {
      name: tool.name,
      isFound: found !== null,
      version: found?.version ?? null,
      purpose: tool.purpose,
      install: installLine(tool),
    };
    return tool === armCompiler ? [report, checkLibrary(report)] : [report];
  });
}

/** The compiler's C library is a package of its own in Debian: without it there is no string.h. */
function checkLibrary(compiler: ToolReport): ToolReport {
  const probe = compiler.isFound
    ? spawnSync(compiler.name, ['-mcpu=cortex-m4', '-mthumb', '-E', '-x', 'c', '-'], {
        input: '#include <string.h>\n#include <_newlib_version.h>\nversion _NEWLIB_VERSION\n',
        encoding: 'utf8',
      })
    : null;
  return {
    name: 'newlib',
    isFound: probe?.status === 0,
    version: /^version\s(?:\s|#.*\n)*"(.*)"/m.exec(probe?.stdout ?? '')?.[1] ?? null,
    purpose: 'the C library of the compiler for Cortex-M: memcpy and memset, for tessera build',
    install: compiler.install,
  };
}
