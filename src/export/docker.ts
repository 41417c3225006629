import { provenance, type Answer } from './answer.js'
import { startAssumptions, startCommand, startVariables, STOP_SECONDS } from './start-command.js'
import { memoryLimits } from './memory-limits.js'
import { comment, literal, mib } from './text.js'

/** A Dockerfile; its CMD is the answer. */
export function dockerfile(answer: Answer, port: number): string {
  const { effectiveCpus } = answer
  const { hardBytes } = memoryLimits(answer)
  const variables = startVariables(answer, (name, value) => `ENV ${name}=${value}\n`)
  const limits = `--cpus ${effectiveCpus} --memory ${mib(hardBytes)}m`
  const assumptions = [
    ...startAssumptions(answer),
    ...(answer.server === 'command'
      ? ['it is an app for Node: put another image in its place otherwise.']
      : []),
    `run it with what was measured: docker run --init ${limits} --stop-timeout ${STOP_SECONDS} -p ${port}:${port} IMAGE.`,
  ]
  return `${comment(provenance(answer, ...assumptions), '#')}

${answer.server === 'gunicorn' ? PYTHON : nodeImage(answer.server === 'pm2')}
${variables.join('')}EXPOSE ${port}
# TERM drains the workers.
STOPSIGNAL SIGTERM
# Exec form: a shell as process 1 would keep the signal to itself.
CMD ${JSON.stringify(startCommand(answer, port))}
`
}

function nodeImage(withPm2: boolean): string {
  return `FROM node:22-bookworm-slim
ENV NODE_ENV=production PATH=/srv/app/node_modules/.bin:$PATH
WORKDIR /srv/app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev${withPm2 ? ' && npm install --no-save pm2' : ''}
COPY . .
USER node`
}

const PYTHON = `FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1
WORKDIR /srv/app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
USER nobody`

/** A Compose file with one service. */
export function composeFile(answer: Answer, port: number): string {
  const { effectiveCpus, memoryBytes, server } = answer
  const { hardBytes } = memoryLimits(answer)
  const variables = startVariables(answer, (name, value) => `      ${name}: ${literal(value)}\n`)
  const assumptions = [
    ...startAssumptions(answer),
    'the image is built from the Dockerfile of tune export --to docker.',
  ]
  return `${comment(provenance(answer, ...assumptions), '#')}

services:
  app:
    build: .
    command: ${flow(startCommand(answer, port))}
    # A small process 1 that reaps what nobody waits for.
    init: true
    ports:
      - "${port}:${port}"
    environment:
      ${server === 'gunicorn' ? 'PYTHONUNBUFFERED: "1"' : 'NODE_ENV: production'}
${variables.join('')}    # The CPUs that were measured; tune serve and tune analyze read this limit.
    cpus: ${effectiveCpus}
    mem_limit: ${mib(hardBytes)}m
    mem_reservation: ${mib(memoryBytes)}m
    ulimits:
      nofile: 65536
    stop_signal: SIGTERM
    stop_grace_period: ${STOP_SECONDS}s
    restart: unless-stopped
    healthcheck:
      test: ${flow(healthCheck(answer, port))}
      interval: 10s
      timeout: 5s
      start_period: 20s
      retries: 3
`
}

/** Connecting is all that can be asked of any app: only the app knows which path is cheap and needs no login. */
function healthCheck({ server }: Answer, port: number): string[] {
  return server === 'gunicorn'
    ? ['CMD', 'python3', '-c', `import socket; socket.create_connection(("127.0.0.1", ${port}), 3)`]
    : [
        'CMD',
        'node',
        '-e',
        `require("net").connect(${port}, "127.0.0.1").on("connect", () => process.exit(0)).on("error", () => process.exit(1))`,
      ]
}

/** A YAML flow sequence. Compose expands `$`, which is written twice to stay itself. */
function flow(parts: readonly string[]): string {
  return `[${parts.map((part) => literal(part).replaceAll('$', '$$$$')).join(', ')}]`
}
