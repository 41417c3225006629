import type { Answer } from './answer.js'
import { composeFile, dockerfile } from './docker.js'
import { environmentFile } from './environment.js'
import { gunicornConfig } from './gunicorn.js'
import { kubernetesManifests } from './kubernetes.js'
import { nginxSite } from './nginx.js'
import { pm2Ecosystem, runsInCluster } from './pm2.js'
import { hasRecycling, withRecycling } from './recycling.js'
import { systemdUnit } from './systemd.js'
import { tuneConfig } from './tune-config.js'

export { answerOf, undecided, type Answer } from './answer.js'

interface ExportFormat {
  /** The name that its reader expects. */
  fileName: string
  render: (answer: Answer, port: number) => string
}

/** @param recycles whether the file has the setting that replaces a worker which leaks */
function format(
  fileName: string,
  render: ExportFormat['render'],
  recycles: (answer: Answer) => boolean,
): ExportFormat {
  return { fileName, render: (answer, port) => render(withRecycling(answer, recycles(answer)), port) }
}

const always = (): boolean => true
const never = (): boolean => false

/** Languages in which an answer can be handed over. */
export const EXPORT_FORMATS = {
  gunicorn: format('gunicorn.conf.py', gunicornConfig, always),
  pm2: format(
    'ecosystem.config.cjs',
    pm2Ecosystem,
    (answer) => hasRecycling(answer) && !runsInCluster(answer),
  ),
  systemd: format('app.service', systemdUnit, hasRecycling),
  docker: format('Dockerfile', dockerfile, hasRecycling),
  compose: format('compose.yaml', composeFile, hasRecycling),
  kubernetes: format('app.k8s.yaml', kubernetesManifests, hasRecycling),
  nginx: format('app.nginx.conf', nginxSite, never),
  env: format('app.env', environmentFile, ({ server }) => server !== 'pm2'),
  tune: format('tune.config.ts', tuneConfig, always),
}

export type ExportFormatName = keyof typeof EXPORT_FORMATS
export const EXPORT_FORMAT_NAMES = Object.keys(EXPORT_FORMATS) as ExportFormatName[]
