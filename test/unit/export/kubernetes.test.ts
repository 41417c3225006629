import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { answerOf, EXPORT_FORMATS, type Answer } from '../../../src/export/index.js'
import { configurations } from '../../helpers/arbitraries.js'
import { HOSTILE, ioDocument } from '../../helpers/documents.js'
import {
  autoscalerSchema,
  bytesOf,
  coresOf,
  deploymentSchema,
  serviceSchema,
} from '../../helpers/kubernetes-schema.js'

/** The manifests, each held against what the API takes. Throws where one does not fit. */
function manifests(rest: Partial<Answer>, port = 8000) {
  const text = EXPORT_FORMATS.kubernetes.render({ ...answerOf(ioDocument()), ...rest }, port)
  const documents = parseAllDocuments(text, { uniqueKeys: true })
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
  expect(documents).toHaveLength(3)
  const [deployment, service, autoscaler] = documents.map((document) => document.toJS() as unknown)
  return {
    deployment: deploymentSchema.parse(deployment),
    service: serviceSchema.parse(service),
    autoscaler: autoscalerSchema.parse(autoscaler),
  }
}

/** Answers of every server, size and name. */
const answers = fc.record({
  configuration: configurations,
  server: fc.constantFrom('bundled' as const, 'gunicorn' as const, 'pm2' as const, 'command' as const),
  command: fc.constant('serve --bind {host}:{port} --workers 2'),
  app: fc.oneof(fc.constant(null), fc.constant(HOSTILE), fc.string()),
  effectiveCpus: fc.oneof(
    fc.integer({ min: 1, max: 256 }),
    fc.integer({ min: 1, max: 99_999 }).map((thousandths) => thousandths / 1000),
  ),
  memoryBytes: fc.integer({ min: 1, max: 2 ** 42 }),
  throughputRps: fc.option(fc.double({ min: 0.01, max: 1e6, noNaN: true })),
  cpuMsPerRequest: fc.option(fc.double({ min: 0, max: 1e4, noNaN: true })),
})

describe('the Kubernetes manifests', () => {
  it('are what the API takes, for every answer', () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 65_535 }), (rest, port) => {
        const { deployment, service, autoscaler } = manifests(rest, port)
        const pod = deployment.spec.template
        const [container] = pod.spec.containers

        // Who selects whom, by labels and names.
        expect(deployment.spec.selector.matchLabels).toEqual(pod.metadata.labels)
        expect(service.spec.selector).toEqual(pod.metadata.labels)
        expect(autoscaler.spec.scaleTargetRef.name).toBe(deployment.metadata.name)
        // An autoscaler and a fixed number of replicas would fight over each rollout.
        expect(deployment.spec.replicas).toBeUndefined()

        // Ports are named once and meant by name.
        const names = container?.ports.map(({ name }) => name)
        expect(container?.ports).toEqual([{ name: 'http', containerPort: port }])
        const probes = [container?.startupProbe, container?.readinessProbe, container?.livenessProbe]
        for (const probe of probes) expect(names).toContain(probe?.tcpSocket?.port)
        for (const { targetPort } of service.spec.ports) expect(names).toContain(targetPort)

        // Limits are not below requests, and CPU is what was measured, to the thousandth.
        const { requests, limits } = container!.resources
        expect(coresOf(limits.cpu)).toBeCloseTo(rest.effectiveCpus, 3)
        expect(requests.cpu).toBe(limits.cpu)
        expect(bytesOf(requests.memory)).toBeGreaterThanOrEqual(rest.memoryBytes)
        expect(bytesOf(limits.memory)).toBeGreaterThanOrEqual(bytesOf(requests.memory))
      }),
    )
  })

  it('give the pod the time that it needs to drain, and a busy one no reason to be restarted', () => {
    const { deployment } = manifests({})
    const { containers, terminationGracePeriodSeconds } = deployment.spec.template.spec
    const { lifecycle, readinessProbe, livenessProbe } = containers[0]!
    expect(terminationGracePeriodSeconds).toBeGreaterThan(30 + Number(lifecycle.preStop.exec.command[1]))
    const patience = ({ periodSeconds, failureThreshold }: typeof livenessProbe) =>
      periodSeconds * failureThreshold
    expect(patience(livenessProbe)).toBeGreaterThan(patience(readinessProbe))
  })

  it('would not pass the schema with a wrong unit, a port out of range or a misspelt field', () => {
    const { deployment, autoscaler } = manifests({})
    const changed = (change: (container: Record<string, unknown>) => void) => {
      const copy = structuredClone(deployment)
      change(copy.spec.template.spec.containers[0]!)
      return deploymentSchema.safeParse(copy).success
    }
    expect(changed(() => undefined)).toBe(true)
    const limits = (memory: string, cpu: string) =>
      changed((one) => (one.resources = { requests: { memory, cpu }, limits: { memory, cpu } }))
    expect(limits('512Mi', '500m')).toBe(true)
    for (const memory of ['512m', '512MB', '1.5', '-1Mi', '']) expect(limits(memory, '1')).toBe(false)
    for (const cpu of ['500Mi', '0.0001', '0m', '2 cores']) expect(limits('512Mi', cpu)).toBe(false)
    expect(changed((one) => (one.ports = [{ name: 'http', containerPort: 70_000 }]))).toBe(false)
    expect(changed((one) => (one.livenesProbe = one.livenessProbe))).toBe(false)
    expect(changed((one) => (one.livenessProbe = { periodSeconds: 1, failureThreshold: 1 }))).toBe(false)
    expect(autoscalerSchema.safeParse({ ...autoscaler, apiVersion: 'autoscaling/v1' }).success).toBe(false)
  })
})
