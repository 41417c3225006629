import type { ResolvedServe } from './resolve-serve.js'
import { SERVE_DEFAULTS } from './serve-defaults.js'
import { SERVE_KEYS, SERVE_SETTINGS, variableOf, type ServeKey, type ServeValues } from './serve-settings.js'

/** One line per setting: its name, its value, and who set it. */
export function printServe({ values, origins }: ResolvedServe): string {
  const shown = SERVE_KEYS.map((key) => [key, showValue(key, values[key])] as const)
  const nameWidth = Math.max(...shown.map(([key]) => key.length))
  const valueWidth = Math.max(...shown.map(([, value]) => value.length))
  return shown
    .map(([key, value]) => `${key.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${origins[key]}`)
    .join('\n')
}

/** docs/settings.md. */
export function settingsPage(): string {
  const rows = SERVE_KEYS.map((key) => {
    const { flag, summary, expects, env } = SERVE_SETTINGS[key]
    const variables = [variableOf(key), ...(env ? [env.name] : [])].map((name) => `\`${name}\``).join(', ')
    const standard = `\`${showValue(key, SERVE_DEFAULTS[key])}\``
    return `| \`--${flag}\` | \`${key}\` | ${variables} | ${standard} | ${summary}. Takes ${expects}. |`
  })
  return `# Settings of \`tune serve\`

<!-- Made from src/config/serve-settings.ts by \`npm run docs:settings\`. -->

A value comes from the first of these that has one: the flag, the variable \`TUNE_…\`, the platform's variable (\`PORT\`,
\`WEB_CONCURRENCY\`), the \`serve\` section of the config file, the default. \`tune serve <app> --print-config\` shows every value with its
origin, and \`--check-config\` checks them and the app's file without starting anything. An empty variable counts as not set. A variable
holds several values with commas between them, \`TUNE_ENV\` one on each line. The config file is
\`tune.config.ts\`, \`.mjs\`, \`.js\` or \`.json\` in the current directory, or the one that \`--config\` or \`TUNE_CONFIG\` names; it is
read again when the server gets HUP. What it may hold beside these settings is in [hooks.md](hooks.md).

\`--chdir\` takes effect before the app, certificates, sockets, logs and the pidfile are looked for, and after the config file was. Where it is
a symbolic link, workers that are started later follow it to where it then leads. \`--env\` wins over the environment that the server was
started with. Everybody on the machine can read a command line: secrets belong in the environment.

| flag | in the config file | variable | default | meaning |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}

/** As it would be written in a flag. */
export function showValue(key: ServeKey, value: ServeValues[ServeKey]): string {
  if (value === null) return 'not set'
  if (Array.isArray(value)) return value.length === 0 ? 'not set' : value.join(', ')
  return SERVE_SETTINGS[key].octal ? `0${Number(value).toString(8)}` : String(value)
}
