import { defineConfig } from 'vitest/config'

/**
 * What times requests, or divides the machine's cores by what it observes: these files run one after the other, because two load
 * tests at the same time would measure each other. All others tolerate a neighbour.
 */
const MEASURING = [
  'test/integration/{bench-rate,load-*,machine-noise,open-loop,validity-provoked,workloads}.test.ts',
  'test/integration/targets-{servers,starvation}.test.ts',
  'test/integration/server-{balance,figures,shares,tick-shape}.test.ts',
  'test/e2e/{analyze,analyze-cgroup,analyze-question,bench,ci,init,servers}.test.ts',
]

// Tests on processes get a second and third chance, because a neighbour on a shared machine can take all cores for seconds; what
// fails three times in a row is a fault of ours.
const onProcesses = { retry: 2, testTimeout: 60_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    globalSetup: ['test/helpers/build.ts'],
    disableConsoleIntercept: true,
    reporters: ['default', './test/helpers/retried-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          // They leave nothing behind in a module, and loading all of them anew for each of 150 files took as long as running them.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...onProcesses,
          name: 'processes',
          include: ['test/{integration,e2e}/**/*.test.ts'],
          exclude: MEASURING,
          // They wait for processes and timers for a third of their time.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...onProcesses,
          name: 'measuring',
          include: MEASURING,
          fileParallelism: false,
          testTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
