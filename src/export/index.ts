import type { Answer } from './answer.js'
import { composeFile, dockerfile } from './docker.js'
import { environmentFile } from './environment.js'
import { gunicornConfig } from './gunicorn.js'
import { kubernetesManifests } from './kubernetes.js'
import { nginxSite } from './nginx.js'
import { pm2Ecosystem, runsInCluster } from './pm2.js'
import { hasRecycling, withRecycling, type RecycledBy } from './recycling.js'
import { systemdUnit } from './systemd.js'
import { tuneConfig } from './tune-config.js'

export { answerOf, undecided, type Answer } from './answer.js'

interface ExportFormat {
  /** The name that its reader expects. */
  fileName: string
  render: (answer: Answer, port: number) => string
}

/** @param recycledBy what in the file replaces a worker that leaks */
function format(
  fileName: string,
  render: ExportFormat['render'],
  recycledBy: (answer: Answer) => RecycledBy,
): ExportFormat {
  return { fileName, render: (answer, port) => render(withRecycling(answer, recycledBy(answer)), port) }
}

const byRequests = (): RecycledBy => 'requests'
const byNothing = (): RecycledBy => null
const asServed = (answer: Answer): RecycledBy => (hasRecycling(answer) ? 'requests' : null)

/** Languages in which an answer can be handed over. */
export const EXPORT_FORMATS = {
  gunicorn: format('gunicorn.conf.py', gunicornConfig, byRequests),
  pm2: format('ecosystem.config.cjs', pm2Ecosystem, (answer) =>
    runsInCluster(answer) ? 'memory' : asServed(answer),
  ),
  systemd: format('app.service', systemdUnit, asServed),
  docker: format('Dockerfile', dockerfile, asServed),
  compose: format('compose.yaml', composeFile, asServed),
  kubernetes: format('app.k8s.yaml', kubernetesManifests, asServed),
  nginx: format('app.nginx.conf', nginxSite, byNothing),
  env: format('app.env', environmentFile, asServed),
  tune: format('tune.config.ts', tuneConfig, byRequests),
}

export type ExportFormatName = keyof typeof EXPORT_FORMATS
export const EXPORT_FORMAT_NAMES = Object.keys(EXPORT_FORMATS) as ExportFormatName[]
