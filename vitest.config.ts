import { defineConfig } from 'vitest/config'

const report = process.env['TALLY_TEST_REPORT']

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts', 'web/src/**/*.test.ts'],
    isolate: false,
    // Vitest leaves one core to its watcher, and nothing watches here; the end-to-end tests mostly wait for the programs they start.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    sequence: { shuffle: false },
    // For .ci/run, which counts: the same tests, told twice.
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
})
