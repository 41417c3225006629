import { plain, wrap } from '../report/plain.js'

const WIDTH = 96

/** Comment lines from sentences: wrapped, harmless, an empty sentence is an empty line. */
export function comment(sentences: readonly string[], mark: '#' | '//', indent = ''): string {
  return sentences
    .flatMap((sentence) => (sentence === '' ? [''] : wrap(plain(sentence), WIDTH - indent.length)))
    .map((line) => `${indent}${mark} ${line}`.trimEnd())
    .join('\n')
}

/** A string literal of JSON, which JavaScript, YAML and Python read as the same string. */
export function literal(text: string): string {
  return JSON.stringify(plain(text))
}

/** One argument of `ExecStart=`: systemd expands `%` and `$`, and splits at spaces (systemd.service(5)). */
export function systemdQuote(argument: string): string {
  const escaped = plain(argument).replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(escaped) ? escaped : JSON.stringify(escaped)
}

/** Whole MiB, rounded up. */
export function mib(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20)
}

/** Kubernetes' and Docker's words for CPUs: `2`, or `1500m` for fractions. */
export function cpuQuantity(cpus: number): string {
  return Number.isInteger(cpus) ? String(cpus) : `${Math.round(cpus * 1000)}m`
}
