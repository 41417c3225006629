/** One cgroup file system. `root` is the cgroup that appears at `mountPoint`. */
export interface CgroupMount {
  version: 1 | 2
  /** Within the hierarchy, and relative to our cgroup namespace: `/../..` means that the mount shows more. */
  root: string
  mountPoint: string
  /** Version 1 only; several controllers may share a hierarchy (`cpu,cpuacct`). */
  controllers: string[]
}

/** The cgroup of the process in one hierarchy. Version 2 is the one without controllers. */
export interface CgroupMembership {
  controllers: string[]
  path: string
}

/**
 * Cgroup mounts of /proc/self/mountinfo (proc_pid_mountinfo(5)):
 * `id parent major:minor root mountpoint options [optional...] - type source superoptions`.
 * A later mount at the same place hides an earlier one.
 */
export function parseMountinfo(text: string): CgroupMount[] {
  const mounts = new Map<string, CgroupMount>()
  for (const line of text.split('\n')) {
    const [before = '', after] = line.split(' - ')
    const [, , , root, mountPoint] = before.split(' ')
    if (after === undefined || root === undefined || mountPoint === undefined) continue
    const [type, , superOptions = ''] = after.split(' ')
    const at = unescape(mountPoint)
    mounts.delete(at)
    if (type === 'cgroup2')
      mounts.set(at, { version: 2, root: unescape(root), mountPoint: at, controllers: [] })
    if (type === 'cgroup') {
      // The options of the hierarchy name its controllers, beside `rw`, `xattr` or `name=systemd`.
      mounts.set(at, {
        version: 1,
        root: unescape(root),
        mountPoint: at,
        controllers: superOptions.trim().split(','),
      })
    }
  }
  return [...mounts.values()]
}

/** The kernel writes space, tab, newline and backslash in paths as octal. */
function unescape(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}

/** /proc/self/cgroup: `hierarchy:controllers:path`. The path may hold colons. */
export function parseMemberships(text: string): CgroupMembership[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line)
    if (!match) return []
    const [, controllers = '', path = ''] = match
    return [{ controllers: controllers === '' ? [] : controllers.split(','), path }]
  })
}

/** CPUs granted by `cpu.max` (version 2): `quota period` in µs or `max period`. `null` means no limit. */
export function parseCpuMax(text: string): number | null {
  const [quota = '', period = '100000'] = text.trim().split(/\s+/)
  return ratio(quota, period)
}

/** CPUs granted by `cpu.cfs_quota_us` and `cpu.cfs_period_us` (version 1). A quota of -1 means no limit. */
export function parseCfsQuota(quota: string, period: string): number | null {
  return ratio(quota.trim(), period.trim())
}

function ratio(quota: string, period: string): number | null {
  if (!/^\d+$/.test(quota) || !/^\d+$/.test(period)) return null
  const cpus = Number(quota) / Number(period)
  return Number.isFinite(cpus) && cpus > 0 ? cpus : null
}

/** Version 1 says "no limit" with the largest multiple of the page size below 2^63; nothing real is near. */
const UNLIMITED_BYTES = 2 ** 60

/** A limit in bytes; `null` for `max`, for the huge value that stands for "none", and for what is no number. */
export function parseByteLimit(text: string): number | null {
  const trimmed = text.trim()
  if (!/^\d+$/.test(trimmed)) return null
  const bytes = Number(trimmed)
  return bytes > 0 && bytes < UNLIMITED_BYTES ? bytes : null
}

/** One line of `memory.stat`. */
export function parseStat(text: string, key: string): number | null {
  for (const line of text.split('\n')) {
    const [name, value = ''] = line.split(' ')
    if (name === key && /^\d+$/.test(value)) return Number(value)
  }
  return null
}
