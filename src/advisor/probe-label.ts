/** Target of the probe; the requests of a mix are probed as `probe <name>`. */
export const PROBE_LABEL = 'probe'

export function routeLabel(name: string): string {
  return `${PROBE_LABEL} ${name}`
}
