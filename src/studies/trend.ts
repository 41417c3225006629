import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { trendSeries, type TrendSeries } from '../report/trend/series.js'
import { readReport } from '../result/comparison-file.js'
import { EXIT, TuneError, usageError } from '../result/error.js'
import { errorCode } from '../result/files.js'

export interface Trend {
  series: TrendSeries[]
  /** Reports that this version cannot read, each with the reason. */
  left: string[]
}

const MOST_NAMED = 5

/**
 * Follows the figures of all reports in a folder: folders with a result.json or comparison.json, or such files themselves. What is no
 * report is passed over; one that cannot be read is named.
 */
export async function readTrend(folder: string): Promise<Trend> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const why = errorCode(error) === 'ENOENT' ? 'does not exist' : 'cannot be read as a folder'
    throw usageError(`${folder} ${why}`, 'Name the folder that holds report folders, e.g. reports')
  })
  const reports: Awaited<ReturnType<typeof readReport>>[] = []
  const left: string[] = []
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = entry
    try {
      reports.push(await readReport(join(folder, name)))
    } catch (error) {
      if (!(error instanceof TuneError)) throw error
      // A page or a note among the reports is no report; one that was torn is worth a word.
      const isOther = entry.isFile() && !name.endsWith('.json')
      if (error.code === 'TUNE_E_RESULT_NOT_FOUND' || isOther) continue
      left.push(error.message)
    }
  }
  const series = trendSeries(reports)
  if (series.length === 0) {
    throw new TuneError(`${folder} holds no report with an answer`, {
      code: 'TUNE_E_RESULT_NOT_FOUND',
      exit: EXIT.usage,
      suggestions: [
        ...left.slice(0, MOST_NAMED),
        'Every run of tune analyze, bench, compare --app-a and ci leaves one in reports',
      ],
    })
  }
  return { series, left }
}
