import { capacityOf, loopsOf } from '../result/configuration.js'
import { provenance, type Answer } from './answer.js'
import { GRACEFUL_SECONDS, startAssumptions, startCommand, startVariables } from './start-command.js'
import { memoryLimits } from './memory-limits.js'
import { comment, cpuQuantity, literal, mib } from './text.js'

/** Endpoints are taken out of the load balancers in parallel with the TERM, so the pod goes on serving for a moment. */
const PRE_STOP_SECONDS = 5
/** Share of what a pod can do at which another one is added. */
const SCALE_AT = 0.7
/** Below this the noise of an idle pod would start others. */
const LEAST_UTILIZATION = 10
const USUAL_UTILIZATION = 70
/** Share of its time that an event loop, or a Python process, computes, from which on it is what runs out, and not its slots. */
const LANE_COMPUTES = 0.6

/** Deployment, Service and HorizontalPodAutoscaler. */
export function kubernetesManifests(answer: Answer, port: number): string {
  const { effectiveCpus } = answer
  const { softBytes, hardBytes } = memoryLimits(answer)
  const variables = startVariables(answer, (name, value) => `{ name: ${name}, value: ${literal(value)} }`)
  const assumptions = [
    ...startAssumptions(answer),
    'the image is built from the Dockerfile of tune export --to docker; put its name in place of registry.example/app:1.',
    'apply with kubectl apply -f, go back with kubectl rollout undo deployment/app.',
  ]
  const cpu = cpuQuantity(effectiveCpus)
  return `${comment(provenance(answer, ...assumptions), '#')}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels: { app: app }
spec:
  # No replicas here: the autoscaler below owns the number.
  selector:
    matchLabels: { app: app }
  strategy:
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
  template:
    metadata:
      labels: { app: app }
    spec:
      # preStop, the graceful timeout and a reserve.
      terminationGracePeriodSeconds: ${PRE_STOP_SECONDS + GRACEFUL_SECONDS + 5}
      containers:
        - name: app
          image: registry.example/app:1
          command: [${startCommand(answer, port).map(literal).join(', ')}]
${variables.length === 0 ? '' : `          env: [${variables.join(', ')}]\n`}          ports:
            - { name: http, containerPort: ${port} }
          resources:
            # Requests equal to the limit of CPU: the pod gets the CPUs that were measured, and no neighbour's.
            requests: { cpu: ${literal(cpu)}, memory: ${mib(softBytes)}Mi }
            # The kernel kills what needs more memory, so this is above what was seen${answer.recycle === null ? ': twice as much' : ' and what a leak keeps until workers are replaced'}${answer.mostBytes === null ? '' : ', and no more than was asked for'}.
            limits: { cpu: ${literal(cpu)}, memory: ${mib(hardBytes)}Mi }
          # Connecting is all that can be asked of any app; an httpGet of a cheap path tells more.
          startupProbe:
            tcpSocket: { port: http }
            periodSeconds: 1
            failureThreshold: 60
          readinessProbe:
            tcpSocket: { port: http }
            periodSeconds: 5
            failureThreshold: 2
          # Slow to act: a pod that is merely busy must not be restarted.
          livenessProbe:
            tcpSocket: { port: http }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          lifecycle:
            preStop:
              exec: { command: ["sleep", "${PRE_STOP_SECONDS}"] }
---
apiVersion: v1
kind: Service
metadata:
  name: app
spec:
  selector: { app: app }
  ports:
    - { name: http, port: 80, targetPort: http }
---
${autoscaler(answer)}`
}

function autoscaler(answer: Answer): string {
  const { utilization, why } = scaleTarget(answer)
  return `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: app }
  # Two, so that one node may go.
  minReplicas: 2
  maxReplicas: 10
  metrics:
${comment(why, '#', '    ')}
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: ${utilization} }
  behavior:
    # Up at once, down slowly: a new pod costs less than a queue.
    scaleDown: { stabilizationWindowSeconds: 300 }
`
}

/** The CPU that a pod uses at 70 % of the rate it was measured to carry; a waiting app is full long before its CPU is. */
function scaleTarget(answer: Answer): { utilization: number; why: string[] } {
  const { throughputRps, cpuMsPerRequest, effectiveCpus, configuration, workloadClass, server } = answer
  if (throughputRps === null || cpuMsPerRequest === null || cpuMsPerRequest === 0) {
    return {
      utilization: USUAL_UTILIZATION,
      why: ['Rule of thumb: the result does not tell the CPU per request.'],
    }
  }
  const fullLoad = Math.min(1, (throughputRps * cpuMsPerRequest) / 1000 / effectiveCpus)
  const utilization = Math.max(1, Math.round(SCALE_AT * fullLoad * 100))
  if (utilization < LEAST_UTILIZATION) {
    return {
      utilization: USUAL_UTILIZATION,
      why: [
        `Rule of thumb: a pod was full at ${Math.round(fullLoad * 100)} % of its CPU, which tells nothing of its load. Requests under way, where a metric of them exists, is the better signal.`,
      ],
    }
  }
  const full = `A pod was full at ${Math.round(fullLoad * 100)} % of its CPU; ${utilization} % is where it carries ${SCALE_AT * 100} % of that.`
  if (fullLoad > 0.5) return { utilization, why: [full] }
  if (workloadClass === 'offloop-cpu') {
    return {
      utilization,
      why: [full, 'What runs out are the threads that compute outside of the event loop.'],
    }
  }
  // Threads of a Python process compute one at a time.
  const [lanes, lane] =
    server === 'gunicorn' ? [configuration.workers, 'worker'] : [loopsOf(configuration), 'event loop']
  if ((fullLoad * effectiveCpus) / lanes > LANE_COMPUTES) {
    const busy = lanes === 1 ? `its one ${lane} computes` : `its ${lanes} ${lane}s compute`
    return {
      utilization,
      why: [full, `What runs out is CPU all the same: ${busy}, and the rest of the CPUs has nothing to do.`],
    }
  }
  const atOnce = capacityOf(configuration)
  const slots = atOnce === 1 ? 'the one request' : `the ${atOnce} requests`
  return {
    utilization,
    why: [
      full,
      `What runs out is ${slots} that a pod takes at once, not CPU: requests under way, where a metric of them exists, is the better signal.`,
    ],
  }
}
