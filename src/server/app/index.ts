export { compileApp, type CompiledApp } from './compile.js'
export { AppError, type AppErrorCode } from './error.js'
export type { ListenContext } from './listen-capture.js'
export { LISTEN_WAIT_MS, loadApp, type LoadedApp } from './load.js'
