import { describe, expect, it } from 'vitest'
import { compareByInterval } from '../../../src/experiment/compare.js'
import type { Candidate, Effect, Finding, Workload } from '../../../src/result/analysis.js'
import { sameConfiguration, type Configuration } from '../../../src/result/configuration.js'
import type { AnalyzeDocument } from '../../../src/result/document.js'
import { whyUndecided } from '../../../src/result/undecided.js'
import { inWords as namedInFindings, underWay } from '../../../src/advisor/wording.js'
import { formatUnderWay } from '../../../src/report/format.js'
import { modelSentences, predictionError } from '../../../src/report/analysis-sentences.js'
import { renderHtml } from '../../../src/report/html/render.js'
import { reliabilityFacts } from '../../../src/report/reliability.js'
import { renderAnalyzeMarkdown } from '../../../src/report/markdown/analyze.js'
import { againstRule, expectation, headline, inWords } from '../../../src/report/sentences.js'
import { renderAnalyzeTerminal } from '../../../src/report/terminal/analyze.js'
import { outcomeWords, rejection, verdictSentence, verdictWord } from '../../../src/report/verdicts.js'
import { async, cpuDocument, ioDocument, threaded } from '../../helpers/documents.js'
import { fullDocument } from '../../helpers/full-document.js'

const BELOW: Effect = { ratio: 0.76, low: 0.61, high: 0.935, blocks: 8 }
const NOISY = { effect: null, floor: 0.25, minimumDetectableEffect: 0.22, margin: 0.25 }
const QUIET = { ...NOISY, floor: 0.008, margin: 0.03 }

const renderings = (document: AnalyzeDocument): string[] => [
  renderHtml(document),
  renderAnalyzeMarkdown(document),
  renderAnalyzeTerminal(document, { width: 200, color: false, unicode: true }),
]

