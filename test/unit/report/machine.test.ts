import { describe, expect, it } from 'vitest'
import { heuristicConfigurations, heuristicWorkers } from '../../../src/advisor/heuristic.js'
import { detectMachine } from '../../../src/profiles/machine/index.js'
import { renderMachine } from '../../../src/report/machine.js'
import type { MachineDocument } from '../../../src/result/machine-document.js'
import { CGROUP2_MOUNT, hostOf, treeOf } from '../../helpers/machine-tree.js'

async function documentOf(quota: string): Promise<MachineDocument> {
  const files = treeOf({
    '/sys/devices/system/cpu/online': '0-7\n',
    '/proc/self/status': 'Cpus_allowed_list:\t0-3\n',
    '/proc/meminfo': 'MemTotal: 16777216 kB\nMemAvailable: 12582912 kB\n',
    '/proc/self/limits': 'Max open files            1048576              unlimited            files     \n',
    '/proc/sys/net/core/somaxconn': '4096\n',
    '/proc/self/mountinfo': CGROUP2_MOUNT,
    '/proc/self/cgroup': '0::/kubepods.slice/kubepods-burstable.slice/app\n',
    '/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/cpu.max': quota,
    '/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/app/memory.max': `${512 * 1024 ** 2}\n`,
    '/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/app/memory.current': `${40.5 * 1024 ** 2}\n`,
  })
  const machine = await detectMachine({ files, host: hostOf() })
  return {
    schemaVersion: 1,
    tool: { name: 'tune-prefork', version: '1.2.3' },
    command: 'machine',
    machine,
    heuristic: {
      workers: heuristicWorkers(machine.effectiveCpus),
      evidence: 'rule of thumb',
      configurations: heuristicConfigurations(machine.effectiveCpus),
    },
  }
}

describe('renderMachine', () => {
  it('answers first', async () => {
    const text = renderMachine(await documentOf('max 100000\n'), { width: 120, color: false })
    expect(text.split('\n').slice(0, 2)).toEqual([
      'Effective CPUs  4  (affinity, /proc/self/status)',
      'Rule of thumb   2N+1 = 9 workers',
    ])
    expect(text).toMatchSnapshot()
  })

  it('shows a fraction as it is', async () => {
    const document = await documentOf('70000 100000\n')
    const text = renderMachine(document, { width: 80, color: false })
    expect(text).toContain('Effective CPUs  0.7  (cgroup CPU quota, ')
    expect(text).toContain('2N+1 = 2 workers  (2 x 0.7 rounded down, plus 1)')
    expect(text).toMatchSnapshot()
  })

  it('drops the sources when the terminal is narrow', async () => {
    const text = renderMachine(await documentOf('max 100000\n'), { width: 59, color: false })
    const table = text.slice(text.indexOf('fact '), text.indexOf('Per worker class'))
    expect(table).not.toContain('/proc')
    expect(table).toContain('512 MiB')
  })

  it('says the same with colours and without', async () => {
    const document = await documentOf('70000 100000\n')
    const colored = renderMachine(document, { width: 100, color: true })
    const plain = renderMachine(document, { width: 100, color: false })
    const escape = String.fromCharCode(27)
    expect(plain).not.toContain(escape)
    expect(colored).toContain(escape)
    expect(colored.replaceAll(new RegExp(`${escape}\\[\\d+m`, 'g'), '')).toBe(plain)
  })

  it('keeps each command in one line', async () => {
    const text = renderMachine(await documentOf('max 100000\n'), { width: 40, color: false })
    expect(text).toMatch(/ tune serve app\.ts --worker-class sync --workers 9$/m)
    expect(text).toMatch(/ tune serve app\.ts --worker-class threaded --workers 3 --threads 3$/m)
    expect(text).toMatch(/ tune serve app\.ts --worker-class async --workers 9 --worker-connections 1000$/m)
  })
})
