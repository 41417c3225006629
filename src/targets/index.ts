export { bundledTarget, type BundledTargetOptions, type RunningBundled } from './bundled.js'
export { commandTarget, type CommandTargetOptions } from './command.js'
export type { RunningProcessServer } from './process-server.js'
