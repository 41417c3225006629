import { element, textElement } from './xml.js'

/** One line of a build's test report. */
export interface JunitCase {
  className: string
  name: string
  seconds: number
  /** `skipped` stands for everything that could not be told: a build must neither pass nor fail on it. */
  outcome: 'passed' | 'skipped' | 'failed'
  /** Why it was skipped or has failed. */
  message: string
  /** What was measured. */
  output: string
}

export interface JunitSuite {
  name: string
  /** ISO 8601. */
  startedAt: string
  seconds: number
  properties: readonly [name: string, value: string][]
  cases: readonly JunitCase[]
}

/** The dialect that Jenkins, GitLab, Azure and the usual GitHub actions read. */
export function renderSuite({ name, startedAt, seconds, properties, cases }: JunitSuite): string {
  const count = (outcome: JunitCase['outcome']): number =>
    cases.filter((one) => one.outcome === outcome).length
  const counts = { tests: cases.length, failures: count('failed'), errors: 0 }
  const time = seconds.toFixed(3)
  const suite = element(
    'testsuite',
    { name, ...counts, skipped: count('skipped'), time, timestamp: startedAt.slice(0, 19) },
    [
      ...element(
        'properties',
        {},
        properties.flatMap(([key, value]) => element('property', { name: key, value })),
      ),
      ...cases.flatMap(testCase),
    ],
  )
  const lines = element('testsuites', { name: 'tune', ...counts, time }, suite)
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines.join('\n')}\n`
}

function testCase({ className, name, seconds, outcome, message, output }: JunitCase): string[] {
  const verdict = {
    passed: [],
    skipped: element('skipped', { message }),
    failed: element('failure', { message, type: 'performance' }),
  }[outcome]
  const said = output === '' ? [] : textElement('system-out', output)
  return element('testcase', { classname: className, name, time: seconds.toFixed(3) }, [...verdict, ...said])
}
