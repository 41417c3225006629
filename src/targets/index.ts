export { bundledTarget, type BundledTargetOptions, type RunningBundled } from './bundled.js'
export { commandTarget, type CommandTargetOptions } from './command.js'
export type { RunningProcessServer } from './process-server.js'
export { gunicornTarget, nodeClusterTarget, pm2Target, type ServerTargetOptions } from './servers.js'
export { urlTarget } from './url.js'
export {
  attachToServer,
  isSilence,
  listeningSockets,
  type LiveReading,
  type LiveServer,
} from './live-server.js'
