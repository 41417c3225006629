export { createLoadGenerator, mostGenerators } from './load-generator.js'
export { createOpenGenerator, type OpenGenerator } from './open-loop/open-generator.js'
