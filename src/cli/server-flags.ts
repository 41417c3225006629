import { Flags } from '@oclif/core'

const STARTED = 'bundled|gunicorn|node-cluster|pm2'

const serverFlag = (names: string) =>
  Flags.string({
    default: 'bundled',
    helpGroup: 'SERVER',
    helpValue: `${names}|'command: …'`,
    description:
      'what serves the app; a command has {workers}, {threads}, {connections}, {host} and {port} filled in, without a shell',
  })

/** What starts the app, and so can be varied. */
export const variedServerFlags = { server: serverFlag(STARTED) }

/** What serves the app, be it started or not. */
export const serverFlags = {
  server: serverFlag(`${STARTED}|url`),
  'allow-remote': Flags.boolean({
    helpGroup: 'SERVER',
    description: 'let --server url be another machine: load on it needs the consent of its owner',
  }),
}
