import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    // Tests that compile C start a compiler a core themselves; two workers keep two cores busy between them.
    pool: 'forks',
    maxWorkers: 2,
    // Compilers share the cores with the tests: what takes a second alone may take ten.
    testTimeout: 30_000,
  },
});
