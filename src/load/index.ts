export { createLoadGenerator } from './load-generator.js'