describe('the headline', () => {
  it('tells a change from what runs today, where that is certain', () => {
    const document = fullDocument()
    expect(headline(document)).toMatch(/^Use 2 async workers: .* today's 5 sync workers$/)
    const today = document.plan.question!.current!.configuration
    const candidates = document.candidates.map((one) =>
      sameConfiguration(one.configuration, today) ? { ...one, outcome: 'inconclusive' as const } : one,
    )
    expect(headline({ ...document, candidates })).not.toContain('today')
  })
})

describe('a target rate that the answer does not carry', () => {
  const missed = (answerRps: number, ...others: [rps: number, outcome: 'worse' | 'too-large'][]) => {
    const document = fullDocument()
    const { recommendation, candidates } = document
    const rate = (value: number) => ({ value, low: null, high: null, evidence: 'measured' as const })
    const [first] = candidates
    return headline({
      ...document,
      plan: { ...document.plan, question: { ...document.plan.question!, targetRps: 780 } },
      findings: [
        {
          ...{ id: 'TUNE-LIMIT-RATE', level: 'warn', title: 'More than it carries', observed: 'less' },
          ...{ rule: 'more', advice: 'More.', evidence: 'modelled' },
        },
      ],
      recommendation: {
        ...recommendation!,
        configuration: async(2),
        expected: { ...recommendation!.expected, throughputRps: rate(answerRps) },
      },
      candidates: others.map(([rps, outcome], index) => ({
        ...{ ...first!, configuration: async(3 + index), outcome },
        throughputRps: rate(rps),
      })),
    })
  }

  it('is the headline, with what is really the most', () => {
    expect(missed(900, [800, 'worse'])).toBe(
      'Nothing measured carries 780 req/s with room to spare; the most is 900 req/s, of 2 async workers',
    )
    expect(missed(700, [800, 'worse'])).toBe(
      'Nothing measured carries 780 req/s with room to spare; the answer carries 700 req/s: 2 async workers',
    )
  })

  it('is not told of what carries it by its estimate, nor of what memory has no room for', () => {
    expect(missed(760, [1000, 'worse'])).toMatch(
      /^Nothing measured is sure to carry 780 .*; the answer carries 760 req/,
    )
    expect(missed(760, [1000, 'too-large'])).toMatch(
      /^Nothing that memory has room for carries 780 .*; the most that fits is 760 req/,
    )
    expect(missed(700, [720, 'too-large'])).toMatch(
      /^Nothing measured carries 780 .*; the most that fits is 700 req/,
    )
  })
})

describe('2N+1 that memory cuts short', () => {
  const kept = (workers: number, configuration: Configuration) => {
    const { recommendation, heuristic, ...rest } = cpuDocument()
    return {
      ...rest,
      recommendation: { ...recommendation!, action: 'keep' as const, configuration },
      heuristic: { ...heuristic!, workers, configuration },
    }
  }

  it('is not called 2N+1 without a word', () => {
    expect(headline(kept(5, async(1)))).toBe('Keep 2N+1, as far as memory allows (1 of 5): 1 async worker')
    expect(againstRule(kept(5, async(1)))).toBe(
      'the same: 2N+1, as far as memory allows (1 of 5), is 1 async worker',
    )
    expect(headline(kept(9, threaded(1, 3)))).toContain('(3 of 9)')
  })

  it('is 2N+1 where all fit, also in a shape of threads', () => {
    expect(headline(kept(5, async(5)))).toBe('Keep 2N+1: 5 async workers')
    expect(againstRule(kept(5, async(5)))).toBe('the same: 2N+1 is 5 async workers')
    for (const [workers, shape] of [
      [5, threaded(2, 2)],
      [7, threaded(3, 2)],
      [3, threaded(1, 3)],
    ] as const)
      expect(headline(kept(workers, shape))).toMatch(/^Keep 2N\+1: /)
    // Of three slots two are a cap: three are a shape of threads.
    expect(headline(kept(3, threaded(1, 2)))).toContain('(2 of 3)')
  })
})

describe('the reliability box', () => {
  it('says what the machine itself did, where that was taken out', () => {
    const document = cpuDocument()
    const told =
      /CPUs themselves were ±11\s*% faster or slower from trial to trial, which is taken out of the effects of trials that kept them busy/
    const corrected = { ...document, noise: { ...document.noise!, speed: { deviation: 0.1, elasticity: 1 } } }
    for (const text of renderings(corrected)) expect(text.replaceAll(/\s+/g, ' ')).toMatch(told)
    for (const text of renderings(document)) expect(text).not.toContain('CPUs themselves')
  })
})

describe('what the answer is limited by', () => {
  const limitedTo = (answer: Workload['limitedBy'] | undefined, probed: Workload['limitedBy']) => {
    const document = cpuDocument()
    const next: Finding = {
      ...{ id: 'TUNE-NEXT', level: 'info', title: 'After this change', observed: 'a run', rule: 'none' },
      ...{ advice: 'Look there.', evidence: 'measured' },
      ...(answer === undefined ? {} : { limitedBy: answer }),
    }
    return renderings({
      ...document,
      workload: { ...document.workload!, limitedBy: probed },
      findings: [next],
    }).map((text) => text.replaceAll(/\s+/g, ' '))
  }

  it('is told of the answer where that is another limit than that of one worker alone', () => {
    for (const text of limitedTo('cpu', 'nothing'))
      expect(text).toMatch(
        /CPU, with \d+ \w+ workers?; nothing ran out under the load that was tried, in the probe of one worker/,
      )
  })

  it('is one limit, where the answer is one loop as the probe was', () => {
    const document = cpuDocument()
    const next: Finding = {
      ...{ id: 'TUNE-NEXT', level: 'info', title: 'After this change', observed: 'a run', rule: 'none' },
      ...{ advice: 'Look there.', evidence: 'measured', limitedBy: 'cpu' },
    }
    const recommendation = { ...document.recommendation!, configuration: async(1) }
    const workload = { ...document.workload!, limitedBy: 'event-loop' as const }
    for (const text of renderings({ ...document, workload, recommendation, findings: [next] })) {
      expect(text.replaceAll(/\s+/g, ' ')).toContain('CPU, with 1 async worker')
      expect(text).not.toContain('in the probe of one worker')
    }
  })

  it('is of the probe, and says so, where both are the same or an older version told one alone', () => {
    for (const text of [...limitedTo('nothing', 'nothing'), ...limitedTo(undefined, 'nothing')]) {
      expect(text).toContain('nothing ran out under the load that was tried, in the probe of one worker')
      expect(text).not.toContain('CPU, with')
    }
    for (const text of limitedTo('cpu', 'cpu')) expect(text).toContain('CPU, in the probe of one worker')
  })
})

describe('one configuration', () => {
  it('reads alike in findings and in reports', () => {
    for (const configuration of [async(1), threaded(1, 1), threaded(2, 3)])
      expect(namedInFindings(configuration)).toBe(inWords(configuration))
    expect(namedInFindings(threaded(2, 3))).toBe('2 threaded workers × 3 threads')
  })

  it('has one request under way, or several', () => {
    expect([underWay(1), underWay(6.5)]).toEqual(['1 request under way', '6.5 requests under way'])
    expect(formatUnderWay(1)).toMatch(/ request under way$/)
    expect(formatUnderWay(6.5)).toMatch(/ requests under way$/)
  })
})

describe('what counts as equivalent', () => {
  it('is never more than 10 %, however wide the margin of a noisy machine', () => {
    const within = (margin: number) =>
      reliabilityFacts({ ...cpuDocument(), noise: { ...NOISY, margin } }).find(
        ({ label }) => label === 'Equivalent',
      )?.text
    expect(within(0.5)).toBe('means within ±10 %')
    expect(within(0.03)).toBe('means within ±3.0 %')
    const wide = { mean: Math.log1p(0.2), low: Math.log1p(0.15), high: Math.log1p(0.25), count: 8 }
    const narrow = { mean: 0, low: -0.02, high: Math.log1p(0.09), count: 8 }
    expect(compareByInterval({ ...wide, standardDeviation: 0.1 }, 0.5).verdict).toBe('inconclusive')
    expect(compareByInterval({ ...narrow, standardDeviation: 0.1 }, 0.5).verdict).toBe('equivalent')
  })
})

describe('why there is no verdict', () => {
  it('is told from the interval and the margin', () => {
    expect(whyUndecided({ low: null, high: null }, 0.25)).toBe('few-blocks')
    expect(whyUndecided({ low: 0.39, high: 1.77 }, 0.06)).toBe('either-way')
    expect(whyUndecided(BELOW, 0.25)).toBe('within-margin')
    expect(whyUndecided({ low: 1.01, high: 1.3 }, 0.25)).toBe('within-margin')
    // The mirror image of +25 % is -20 %.
    expect(whyUndecided({ low: 0.6, high: 0.79 }, 0.25)).toBe('other-checks')
    expect(whyUndecided({ low: 0.6, high: 0.81 }, 0.25)).toBe('within-margin')
  })

  it('is said where the interval lies on one side of zero', () => {
    expect(verdictWord('inconclusive', BELOW, NOISY)).toBe('not beyond noise')
    expect(verdictSentence('inconclusive', BELOW, NOISY)).toBe(
      'cannot tell: it may be no more than one configuration differs from itself in this run (A/A, ±25 %)',
    )
    expect(verdictWord('inconclusive', { low: 1.01, high: 1.05 }, QUIET)).toBe('not beyond the margin')
    expect(verdictWord('inconclusive', { low: 0.9, high: 1.1 }, QUIET)).toBe('cannot tell')
    expect(verdictSentence('inconclusive', { low: 0.9, high: 1.1 }, QUIET)).toBe('cannot tell')
    expect(verdictSentence('worse', BELOW, QUIET)).toBe('worse')
  })

  it('stands wherever the verdict does', () => {
    const full = fullDocument()
    const [first, ...others] = full.confirmation!.effects
    const effects = [{ ...first!, effect: BELOW, verdict: 'inconclusive' as const }, ...others]
    const document = {
      ...full,
      noise: NOISY,
      confirmation: { ...full.confirmation!, effects },
      heuristic: { ...full.heuristic!, effect: BELOW, verdict: 'inconclusive' as const },
      candidates: full.candidates.map((one) =>
        one.key === 'async-5x1000' ? { ...one, effect: BELOW, outcome: 'inconclusive' as const } : one,
      ),
    }
    for (const text of renderings(document)) {
      expect(text).toContain('may be no more than one configuration differs from itself in this run')
      expect(text).toContain('not beyond noise, 2N+1')
    }
    expect(renderings(document)[0]).toContain('<td class="left">not beyond noise</td>')
  })
})

describe('a candidate without an interval', () => {
  const [, , five] = ioDocument().candidates
  const short: Candidate = { ...five!, proposedBy: ['knee'], outcome: 'inconclusive' }
  const effect = { ratio: 0.62, low: null, high: null, blocks: 2 }
  const document = { ...cpuDocument(), noise: QUIET }

  it('says what became of it instead of "cannot tell"', () => {
    const words = (rest: Partial<Candidate>): string => outcomeWords({ ...short, effect, ...rest }, document)
    expect(words({ undecided: 'not-a-finalist' })).toBe('not a finalist')
    expect(words({ undecided: 'few-blocks' })).toBe('too few blocks')
    expect(words({ undecided: 'dropped-early' })).toBe('dropped early')
    expect(words({ undecided: 'not-believed' })).toBe('not believed')
    expect(words({ undecided: 'few-blocks', effect: null })).toBe('too few blocks')
    // A result of an older version.
    expect(words({})).toBe('too few blocks')
    expect(words({ effect: { ...effect, low: 0.4, high: 1.2 } })).toBe('cannot tell')
    expect(words({ effect: null, note: '' })).toBe('cannot tell')
  })

  it('keeps the reason in the note, and adds it where the note lacks it', () => {
    const note = '-38 %, -269 MiB, 2 blocks of the race, and not among those that were confirmed'
    const told = { ...short, effect, note, undecided: 'not-a-finalist' as const }
    expect(rejection(told, document)).toBe(note)
    expect(rejection({ ...short, effect, note: '-38 %' }, document)).toBe(
      '-38 %; too few blocks for an interval',
    )
  })
})

it('does not ask why not the rule where the rule is the answer', () => {
  const io = ioDocument()
  const keeps = { ...io, heuristic: { ...io.heuristic!, configuration: async(2) } }
  for (const text of renderings(io)) expect(text).toContain('Why not 2N+1')
  for (const text of renderings(keeps)) {
    expect(text).toContain('About 2N+1')
    expect(text).not.toContain('Why not 2N+1')
  }
})

it('tells the rate that is expected from the one in the table', () => {
  const full = fullDocument()
  const { throughputRps } = full.recommendation!.expected
  const recommendation = {
    ...full.recommendation!,
    expected: { ...full.recommendation!.expected, throughputRps: { ...throughputRps!, value: 6100 } },
  }
  const document = { ...full, recommendation }
  expect(expectation(document)).toMatch(
    /at 64 client connections, from the confirmation; the race, beside all other servers, had 5,890 req\/s$/,
  )
  expect(expectation(full)).toMatch(/, from the confirmation$/)
  const unconfirmed = { ...document, confirmation: undefined }
  expect(expectation(unconfirmed)).toMatch(/at 64 client connections$/)
  const apart = { ...document, plan: { ...document.plan, apart: 'memory' as const } }
  expect(expectation(apart)).toMatch(/, from the confirmation; the race had 5,890 req\/s$/)
  for (const text of renderings(apart)) {
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'the race, in which each server is started for its trial alone;',
    )
  }
  for (const text of renderings(document)) {
    expect(text).toContain('had 5,890')
    expect(text).toContain('changes of what was confirmed are of the confirmation')
  }
  for (const text of renderings(unconfirmed)) expect(text).not.toContain('changes of what was confirmed')
  expect(document.recommendation.configuration).toEqual(async(2))
})

