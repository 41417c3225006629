export { compileApp, type CompiledApp } from './compile.js'
export { loadApp, type LoadedApp } from './load.js'
