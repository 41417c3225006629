import { configurationText } from '../../result/configuration.js'
import type { LiveDocument } from '../../result/live-document.js'
import {
  formatBytes,
  formatDuration,
  formatLatency,
  formatNumber,
  formatUnderWay,
  formatRate,
  formatShare,
} from '../format.js'
import { inWords } from '../sentences.js'
import { createPaper, type TerminalOptions, type Tint } from './paper.js'
import { findingLines, joinSections } from './sections.js'

const VERDICTS: Record<LiveDocument['verdict'], { text: string; tint: Tint }> = {
  fits: { text: 'the configuration fits the traffic, as far as counters show', tint: 'good' },
  'too-small': { text: 'the configuration is too small for the traffic', tint: 'bad' },
  'too-large': { text: 'the configuration is larger than the traffic needs', tint: 'warn' },
  'cpu-full': { text: 'the CPUs are full, whatever the configuration', tint: 'bad' },
  unknown: { text: 'the counters do not tell', tint: 'warn' },
  idle: { text: 'too little traffic to tell', tint: 'warn' },
}

/** The result of `tune analyze --attach`: the verdict, then what it rests on. */
export function renderLiveTerminal(document: LiveDocument, options: TerminalOptions): string {
  const paper = createPaper(options)
  const { verdict, reasons, suggestion, configuration, traffic, findings, warnings, arbiterPid, status } =
    document
  const { text, tint } = VERDICTS[verdict]
  const ms = (value: number | null): string => formatLatency(value === null ? null : value * 1000)
  return joinSections([
    [
      ...(status === 'interrupted'
        ? paper.field(
            'Partial',
            `interrupted: ${formatDuration(traffic.seconds)} of ${formatDuration(document.askedSeconds)} were read`,
            'warn',
          )
        : []),
      ...paper.field('Verdict', text, tint),
      ...reasons.flatMap((reason, index) => paper.field(index === 0 ? 'Why' : '', reason)),
      ...(suggestion === null
        ? []
        : paper.field(
            'Try',
            `${inWords(suggestion)} (modelled): tune ctl scale ${suggestion.workers} with the same --socket, or measure it with tune analyze <app> --current ${configurationText(configuration)} --candidate ${configurationText(suggestion)}`,
          )),
    ],
    [
      ...paper.field('Server', `${inWords(configuration)}, arbiter ${arbiterPid}`),
      ...paper.field(
        'Traffic',
        `${formatRate(traffic.throughputRps)} req/s over ${formatDuration(traffic.seconds)}, ${formatNumber(traffic.connections)} connections, ${formatUnderWay(traffic.requestsUnderWay)}, ${formatNumber(traffic.waiting)} clients in the backlog`,
      ),
      ...paper.field(
        'Per request',
        `C ${ms(traffic.cpuMsPerRequest)} CPU, E ${ms(traffic.loopMsPerRequest)} event loop busy`,
      ),
      ...paper.field(
        'In use',
        `${traffic.cpuCores === null ? '-' : formatNumber(traffic.cpuCores)} of ${formatNumber(document.machine.effectiveCpus)} CPUs, event loops ${formatShare(traffic.loopUtilization.mean)}, slots ${formatShare(traffic.slotUtilization)}, ${formatBytes(traffic.pssBytes)}`,
      ),
    ],
    findingLines(findings, paper),
    warnings.flatMap((warning) => paper.field('Warning', warning, 'warn')),
    paper.field(
      'Limits',
      'What was seen in this window, without any load of its own: other hours may differ.',
      'faint',
    ),
  ])
}
