import { provenance, type Answer } from './answer.js'
import { memoryLimits } from './memory-limits.js'
import { startAssumptions, startCommand, startVariables, STOP_SECONDS } from './start-command.js'
import { comment, mib, systemdQuote } from './text.js'

/** READY comes when all workers serve. `all`, because an upgrade in place makes another process the main one. */
const NOTIFYING = 'Type=notify\nNotifyAccess=all\nWatchdogSec=30'

/** A unit for /etc/systemd/system/app.service; `systemd-analyze verify` has nothing to say about it. */
export function systemdUnit(answer: Answer, port: number): string {
  const { effectiveCpus } = answer
  const { softBytes, hardBytes } = memoryLimits(answer)
  const variables = startVariables(answer, (name, value) => `Environment=${name}=${value}\n`)
  const assumptions = [
    ...startAssumptions(answer),
    'the app lies in /srv/app and may be read by everybody.',
    'install: copy to /etc/systemd/system/app.service, systemctl daemon-reload, systemctl enable --now app.',
  ]
  return `${comment(provenance(answer, ...assumptions), '#')}

[Unit]
Description=app, as tuned by tune
After=network-online.target
Wants=network-online.target
# Five failed starts within a minute are enough to know.
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
${answer.server === 'bundled' ? NOTIFYING : 'Type=exec'}
DynamicUser=yes
WorkingDirectory=-/srv/app
Environment=NODE_ENV=production
Environment=PATH=/srv/app/node_modules/.bin:/srv/app/.venv/bin:/usr/local/bin:/usr/bin:/bin
${variables.join('')}ExecStart=/usr/bin/env ${startCommand(answer, port).map(systemdQuote).join(' ')}
${answer.server === 'pm2' ? '' : '# Replaces the workers one by one.\nExecReload=/bin/kill -HUP $MAINPID\n'}# TERM goes to the parent alone, which drains its workers; what is left after the time gets KILL.
KillMode=mixed
TimeoutStopSec=${STOP_SECONDS}
Restart=on-failure
RestartSec=1
# 2: wrong settings, 4: the app does not load. Neither heals by trying again.
RestartPreventExitStatus=2 4

# The CPUs that were measured.
CPUQuota=${Math.round(effectiveCpus * 100)}%
MemoryHigh=${mib(softBytes)}M
MemoryMax=${mib(hardBytes)}M
LimitNOFILE=65536

NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=yes

[Install]
WantedBy=multi-user.target
`
}
