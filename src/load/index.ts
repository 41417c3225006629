export { createLoadGenerator, type GeneratorOptions } from './load-generator.js'
