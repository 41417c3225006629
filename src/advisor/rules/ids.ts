import type { Finding } from '../../result/analysis.js'

/** Every finding that an analysis can have. Ids are stable; docs/findings.md explains each, and a test keeps the two the same. */
export const FINDING_IDS = [
  'TUNE-RULE-IO',
  'TUNE-RULE-CPU',
  'TUNE-RULE-MEM',
  'TUNE-RULE-DEFAULT',
  'TUNE-RULE-WC',
  'TUNE-LIMIT-MEM',
  'TUNE-LIMIT-HEAP',
  'TUNE-LIMIT-FILES',
  'TUNE-LIMIT-BACKLOG',
  'TUNE-LIMIT-HOST',
  'TUNE-LIMIT-THROTTLED',
  'TUNE-LIMIT-RATE',
  'TUNE-CONN-LOOP',
  'TUNE-CONN-FALLS',
  'TUNE-CONN-DROPS',
  'TUNE-CONN-KEEPALIVE',
  'TUNE-CONN-REOPENED',
  'TUNE-TIME-SLOWEST',
  'TUNE-WAIT-UNEVEN',
  'TUNE-APP-POOL',
  'TUNE-APP-DOWNSTREAM',
  'TUNE-APP-GC',
  'TUNE-APP-BACKGROUND',
  'TUNE-APP-FAILS',
  'TUNE-APP-LEAK',
  'TUNE-APP-ROUTES',
  'TUNE-NEXT',
  'TUNE-SERVER-01',
  'TUNE-LIVE-RESTARTS',
  'TUNE-LIVE-TIMEOUTS',
  'TUNE-LIVE-UNEVEN',
] as const

export interface KnownFinding extends Finding {
  id: (typeof FINDING_IDS)[number]
}
