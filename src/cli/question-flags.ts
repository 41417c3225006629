import { Flags } from '@oclif/core'
import { OPTIMIZE } from '../result/question.js'

/** What `tune analyze` is asked. */
export const questionFlags = {
  optimize: Flags.string({
    default: 'throughput',
    helpGroup: 'QUESTION',
    helpValue: OPTIMIZE.join('|'),
    summary: 'what is best',
    description:
      'throughput: the highest, at the lowest cost of those that are equivalent. balanced and memory give up to 9 % and 20 % of it away for fewer processes and for less memory. latency: the lowest p95 at 70 % of what fills the cores; it takes neither --slo nor --target-rate.',
  }),
  slo: Flags.string({
    helpGroup: 'QUESTION',
    helpValue: "'p99<50ms'",
    description:
      'decide by the largest rate that keeps this latency, by open load; takes a --budget of 60s or more',
  }),
  'target-rate': Flags.string({
    helpGroup: 'QUESTION',
    helpValue: '<number>',
    description: 'requests per second that are enough: then the cheapest that carries them is best',
  }),
  'max-memory': Flags.string({
    helpGroup: 'QUESTION',
    helpValue: '<size>',
    description: 'most memory that the whole server may use, e.g. 512m',
  }),
  current: Flags.string({
    helpGroup: 'QUESTION',
    helpValue: 'class=sync,workers=4',
    description:
      'what runs today: the answer is then whether to change it [default: what tune.config.* says]',
  }),
  'for-cpus': Flags.string({
    helpGroup: 'QUESTION',
    helpValue: '<number>',
    description: 'say also, by the model alone, what a machine with so many CPUs should run',
  }),
  'for-memory': Flags.string({
    helpGroup: 'QUESTION',
    helpValue: '<size>',
    description: 'the same for another memory limit, e.g. 16g',
  }),
  candidate: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'QUESTION',
    helpValue: 'class=async,workers=3',
    description: 'measure this one too; may be repeated',
  }),
}
