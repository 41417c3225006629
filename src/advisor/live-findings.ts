import type { Finding } from '../result/analysis.js'
import type { LiveTraffic } from '../result/live-document.js'
import { FEWEST_REQUESTS, FULL } from './live-limits.js'
import type { KnownFinding } from './rules/ids.js'
import { number, percent } from './wording.js'

const UNEVEN = 2
/** Two loops that are both nearly full lie on two sides of the limit by chance. */
const UNEVEN_POINTS = 10

/** What the counters of a running server show beside its verdict. */
export function liveFindings(traffic: LiveTraffic, workers: number): Finding[] {
  const { restarts, timedOut, requests } = traffic
  const graded = { level: 'warn', evidence: 'measured' } as const
  const uneven = unevenness(traffic, workers)
  const findings: (KnownFinding | null)[] = [
    restarts === 0
      ? null
      : {
          ...graded,
          id: 'TUNE-LIVE-RESTARTS',
          title: 'Workers died',
          observed: `${restarts} in the window`,
          rule: 'none',
          advice: 'Read the log of the server.',
        },
    timedOut === 0
      ? null
      : {
          ...graded,
          id: 'TUNE-LIVE-TIMEOUTS',
          title: 'Requests ran into the request timeout',
          observed: `${timedOut} of ${requests}`,
          rule: 'none',
          advice: 'Find what these requests wait for, or raise --request-timeout.',
        },
    uneven.length === 0
      ? null
      : {
          ...graded,
          id: 'TUNE-LIVE-UNEVEN',
          title: 'Workers are unevenly loaded',
          observed: uneven.map(({ observed }) => observed).join('; '),
          rule: uneven.map(({ rule }) => rule).join('; '),
          advice:
            'A few long-lived connections stay where they were accepted: let the balancer spread them, or limit --worker-connections.',
        },
  ]
  return findings.filter((finding) => finding !== null)
}

/** By answers, and by how busy loops are: where requests differ, equally many are not equally much. */
function unevenness(
  { requests, imbalance, connections, loopUtilization: { highest, mean } }: LiveTraffic,
  workers: number,
): { observed: string; rule: string }[] {
  if (imbalance === null || requests < FEWEST_REQUESTS) return []
  const isOneFull = highest >= FULL && mean < FULL && (highest - mean) * 100 >= UNEVEN_POINTS
  return [
    // One connection on two workers is one too many for nobody.
    ...(imbalance < UNEVEN || connections < UNEVEN * workers
      ? []
      : [
          {
            observed: `the busiest answered ${number(imbalance)} times the mean`,
            rule: `below ${UNEVEN} times`,
          },
        ]),
    ...(isOneFull
      ? [
          {
            observed: `the busiest event loop is ${percent(highest)} busy, and ${percent(mean)} is the mean`,
            rule: `below ${percent(FULL)}, or less than ${UNEVEN_POINTS} points above the mean`,
          },
        ]
      : []),
  ]
}
