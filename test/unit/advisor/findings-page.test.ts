import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FINDING_IDS } from '../../../src/advisor/rules/ids.js'

const ROOT = resolve(import.meta.dirname, '../../..')
const headings = [...readFileSync(join(ROOT, 'docs/findings.md'), 'utf8').matchAll(/^### (\S+)$/gm)].map(
  ([, id]) => id,
)
const sources = ['src/advisor', 'src/studies'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('ids.ts'))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
)
const used = new Set(
  sources.flatMap((text) => [...text.matchAll(/id: '(TUNE-[A-Z0-9-]+)'/g)].map(([, id]) => id)),
)

describe('docs/findings.md', () => {
  it('explains every finding, once, and no other', () => {
    expect(headings.toSorted()).toEqual([...FINDING_IDS].toSorted())
  })

  it('lists what the code says, and the code says what is listed', () => {
    expect([...used].toSorted()).toEqual([...FINDING_IDS].toSorted())
  })
})
