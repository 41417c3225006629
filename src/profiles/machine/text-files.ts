import { readFileSync, statSync } from 'node:fs'
import type { TextFiles } from './ports.js'

/** The real file system. Every failure reads as "not there": /proc and /sys differ from kernel to kernel. */
export const textFiles: TextFiles = {
  read(path) {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return null
    }
  },
  isDirectory(path) {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  },
}
