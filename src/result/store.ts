import { rm, rmdir, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { resultDocumentSchema, type ResultDocument } from './document.js'
import { unwritable, writeAtomic } from './files.js'
import {
  claimReportFolder,
  reopenReportFolder,
  RESULT_FILE,
  TRIALS_FILE,
  type ReportFolder,
  type ReportPlace,
} from './report-folder.js'
import { lockRun, unlockRun } from './run-lock.js'
import { writePlan, type RunPlan } from './run-plan.js'
import { trialSchema, type Trial } from './trial.js'

/** The folder of one run. Every trial is on the disk before the next one starts, so a crash loses none of them. */
export class ResultStore {
  /** Name of the run, which is that of its folder. */
  readonly name: string
  /** As given or made, relative to the working directory when that was. */
  readonly folder: string
  /** Trials of an earlier process, when the run was resumed. */
  readonly recorded: readonly Trial[]
  readonly #trials: FileHandle
  #appended = 0
  /** Something was written that a reader may want, or that a later process goes on with. */
  #isWorthKeeping: boolean

  /** The folder itself was made for this run. */
  readonly #isOwn: boolean

  private constructor({ name, path, trials, isOwn }: ReportFolder, recorded: readonly Trial[] | null) {
    this.name = name
    this.folder = path
    this.recorded = recorded ?? []
    this.#trials = trials
    // What an earlier process has left may be gone on with.
    this.#isWorthKeeping = recorded !== null
    this.#isOwn = isOwn
  }

  /** Makes the folder, or says with exit code 2 why it cannot. */
  static async create(place: ReportPlace): Promise<ResultStore> {
    const folder = await claimReportFolder(place)
    return new ResultStore(folder, null)
  }

  /** Opens the folder of a run that was cut, to append what is missing. Refuses a complete one, and one in use. */
  static async resume(path: string): Promise<ResultStore> {
    await lockRun(path)
    const folder = await reopenReportFolder(path)
    return new ResultStore({ ...folder, isOwn: false }, folder.recorded)
  }

  /** Trials that `--resume` would find. */
  get trialsOnDisk(): number {
    return this.recorded.length + this.#appended
  }

  /** Saves what it takes to go on with this run after a kill, and keeps others from doing so while it is alive. */
  async makeResumable(plan: Omit<RunPlan, 'planVersion'>): Promise<void> {
    this.#isWorthKeeping = true
    await lockRun(this.folder)
    await writePlan(this.folder, plan)
  }

  /** Appends one line to trials.jsonl and waits until it is on the disk. */
  async appendTrial(trial: Trial): Promise<void> {
    // JSON has no NaN: a figure that would come back as null is found here and not by the reader.
    const line = `${JSON.stringify(trialSchema.parse(trial))}\n`
    try {
      await this.#trials.appendFile(line)
      await this.#trials.datasync()
      this.#appended++
      this.#isWorthKeeping = true
    } catch (error) {
      throw unwritable(join(this.folder, TRIALS_FILE), error)
    }
  }

  /** result.json, checked against its schema; its keys are always in the order of the schema. */
  async writeDocument(document: ResultDocument): Promise<void> {
    await this.writeFile(RESULT_FILE, `${JSON.stringify(resultDocumentSchema.parse(document), null, 2)}\n`)
  }

  /** One more file of the report, such as report.md: whole or not at all. */
  async writeFile(name: string, text: string): Promise<void> {
    if (basename(name) !== name) throw new Error(`${name} is not a plain file name`)
    this.#isWorthKeeping = true
    await writeAtomic(join(this.folder, name), text)
  }

  /** No more trials will come. Of a run that was refused before its first one, nothing is left. */
  async close(): Promise<void> {
    await this.#trials.close()
    await unlockRun(this.folder)
    if (this.#isWorthKeeping) return
    await rm(join(this.folder, TRIALS_FILE), { force: true })
    // Somebody may have put something into it.
    if (this.#isOwn) await rmdir(this.folder).catch(() => undefined)
  }
}
