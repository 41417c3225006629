import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Loopback ports on which a process listens, IPv4. Linux tells; elsewhere there are none. */
export function loopbackPorts(pid: number): number[] {
  try {
    const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => socketInode(`/proc/${pid}/fd/${fd}`)))
    return listeningPorts(readFileSync(`/proc/${pid}/net/tcp`, 'utf8'), inodes)
  } catch {
    return []
  }
}

/** @param table the text of /proc/net/tcp */
export function listeningPorts(table: string, inodes: ReadonlySet<string | null>): number[] {
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state, , , , , , inode]) => {
      // 127.0.0.1 in the byte order of the machine, state LISTEN.
      const onLoopback = local?.startsWith('0100007F:') ?? false
      return onLoopback && state === '0A' && inode !== undefined && inodes.has(inode)
    })
    .map(([, local = '']) => parseInt(local.slice(local.indexOf(':') + 1), 16))
}

function socketInode(path: string): string | null {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1] ?? null
  } catch {
    // Closed in the meantime.
    return null
  }
}
