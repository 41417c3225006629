export { calibrate } from './calibration.js'
export { WORKLOADS, workloadByName } from './catalogue.js'
