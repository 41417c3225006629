export { createSpeedometer } from './speedometer.js'
