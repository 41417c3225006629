import { chownSync } from 'node:fs'
import { dirname } from 'node:path'
import { inBuildDirectory } from './app/build-directory.js'
import { compileApp, type CompiledApp } from './app/index.js'
import { fromFailure, toFailure, SERVER_EXIT } from './errors.js'
import { ownerOf, type Identity } from './identity.js'

/** One (re)load of the app. */
export interface Generation {
  readonly number: number
  readonly app: CompiledApp
}

/** The loads of the app that workers serve: usually one, two while a reload is under way. */
export class Generations {
  readonly #spec: string
  readonly #cwd: string
  #identity: Identity | null = null
  readonly #kept: Generation[] = []
  /** Never reused: a given-up load must not be taken for the one after it. */
  #lastNumber = 0

  constructor(spec: string, cwd: string) {
    this.#spec = spec
    this.#cwd = cwd
  }

  /** Workers of another user must be able to read what is compiled for them; the directory is private. */
  readableFor(identity: Identity | null): void {
    this.#identity = identity
  }

  /** What new workers serve. */
  get current(): Generation {
    const latest = this.#kept.at(-1)
    if (latest === undefined) throw new Error('no app was compiled yet')
    return latest
  }

  /** @throws {ServerError} when the app cannot be compiled; the current generation then stays. */
  async add(): Promise<void> {
    try {
      const app = await compileApp(this.#spec, this.#cwd)
      if (this.#identity !== null && inBuildDirectory(app.entryPath))
        chownSync(dirname(app.entryPath), ...ownerOf(this.#identity))
      this.#kept.push({ number: ++this.#lastNumber, app })
    } catch (error) {
      throw fromFailure(toFailure(error, { code: 'TUNE_E_APP_LOAD', exit: SERVER_EXIT.appLoad }))
    }
  }

  /** Goes back to the generation before. */
  giveUp(): void {
    this.#kept.pop()?.app.dispose()
  }

  /** Forgets those that neither a worker serves nor will serve. */
  keepOnly(used: Set<number>): void {
    for (const generation of this.#kept.slice(0, -1)) {
      if (used.has(generation.number)) continue
      generation.app.dispose()
      this.#kept.splice(this.#kept.indexOf(generation), 1)
    }
  }

  dispose(): void {
    for (const { app } of this.#kept) app.dispose()
  }
}
