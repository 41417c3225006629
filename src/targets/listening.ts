import { readdir, readFile, readlink } from 'node:fs/promises'

const LISTEN = '0A'

/** Ports of listening TCP sockets by inode, from the text of /proc/net/tcp or tcp6 (proc(5)). */
export function parseListening(text: string): Map<string, number> {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/))
  return new Map(
    rows.flatMap(([, local, , state, , , , , , inode]) => {
      const port = local?.split(':')[1]
      return state === LISTEN && port !== undefined && inode !== undefined
        ? [[inode, Number.parseInt(port, 16)] as const]
        : []
    }),
  )
}

/** TCP ports on which any of the processes listens, in order; empty where there is no /proc. */
export async function listeningPorts(pids: readonly number[]): Promise<number[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  const portOf = new Map(tables.flatMap((text) => [...parseListening(text)]))
  const inodes = (await Promise.all(pids.map(socketInodes))).flat()
  const ports = inodes.map((inode) => portOf.get(inode)).filter((port) => port !== undefined)
  return [...new Set(ports)].sort((a, b) => a - b)
}

async function socketInodes(pid: number): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}
