export { calibrate } from './calibration.js'
export { WORKLOADS, workloadByName, type WorkloadName, type WorkloadProfile } from './catalogue.js'
