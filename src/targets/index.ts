export { bundledTarget, type BundledTargetOptions, type RunningBundled } from './bundled.js'
