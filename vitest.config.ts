import { defineConfig } from 'vitest/config'

// Unit tests run in parallel. Everything that starts processes runs alone, one file after the other:
// two load tests at the same time would measure each other. They get a second and third chance, because a neighbour on
// a shared machine can take all cores for seconds; what fails three times in a row is a fault of ours.
export default defineConfig({
  test: {
    globalSetup: ['test/helpers/build.ts'],
    disableConsoleIntercept: true,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          fileParallelism: false,
          retry: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          retry: 2,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
