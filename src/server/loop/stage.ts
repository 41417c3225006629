import type { Socket } from 'node:net'

/**
 * What a connection goes through before HTTP. Calls `done` with the socket to go on with, or destroys the one it was given
 * when the connection is not to be served. Must itself see to it that neither takes for ever.
 */
export type Stage = (socket: Socket, done: (socket: Socket) => void) => void

/** One after the other, from the wire upwards. */
export function inTurn(stages: readonly Stage[]): Stage {
  return stages.reduceRight<Stage>(
    (rest, stage) => (socket, done) => stage(socket, (next) => rest(next, done)),
    (socket, done) => done(socket),
  )
}
