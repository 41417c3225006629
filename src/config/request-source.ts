import type { RequestSpec, Route } from '../result/request.js'
import { readHar } from './har.js'
import { parseRequest, type RequestFlags } from './request.js'
import { readScenario } from './scenario.js'

export interface RequestSourceFlags extends RequestFlags {
  scenario?: string | undefined
  har?: string | undefined
}

/** What is sent, and what the user should know about how it was read. */
export interface RequestSource {
  request: RequestSpec
  notes: string[]
}

/**
 * The one request of the flags, or those of a scenario or a recording.
 *
 * @param seed of the order in which a mix is sent
 * @throws TuneError (usage)
 */
export async function readRequests(flags: RequestSourceFlags, seed: number): Promise<RequestSource> {
  if (flags.scenario !== undefined) {
    const { name, routes } = await readScenario(flags.scenario)
    return { request: mixOf(name, routes, seed), notes: [] }
  }
  if (flags.har !== undefined) {
    const { name, routes, notes } = await readHar(flags.har)
    return { request: mixOf(name, routes, seed), notes }
  }
  return { request: parseRequest(flags), notes: [] }
}

/** A mix of one request is that request. */
function mixOf(name: string, routes: Route[], seed: number): RequestSpec {
  const [first, ...others] = routes
  if (first === undefined) throw new Error('a mix without requests')
  const { method, path, headers, body, expect } = first
  const request = { method, path, headers, body, ...(expect === undefined ? {} : { expect }) }
  return others.length === 0 ? request : { ...request, mix: { name, seed, routes } }
}
