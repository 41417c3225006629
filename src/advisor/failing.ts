import type { Failing } from './observed.js'
import { inWords, percent } from './wording.js'

/** "The app answers one client, but 97 % of the requests of 16 clients to 1 async worker fail (503)." */
export function failingSentence({ connections, configuration, share, how }: Failing): string {
  return (
    `The app answers one client, but ${percent(share)} of the requests of ${connections} clients to ${inWords(configuration)} fail (${how.join(', ')}): ` +
    'find what it runs out of, or let fewer requests in at a time, and measure again.'
  )
}
