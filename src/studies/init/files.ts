import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FoundApp } from './find-app.js'
import { configText, githubWorkflow, gitlabJob } from './texts.js'

export type CiSystem = 'github' | 'gitlab' | 'none'

export interface InitFile {
  /** Relative to the folder. */
  path: string
  text: string
}

export interface InitPlan {
  files: InitFile[]
  /** What is left to do by hand. */
  next: string[]
}

const OWN_GITLAB_FILE = '.gitlab/tune.gitlab-ci.yml'

/** What `tune init` writes for an app. */
export function planInit(folder: string, found: FoundApp, system: CiSystem): InitPlan {
  const files: InitFile[] = [{ path: 'tune.config.ts', text: configText(found) }]
  const next = found.hasTune ? [] : ['npm install --save-dev tune-prefork']
  if (system === 'github') files.push({ path: '.github/workflows/tune.yml', text: githubWorkflow(found) })
  if (system === 'gitlab') {
    // A pipeline that is there already is somebody's work: ours goes beside it.
    const isTaken = existsSync(join(folder, '.gitlab-ci.yml'))
    files.push({ path: isTaken ? OWN_GITLAB_FILE : '.gitlab-ci.yml', text: gitlabJob(found) })
    if (isTaken) next.push(`Add to .gitlab-ci.yml: include: { local: ${OWN_GITLAB_FILE} }`)
  }
  next.push(`tune analyze ${found.app}`)
  return { files, next }
}

/** Where the repository seems to live. */
export function detectCi(folder: string): CiSystem {
  if (existsSync(join(folder, '.gitlab-ci.yml')) || existsSync(join(folder, '.gitlab'))) return 'gitlab'
  return 'github'
}
