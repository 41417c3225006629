import { z } from 'zod'

// The part of the Kubernetes API that the exported manifests use, written down from its reference: names, types, what is required, units
// and bounds. Strict, because the API server drops what it does not know (or refuses it), and a misspelt field is then no field.

/** A name within a cluster (RFC 1123 label). */
const label = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
  .max(63)
/** A name of a port (RFC 6335 service name, at least one letter). */
const portName = z
  .string()
  .regex(/^(?=.*[a-z])[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
  .max(15)
const portNumber = z.int().min(1).max(65_535)
const labels = z.record(z.string().regex(/^[a-zA-Z0-9]([-\w./]*[a-zA-Z0-9])?$/), label)
const metadata = z.strictObject({ name: label, labels: labels.optional() })

/** Cores as a decimal number or in thousandths, at least one thousandth. */
const cpu = z.string().regex(/^(\d+(\.\d{1,3})?|[1-9]\d*m)$/)
/** Bytes with a decimal or binary suffix. `m` would be a thousandth of a byte, and is a mistake. */
const memory = z.string().regex(/^[1-9]\d*(Ki|Mi|Gi|k|M|G)?$/)
const resources = z.strictObject({ cpu, memory })

const exec = z.strictObject({ command: z.array(z.string().min(1)).min(1) })
const seconds = z.int().positive()
const probe = z
  .strictObject({
    tcpSocket: z.strictObject({ port: z.union([portNumber, portName]) }).optional(),
    httpGet: z
      .strictObject({ path: z.string().startsWith('/'), port: z.union([portNumber, portName]) })
      .optional(),
    exec: exec.optional(),
    periodSeconds: seconds,
    timeoutSeconds: seconds.optional(),
    failureThreshold: seconds,
    initialDelaySeconds: z.int().nonnegative().optional(),
  })
  .refine(({ tcpSocket, httpGet, exec: run }) => [tcpSocket, httpGet, run].filter(Boolean).length === 1, {
    message: 'a probe has exactly one handler',
  })

const container = z.strictObject({
  name: label,
  image: z.string().regex(/^[\w.-]+(:\d+)?(\/[\w.-]+)*(:[\w.-]+)?$/),
  command: z.array(z.string()).min(1),
  args: z.array(z.string()).optional(),
  ports: z.array(z.strictObject({ name: portName, containerPort: portNumber })).min(1),
  resources: z.strictObject({ requests: resources, limits: resources }),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  lifecycle: z.strictObject({ preStop: z.strictObject({ exec }) }),
})

/** apps/v1 Deployment. */
export const deploymentSchema = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata,
  spec: z.strictObject({
    replicas: z.int().nonnegative().optional(),
    selector: z.strictObject({ matchLabels: labels }),
    strategy: z.strictObject({
      rollingUpdate: z
        .strictObject({ maxSurge: z.int().nonnegative(), maxUnavailable: z.int().nonnegative() })
        .refine(({ maxSurge, maxUnavailable }) => maxSurge + maxUnavailable > 0, {
          message: 'a rollout that may neither add nor take away never ends',
        }),
    }),
    template: z.strictObject({
      metadata: z.strictObject({ labels }),
      spec: z.strictObject({
        terminationGracePeriodSeconds: seconds,
        containers: z.array(container).min(1),
      }),
    }),
  }),
})

/** v1 Service. */
export const serviceSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.strictObject({
    selector: labels,
    ports: z
      .array(
        z.strictObject({ name: portName, port: portNumber, targetPort: z.union([portNumber, portName]) }),
      )
      .min(1),
  }),
})

/** autoscaling/v2 HorizontalPodAutoscaler by a metric of resources. */
export const autoscalerSchema = z.strictObject({
  apiVersion: z.literal('autoscaling/v2'),
  kind: z.literal('HorizontalPodAutoscaler'),
  metadata,
  spec: z
    .strictObject({
      scaleTargetRef: z.strictObject({
        apiVersion: z.literal('apps/v1'),
        kind: z.literal('Deployment'),
        name: label,
      }),
      minReplicas: seconds,
      maxReplicas: seconds,
      metrics: z
        .array(
          z.strictObject({
            type: z.literal('Resource'),
            resource: z.strictObject({
              name: z.enum(['cpu', 'memory']),
              target: z.strictObject({
                type: z.literal('Utilization'),
                averageUtilization: z.int().min(1).max(100),
              }),
            }),
          }),
        )
        .min(1),
      behavior: z.strictObject({
        scaleDown: z.strictObject({ stabilizationWindowSeconds: z.int().min(0).max(3600) }),
      }),
    })
    .refine(({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas, { message: 'min above max' }),
})

const CPU_UNITS = /^([\d.]+)(m?)$/
const BYTE_UNITS: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
}

/** Cores. */
export function coresOf(quantity: string): number {
  const [, value, milli] = CPU_UNITS.exec(quantity) ?? []
  return Number(value) / (milli === 'm' ? 1000 : 1)
}

export function bytesOf(quantity: string): number {
  const [, value, unit = ''] = /^(\d+)(\w*)$/.exec(quantity) ?? []
  return Number(value) * (BYTE_UNITS[unit] ?? NaN)
}
