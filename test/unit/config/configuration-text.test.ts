import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConfiguration } from '../../../src/config/configuration-text.js'
import { configurationKey, configurationText } from '../../../src/result/configuration.js'
import { configurations } from '../../helpers/arbitraries.js'

const parse = (text: string) => parseConfiguration(text, '--current')

describe('parseConfiguration', () => {
  it('reads pairs, with what is not said at its default', () => {
    expect(parse('workers=4')).toEqual({
      workerClass: 'sync',
      workers: 4,
      threads: 1,
      workerConnections: 1000,
    })
    expect(parse('workers=2, class=threaded, threads=3')).toMatchObject({
      workerClass: 'threaded',
      threads: 3,
    })
    expect(parse('class=async,connections=50,pool=8')).toMatchObject({ workerConnections: 50, threadPool: 8 })
  })

  it('reads the key of any configuration, libuv threads included, and the text that repeats it', () => {
    const pools = fc.option(fc.integer({ min: 1, max: 1024 }), { nil: undefined })
    fc.assert(
      fc.property(configurations, pools, (shape, threadPool) => {
        const one = threadPool === undefined ? shape : { ...shape, threadPool }
        expect(parse(configurationKey(one))).toEqual(one)
        expect(parse(configurationText(one))).toEqual(one)
      }),
    )
  })

  it.each([
    ['', '"" is none of class'],
    ['workers', '"workers" is none of'],
    ['workers=0', 'workers must be a whole number from 1 to 512'],
    ['workers=2.5', 'workers must be'],
    ['class=gevent', 'class is "gevent"'],
    ['class=sync,threads=4', 'a sync worker has one thread'],
    ['async-1x1000-pool0', 'pool must be a whole number from 1 to 1024'],
    ['async-1x1000-pool', 'is none of class'],
    ['cores=4', '"cores=4" is none of'],
  ])('refuses %s with the reason', (text, why) => {
    expect(() => parse(text)).toThrow(why)
  })
})
