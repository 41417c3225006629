import type { Host, TextFiles } from '../../src/profiles/machine/ports.js'

/** A file system made of text; the directories are those that hold a file. */
export function treeOf(tree: Record<string, string>): TextFiles {
  const paths = Object.keys(tree)
  return {
    read: (path) => tree[path] ?? null,
    isDirectory: (path) => paths.some((name) => name.startsWith(`${path}/`)),
  }
}

/** A quiet host with 8 CPUs and 16 GiB that knows nothing else. */
export function hostOf(changes: Partial<Host> = {}): Host {
  return {
    platform: 'linux',
    kernel: '6.8.0',
    nodeVersion: 'v20.20.0',
    cpuModels: () => Array<string>(8).fill('Fixture CPU'),
    availableParallelism: () => 8,
    totalMemoryBytes: () => 16 * 1024 ** 3,
    freeMemoryBytes: () => 8 * 1024 ** 3,
    loadAverage: () => [0.1, 0.2, 0.3],
    processor: () => Promise.resolve({ physicalCores: 4, model: 'Fixture CPU 3000' }),
    ...changes,
  }
}

export const CGROUP2_MOUNT =
  '30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n'

/** Version 1 as systemd mounts it: `cpu` and `cpuacct` share a hierarchy. */
export const CGROUP1_MOUNTS = [
  '31 23 0:28 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct',
  '33 31 0:30 / /sys/fs/cgroup/cpuset rw,nosuid shared:11 - cgroup cgroup rw,cpuset',
  '34 31 0:31 / /sys/fs/cgroup/memory rw,nosuid shared:12 - cgroup cgroup rw,memory',
  '35 31 0:32 / /sys/fs/cgroup/systemd rw,nosuid shared:13 - cgroup cgroup rw,xattr,name=systemd',
  '',
].join('\n')
