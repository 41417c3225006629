export { calibrate } from './calibration.js'
export { WORKLOADS, workloadByName, workloadByPath } from './catalogue.js'
