import type { ServerSettings } from './settings.js'

/** What `ps` and `top` show: `tune: worker 1 [app.js]`. */
export function titleOf(role: string, { procName, app }: Pick<ServerSettings, 'procName' | 'app'>): string {
  return `tune: ${role} [${procName ?? app}]`
}
