// Apps of known nature. `environment` and `machine` go to the app and to the detection of the machine.
import { fileURLToPath } from 'node:url'

const own = (name) => fileURLToPath(new URL(`apps/${name}.js`, import.meta.url))
const bundled = (name) =>
  fileURLToPath(new URL(`../../dist/profiles/workloads/apps/${name}.js`, import.meta.url))
const mix = (cpuMs, waitMs) => ({
  TUNE_WORKLOAD_CPU_MS: String(cpuMs),
  TUNE_WORKLOAD_WAIT_MS: String(waitMs),
})

const FOLDER = fileURLToPath(new URL('apps/servers/', import.meta.url))
/** A route of an app under another server. */
const served = (server, path, route, classes) => ({
  name: `${server}-${route}`,
  nature: `${server}: ${route === 'wait' ? 'waits 10 ms' : 'computes'}`,
  ...{ server, path, request: `/${route}`, cwd: FOLDER, classes },
})

export const APPS = [
  { name: 'io', nature: 'waits 20 ms', path: bundled('io'), classes: ['async-io'] },
  { name: 'cpu', nature: 'computes 10 ms', path: bundled('cpu'), classes: ['cpu'] },
  { name: 'blocking', nature: 'blocks 20 ms', path: bundled('blocking'), classes: ['blocking-io'] },
  {
    name: 'offloop',
    nature: 'computes 10 ms on the pool',
    path: bundled('offloop'),
    classes: ['offloop-cpu'],
  },
  {
    name: 'mixed-1',
    nature: 'W/C = 1: 4 + 4 ms',
    path: bundled('mixed'),
    environment: mix(4, 4),
    classes: ['mixed'],
  },
  {
    name: 'mixed-3',
    nature: 'W/C = 3: 2 + 6 ms',
    path: bundled('mixed'),
    environment: mix(2, 6),
    classes: ['mixed'],
  },
  {
    name: 'mixed-10',
    nature: 'W/C = 10: 1 + 10 ms',
    path: bundled('mixed'),
    environment: mix(1, 10),
    classes: ['async-io', 'mixed'],
  },
  {
    name: 'pool',
    nature: '10 connections in each process, 50 ms',
    path: own('pool'),
    classes: ['downstream'],
  },
  {
    name: 'hungry',
    nature: '150 MB a worker, 600 MB',
    path: own('hungry'),
    machine: { memoryBytes: 600 * 2 ** 20 },
    classes: ['cpu'],
  },
  {
    name: 'slow-start',
    nature: 'loads for 2 s, 1 + 5 ms',
    path: own('slow-start'),
    classes: ['mixed', 'async-io'],
  },
  ...['wait', 'compute'].flatMap((route) => [
    served('gunicorn', 'flask_app:app', route, route === 'wait' ? ['async-io', 'blocking-io'] : ['cpu']),
    served('pm2', 'listens.js', route, route === 'wait' ? ['async-io'] : ['cpu']),
    served('node-cluster', 'listens.js', route, route === 'wait' ? ['async-io'] : ['cpu']),
  ]),
  { name: 'rows', nature: 'tables as JSON, the last few kept', path: own('rows'), classes: ['cpu'] },
  {
    name: 'garbage',
    nature: 'megabytes of garbage a request, of which much stays',
    ...{ path: own('garbage'), classes: ['cpu'], sustained: true },
    // The grid, of short windows after long waits, says little of it: these are ahead by half a minute of load.
    rivals: ['threaded-2x2', 'async-5x1000'],
  },
]
