import type { Answer } from './answer.js'
import { composeFile, dockerfile } from './docker.js'
import { environmentFile } from './environment.js'
import { gunicornConfig } from './gunicorn.js'
import { kubernetesManifests } from './kubernetes.js'
import { nginxSite } from './nginx.js'
import { pm2Ecosystem } from './pm2.js'
import { systemdUnit } from './systemd.js'
import { tuneConfig } from './tune-config.js'

export { answerOf, type Answer } from './answer.js'

interface ExportFormat {
  /** The name that its reader expects. */
  fileName: string
  render: (answer: Answer, port: number) => string
}

/** Languages in which an answer can be handed over. */
export const EXPORT_FORMATS = {
  gunicorn: { fileName: 'gunicorn.conf.py', render: gunicornConfig },
  pm2: { fileName: 'ecosystem.config.cjs', render: pm2Ecosystem },
  systemd: { fileName: 'app.service', render: systemdUnit },
  docker: { fileName: 'Dockerfile', render: dockerfile },
  compose: { fileName: 'compose.yaml', render: composeFile },
  kubernetes: { fileName: 'app.k8s.yaml', render: kubernetesManifests },
  nginx: { fileName: 'app.nginx.conf', render: nginxSite },
  env: { fileName: 'app.env', render: environmentFile },
  tune: { fileName: 'tune.config.ts', render: tuneConfig },
} satisfies Record<string, ExportFormat>

export type ExportFormatName = keyof typeof EXPORT_FORMATS
export const EXPORT_FORMAT_NAMES = Object.keys(EXPORT_FORMATS) as ExportFormatName[]
