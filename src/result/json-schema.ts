import { z } from 'zod'
import { comparisonDocumentSchema } from './comparison.js'
import { resultDocumentSchema } from './document.js'
import { liveDocumentSchema } from './live-document.js'
import { machineSchema } from './machine.js'
import { rateDocumentSchema } from './rate-document.js'
import { trialSchema } from './trial.js'

const PUBLISHED = {
  'result.schema.json': {
    schema: resultDocumentSchema,
    title: 'Result of tune analyze or tune bench',
    description: 'reports/<name>/result.json, and what --json prints',
  },
  'trial.schema.json': {
    schema: trialSchema,
    title: 'Trial',
    description: 'One line of reports/<name>/trials.jsonl: one configuration under load for one window',
  },
  'comparison.schema.json': {
    schema: comparisonDocumentSchema,
    title: 'Comparison of two results',
    description: 'What tune compare --json prints',
  },
  'rate.schema.json': {
    schema: rateDocumentSchema,
    title: 'Latency at a rate',
    description: 'reports/<name>/rate.json of tune bench --rate and --slo, and what --json prints',
  },
  'live.schema.json': {
    schema: liveDocumentSchema,
    title: 'A running server',
    description: 'What tune analyze --attach --json prints',
  },
  'machine.schema.json': {
    schema: machineSchema,
    title: 'Machine',
    description: 'What a process may really use, and where each figure was read',
  },
}

/** The JSON Schemas (draft 2020-12) of `schemas/`, by file name: zod's schemas for everybody else's tools. */
export function jsonSchemas(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(PUBLISHED).map(([file, { schema, title, description }]) => {
      const { $schema, ...body } = z.toJSONSchema(schema, { target: 'draft-2020-12' })
      return [file, { $schema, $id: `tune-prefork/schemas/${file}`, title, description, ...body }]
    }),
  )
}
