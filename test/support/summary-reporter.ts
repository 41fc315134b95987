import type { Reporter, TestModule } from 'vitest/node';

/** Prints `N passed, N failed` when all tests have run: one line that a script can read. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    let left = 0;
    for (const module of modules) {
      if (module.errors().length > 0) failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else left += 1;
      }
    }
    // After the other reporters have had their say.
    process.on('exit', () => {
      console.log(`${passed} passed, ${failed} failed${left > 0 ? `, ${left} left out` : ''}`);
    });
  }
}
