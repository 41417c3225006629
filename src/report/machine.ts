import { Ansis } from 'ansis'
import Table from 'cli-table3'
import { capacityOf, configurationFlags, WORKER_CLASSES } from '../result/configuration.js'
import type { Configuration } from '../result/configuration.js'
import type { MachineFact } from '../result/machine.js'
import type { MachineDocument } from '../result/machine-document.js'
import { noiseLines } from './machine-noise.js'

export interface MachineRenderOptions {
  /** Columns of the terminal. Below 60 the sources are left out. */
  width: number
  color: boolean
}

const NARROW_COLUMNS = 60
const GAP = '  '
const MIB = 1024 ** 2

/** The answer first, then what it is made of, what the rule makes of it, and what to mind. */
export function renderMachine(document: MachineDocument, { width, color }: MachineRenderOptions): string {
  const style = new Ansis(color ? 1 : 0)
  const { machine, heuristic } = document
  const memory = `${formatBytes(machine.memoryLimitBytes)}, ${formatBytes(machine.memoryAvailableBytes)} available`
  const blocks = [
    [
      `${style.bold('Effective CPUs')}  ${style.bold(formatCpus(machine.effectiveCpus))}  (${machine.effectiveCpusSource})`,
      `${style.bold('Rule of thumb')}   ${explainRule(machine.effectiveCpus, heuristic.workers)}`,
      `${style.bold('Memory limit')}    ${memory}  (${machine.memoryLimitSource})`,
    ],
    factTable(machine.facts, width, style),
    [
      style.bold('Per worker class (rule of thumb, not measured: run tune analyze)'),
      ...WORKER_CLASSES.map((name) => ruleLine(heuristic.configurations[name])),
    ],
    document.noise === undefined ? [] : [style.bold('Noise'), ...noiseLines(document.noise)],
    machine.warnings.length > 0
      ? [style.bold('Warnings'), ...machine.warnings.map((text) => `${style.yellow('[!!]')} ${text}`)]
      : [],
  ]
  const lines = blocks.filter((block) => block.length > 0).map((block) => block.join('\n'))
  return `${lines.join('\n\n')}\n`
}

function explainRule(cpus: number, workers: number): string {
  const sum = `2N+1 = ${workers} ${workers === 1 ? 'worker' : 'workers'}`
  return Number.isInteger(2 * cpus) ? sum : `${sum}  (2 x ${formatCpus(cpus)} rounded down, plus 1)`
}

/** One line each and never wrapped, so that the command can be copied. */
function ruleLine(configuration: Configuration): string {
  const { workerClass } = configuration
  const slots = capacityOf(configuration)
  const unit = workerClass === 'async' ? 'connection' : 'request'
  const capacity = `${groupDigits(slots)} ${unit}${slots === 1 ? '' : 's'} at once`
  return `${workerClass.padEnd(8)}  ${capacity.padEnd(26)}  tune serve app.ts ${configurationFlags(configuration)}`
}

function factTable(facts: MachineFact[], width: number, style: Ansis): string[] {
  const head = ['fact', 'value', 'source']
  const widest = (texts: string[]): number => Math.max(...texts.map((text) => text.length)) + GAP.length
  const labelWidth = widest(['fact', ...facts.map(({ label }) => label)])
  const valueWidth = widest(['value', ...facts.map(formatFact)])
  const shown = width < NARROW_COLUMNS ? 2 : 3
  const sourceWidth = Math.max(24, width - labelWidth - valueWidth)
  const table = new Table({
    head: head.slice(0, shown).map((title) => style.dim(title)),
    colWidths: [labelWidth, valueWidth, sourceWidth].slice(0, shown),
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP.length },
  })
  for (const fact of facts) {
    const source = wrapSource(fact.source, sourceWidth - GAP.length)
    table.push([fact.label, formatFact(fact), source].slice(0, shown))
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}

/** Sources are paths without spaces, so lines break before a slash too. Only a name longer than the column is cut. */
function wrapSource(source: string, columns: number): string {
  const lines = ['']
  for (const part of source.split(/(?=\/)|(?<= )/)) {
    const line = lines.at(-1) ?? ''
    if (line === '' || (line + part).trimEnd().length <= columns) lines[lines.length - 1] = line + part
    else lines.push(part)
  }
  return lines.map((line) => line.trimEnd()).join('\n')
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
}

function formatFact({ value, unit }: MachineFact): string {
  if (value === null) return 'no limit'
  if (typeof value === 'string') return value
  if (unit === 'bytes') return formatBytes(value)
  return unit === 'cpus' ? formatCpus(value) : groupDigits(value)
}

function formatBytes(bytes: number): string {
  const mib = bytes / MIB
  return `${mib >= 99.95 ? groupDigits(mib) : mib.toFixed(1)} MiB`
}

/** CPUs may be a fraction: `2`, `0.5`, `1.33`. Quotas go down to 0.001, which must not read as 0. */
function formatCpus(cpus: number): string {
  return String(Number(cpus < 1 ? cpus.toPrecision(2) : cpus.toFixed(2)))
}

function groupDigits(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}
