// Starts the servers that are compared, each with the same number of workers, and tells which processes are its workers.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const APPS = fileURLToPath(new URL('./apps/', import.meta.url))
const SERVER = fileURLToPath(new URL('../../dist/server/server-process.js', import.meta.url))
/** Debian's gunicorn belongs to Debian's Python. */
const ENV = { ...process.env, PATH: `/usr/bin:/bin:${process.env.PATH}` }

export function tune(port, settings) {
  const given = { app: `${APPS}hello.js`, bind: [`127.0.0.1:${port}`], logLevel: 'error', ...settings }
  const child = spawn(process.execPath, [SERVER, JSON.stringify(given)], {
    // Without the channel to who started it, it takes him for dead and goes.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return { workers: () => childrenOf(child.pid), stop: () => end(child) }
}

export function nodeCluster(port, workers) {
  const env = { ...ENV, PORT: String(port), WORKERS: String(workers) }
  const child = spawn(process.execPath, [`${APPS}cluster.cjs`], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return { workers: () => childrenOf(child.pid), stop: () => end(child) }
}

/** PM2 keeps a daemon and files; both get a place of their own, which is gone afterwards. */
export function pm2(port, workers) {
  const home = mkdtempSync(join(tmpdir(), 'tune-benchmark-pm2-'))
  const env = { ...ENV, PORT: String(port), PM2_HOME: home }
  delete env.WORKERS
  const run = (...args) => spawnSync('pm2', args, { env, encoding: 'utf8' })
  run('start', `${APPS}cluster.cjs`, '-i', String(workers))
  const daemon = Number(readFileSync(join(home, 'pm2.pid'), 'utf8'))
  return {
    workers: () => childrenOf(daemon),
    stop: () => {
      run('kill')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

export function gunicorn(port, ...args) {
  const all = ['--chdir', APPS, '--bind', `127.0.0.1:${port}`, '--log-level', 'error', ...args, 'hello:app']
  const child = spawn('gunicorn', all, {
    env: { ...ENV, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return { workers: () => childrenOf(child.pid), stop: () => end(child) }
}

/** Resolves when somebody accepts connections there. */
export async function listening(port) {
  const end = performance.now() + 20_000
  while (!(await connects(port))) {
    if (performance.now() > end) throw new Error(`nobody listens on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function connects(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

function childrenOf(parent) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number)
}

function parentOf(pid) {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/.*\) . /s, '')
        .split(' ')[0],
    )
  } catch {
    return null
  }
}

/** Bytes, shared pages shared out. */
export function pssOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)[1]) * 1024
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(timer)
}
