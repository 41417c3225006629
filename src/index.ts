export type { Configuration, WorkerClass } from './result/configuration.js'
export { resultDocumentSchema, SCHEMA_VERSION } from './result/document.js'
export type { AnalyzeDocument, BenchDocument, ResultDocument } from './result/document.js'
export type { Trial } from './result/trial.js'
