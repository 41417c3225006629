import { Flags } from '@oclif/core'

/** What serves the app. */
export const serverFlags = {
  server: Flags.string({
    default: 'bundled',
    helpGroup: 'SERVER',
    helpValue: "bundled|gunicorn|node-cluster|pm2|url|'command: …'",
    description:
      'what serves the app; a command has {workers}, {threads}, {connections}, {host} and {port} filled in, without a shell',
  }),
  'allow-remote': Flags.boolean({
    helpGroup: 'SERVER',
    description: 'let --server url be another machine: load on it needs the consent of its owner',
  }),
}
