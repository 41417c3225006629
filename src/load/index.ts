export { createLoadGenerator, type GeneratorOptions } from './load-generator.js'
export { verifyEngine } from './self-test.js'