it('calls what the sweep did not reach a bound, and no error of the model', () => {
  const full = fullDocument()
  const [knee] = full.model!.predictions
  const ended = { ...knee!, predicted: 1523, measured: 512, error: 1.97, lowerBound: true as const }
  for (const text of renderings({ ...full, model: { ...full.model!, predictions: [ended] } })) {
    expect(text).toContain('at least 512')
    expect(text).toContain('the sweep ended before the knee')
    expect(text).not.toContain('197 %')
  }
  expect(predictionError({ ...ended, error: -0.2 })).toBe('too low, by 20 % at least')
})

it('gives what is known of connections as a bound where the sweep did not reach the knee', () => {
  const full = fullDocument()
  const { advice, ...connections } = full.connections!
  const ended = { ...connections, kneeMeasured: null, kneeBeyond: 532, advice: null, adviceAtLeast: advice! }
  for (const text of renderings({ ...full, connections: ended })) {
    expect(text.replace(/\s+/g, ' ')).toContain(
      'at least 245 requests at a time from a load balancer, worker connections at least 123 for each of 2 event loops, a backlog of at least 2048.',
    )
    expect(text).not.toContain('Load balancer: at most')
  }
})

it('says of the scalability law by how much it misses what was measured, and why there is none', () => {
  const full = fullDocument()
  const law = { ...full.model!.scalability[0]!, axis: 'workers' as const, from: 1, to: 5 }
  const points = [1, 2, 3, 5].map((workers) => ({ workers, throughputRps: 1000 * workers }))
  const exact = { lambda: 1000, sigma: 0, kappa: 0 }
  const parameters = Object.fromEntries(
    Object.entries(exact).map(([name, value]) => [name, { value, low: value, high: value }]),
  )
  const model = {
    ...full.model!,
    scalability: [{ ...law, ...parameters }],
    workerSeries: { ...full.model!.workerSeries!, points: [...points, { workers: 8, throughputRps: 6400 }] },
  }
  expect(modelSentences({ ...full, model })).toEqual([
    expect.stringContaining('; up to 25 % off what was measured'),
    expect.stringMatching(
      /^In the race, with 133 clients on 2 CPUs: 1 async worker 1,000 req\/s; 2 workers 2,000/,
    ),
    expect.stringContaining('Memory grew'),
  ])
  const [, lawless] = modelSentences(full)
  expect(lawless).toContain('takes four numbers of workers with everything else alike, and 3 were measured.')
  expect(lawless).toContain('; 5 workers 5,810 req/s, 39 % as much each.')
  const alone = { ...full.model!, workerSeries: { ...model.workerSeries, points: points.slice(0, 1) } }
  expect(modelSentences({ ...full, model: alone })[1]).toContain('and 1 was measured.')
})
