import type { Reporter, TestModule } from 'vitest/node'

/** A test that passed at its second or third try leaves a tick alone otherwise; why it failed before is what finds the fault. */
export default class RetriedReporter implements Reporter {
  readonly #lines: string[] = []

  onTestModuleEnd(module: TestModule): void {
    for (const test of module.children.allTests('passed')) {
      for (const { message, stack = message, diff = '' } of test.result().errors ?? []) {
        this.#lines.push(`${test.fullName} (${module.relativeModuleId})`, stack, diff, '')
      }
    }
  }

  onTestRunEnd(): void {
    if (this.#lines.length > 0) console.log(['', 'Failed before they passed:', '', ...this.#lines].join('\n'))
  }
}
