import type { CgroupMembership, CgroupMount } from './parse-cgroup.js'

export type Controller = 'cpu' | 'cpuset' | 'memory'

/** The cgroup of the process and everything above it that can be seen, for one hierarchy. */
export interface Lineage {
  version: 1 | 2
  /** The process's own cgroup first, the mount point last. */
  directories: [string, ...string[]]
  /** False when the own cgroup is not below the mount, so that limits may exist which cannot be read. */
  exact: boolean
  /** What /proc/self/cgroup says. */
  path: string
}

/**
 * Where the limits of one controller stand. Both versions may be mounted (hybrid) and a controller lives in one
 * of them; the other answers with missing files, so all are returned and every caller takes the minimum.
 */
export function lineagesOf(
  controller: Controller,
  mounts: CgroupMount[],
  memberships: CgroupMembership[],
  isDirectory: (path: string) => boolean,
): Lineage[] {
  const versions = [1, 2] as const
  return versions.flatMap((version) => {
    const membership = memberships.find(({ controllers }) =>
      version === 1 ? controllers.includes(controller) : controllers.length === 0,
    )
    if (!membership) return []
    const candidates = mounts
      .filter(
        (mount) => mount.version === version && (version === 2 || mount.controllers.includes(controller)),
      )
      .filter((mount) => isDirectory(mount.mountPoint))
      .map((mount) => locate(membership.path, mount, isDirectory))
    const best = candidates.sort(byVisibility)[0]
    return best ? [best] : []
  })
}

/** The same hierarchy may be mounted twice (a container's own and the host's): the one that shows more wins. */
function byVisibility(a: Lineage, b: Lineage): number {
  return Number(b.exact) - Number(a.exact) || b.directories.length - a.directories.length
}

function locate(path: string, mount: CgroupMount, isDirectory: (path: string) => boolean): Lineage {
  const below = relativeTo(mount.root, path)
  const exact = below !== null && !isOutside(below) && isDirectory(join(mount.mountPoint, below))
  const inside = exact ? below : visibleTail(path, mount.mountPoint, isDirectory)
  return { version: mount.version, directories: upwards(mount.mountPoint, inside), exact, path }
}

/** `path` as seen from `root`, both within the hierarchy; `null` when it is not below. */
function relativeTo(root: string, path: string): string | null {
  if (root === '/' || root === '') return path
  if (path === root) return '/'
  return path.startsWith(`${root}/`) ? path.slice(root.length) : null
}

/** A cgroup outside our cgroup namespace is written with `..`; following that would leave the mount. */
function isOutside(path: string): boolean {
  return path.split('/').includes('..')
}

/**
 * Containers without a cgroup namespace show the host's path (`/kubepods/pod1/abc/app`) while the mount begins
 * at their own cgroup, and some runtimes hide the mount's root. The longest tail of the path that exists below
 * the mount is then the own cgroup; at worst that is the mount point itself.
 */
function visibleTail(path: string, mountPoint: string, isDirectory: (path: string) => boolean): string {
  if (isOutside(path)) return '/'
  const names = path.split('/').filter(Boolean)
  for (let first = 1; first < names.length; first++) {
    const tail = `/${names.slice(first).join('/')}`
    if (isDirectory(join(mountPoint, tail))) return tail
  }
  return '/'
}

function upwards(mountPoint: string, inside: string): [string, ...string[]] {
  const names = inside.split('/').filter(Boolean)
  const below = names.map((_, index) =>
    join(mountPoint, `/${names.slice(0, names.length - index).join('/')}`),
  )
  const [own, ...above] = below
  return own === undefined ? [mountPoint] : [own, ...above, mountPoint]
}

function join(mountPoint: string, inside: string): string {
  const base = mountPoint === '/' ? '' : mountPoint
  return inside === '/' ? mountPoint : `${base}${inside}`
}
