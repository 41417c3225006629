import { Config } from '@oclif/core'

/** Markdown with every command of the command line at `root`, which must be built. */
export async function commandReference(root) {
  const config = await Config.load({ root })
  const commands = config.commands
    .filter(({ pluginName, hidden }) => pluginName === config.pjson.name && !hidden)
    .toSorted((a, b) => a.id.localeCompare(b.id))
  const list = commands.map(
    ({ id, summary }) => `- [\`tune ${id}\`](#tune-${id.replaceAll(':', '-')}): ${text(summary)}`,
  )
  return [
    '# Commands',
    '',
    'Made from the commands by `npm run docs:commands`; `tune <command> --help` shows the same.',
    '',
    ...list,
    '',
    ...commands.flatMap(describe),
  ].join('\n')
}

function describe({ id, summary, description, args, flags, examples }) {
  const usage = Object.values(args).map(({ name, required }) => (required ? `<${name}>` : `[${name}]`))
  return [
    `## tune ${id.replaceAll(':', ' ')}`,
    '',
    `${capital(text(summary))}.`,
    '',
    ...code([`tune ${[id, ...usage].join(' ')} [flags]`]),
    ...text(description).split('\n'),
    '',
    ...table(
      ['argument', 'meaning'],
      Object.values(args).map(({ name, description: what }) => [`\`${name}\``, text(what)]),
    ),
    ...table(
      ['flag', 'meaning'],
      Object.values(flags)
        .filter(({ hidden }) => !hidden)
        .map((flag) => [`\`${flagUsage(flag)}\``, flagMeaning(flag)]),
    ),
    ...code((examples ?? []).flatMap((example) => [`# ${example.description}`, filled(example.command, id)])),
  ]
}

function flagUsage({ name, char, type, helpValue, options, allowNo }) {
  const short = char === undefined ? '' : `-${char}, `
  if (type === 'boolean') return `${short}--${allowNo ? '[no-]' : ''}${name}`
  const value = helpValue ?? (options === undefined ? '<value>' : options.join('|'))
  return `${short}--${name}=${Array.isArray(value) ? value[0] : value}`
}

function flagMeaning({ summary, description, default: standard, required }) {
  const meaning = text(summary ?? description)
  const shown = ['string', 'number'].includes(typeof standard) && !meaning.includes('[default')
  return `${meaning}${required ? ' (required)' : ''}${shown ? ` [default: ${standard}]` : ''}`
}

function table(heads, rows) {
  if (rows.length === 0) return []
  const line = (cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line), '']
}

function code(lines) {
  return lines.length === 0 ? [] : ['```sh', ...lines, '```', '']
}

function filled(command, id) {
  return command
    .replaceAll('<%= config.bin %>', 'tune')
    .replaceAll('<%= command.id %>', id.replaceAll(':', ' '))
}

function text(value) {
  return (value ?? '').trim().replace(/<(?=[a-z])/g, '\\<')
}

function capital(sentence) {
  return `${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)}`
}
