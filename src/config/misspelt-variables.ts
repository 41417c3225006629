import { nearest } from './nearest.js'
import { SERVE_KEYS, variableOf } from './serve-settings.js'

/** Others of ours that are nobody's typing error. */
const OTHERS = ['TUNE_CONFIG', 'TUNE_INHERITED', 'TUNE_NATIVE', 'TUNE_TARGET', 'TUNE_GITLAB_TOKEN']

/** Variables that look like those of settings and are none, each with the name that was probably meant. */
export function misspeltVariables(env: Readonly<Record<string, unknown>>): { name: string; meant: string }[] {
  const known = [...SERVE_KEYS.map(variableOf), ...OTHERS]
  const candidates = known.map((name) => name.toLowerCase())
  return Object.keys(env)
    .filter((name) => name.startsWith('TUNE_') && !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(name, candidates)?.toUpperCase()
      return meant === undefined ? [] : [{ name, meant }]
    })
}
