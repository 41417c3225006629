import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { jsonSchemas } from '../../../src/result/json-schema.js'
import {
  benchDocument,
  cpuDocument,
  hostileDocument,
  inconclusiveDocument,
  interruptedDocument,
  ioDocument,
  machine,
} from '../../helpers/documents.js'

const committed = (file: string): object =>
  JSON.parse(readFileSync(new URL(`../../../schemas/${file}`, import.meta.url), 'utf8')) as object

// Formats are annotations here; zod writes a pattern beside each, and that is checked.
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false, allErrors: true })
const validators = Object.fromEntries(
  Object.keys(jsonSchemas()).map((file) => [file, ajv.compile(committed(file))]),
)
const isValid = (file: string, value: unknown): boolean => validators[file]!(value)

it.each(Object.entries(jsonSchemas()))(
  'schemas/%s is what the source says (npm run schemas)',
  (file, schema) => {
    expect(committed(file)).toEqual(schema)
  },
)

describe('documents', () => {
  const documents = {
    io: ioDocument(),
    cpu: cpuDocument(),
    inconclusive: inconclusiveDocument(),
    interrupted: interruptedDocument(),
    bench: benchDocument(),
    hostile: hostileDocument(),
  }

  it.each(Object.entries(documents))(
    '%s matches, and so do its trials and its machine',
    (_name, document) => {
      expect(
        isValid('result.schema.json', document),
        JSON.stringify(validators['result.schema.json']!.errors),
      ).toBe(true)
      for (const one of document.trials) expect(isValid('trial.schema.json', one)).toBe(true)
      expect(isValid('machine.schema.json', document.machine)).toBe(true)
    },
  )

  it.each([
    ['another version', { ...ioDocument(), schemaVersion: 2 }],
    ['an unknown command', { ...ioDocument(), command: 'paint' }],
    ['a further key', { ...ioDocument(), extra: 1 }],
    ['no seed', { ...ioDocument(), seed: undefined }],
    ['a negative duration', { ...ioDocument(), durationSeconds: -1 }],
    ['a start that is no instant', { ...ioDocument(), startedAt: 'yesterday' }],
    ['cells in an analysis', { ...ioDocument(), cells: [] }],
  ])('with %s do not match', (_what, document) => {
    expect(isValid('result.schema.json', JSON.parse(JSON.stringify(document)))).toBe(false)
  })
})

it('a machine without CPUs does not match', () => {
  expect(isValid('machine.schema.json', { ...machine, effectiveCpus: 0 })).toBe(false)
})
