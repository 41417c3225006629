import { SCHEMA_VERSION, type AnalyzeDocument, type BenchDocument } from '../result/document.js'
import type { RequestSpec } from '../result/request.js'
import type { StudyTools } from './tools.js'

type Head = Omit<
  Pick<AnalyzeDocument, keyof AnalyzeDocument & keyof BenchDocument>,
  'command' | 'app' | 'plan' | 'trials'
>

/** What every result document begins with, before anything is measured. */
export function documentHead(
  { name, request, seed }: { name: string; request: RequestSpec; seed: number },
  { toolVersion, machine, generatorCpus, clock }: StudyTools,
): Head {
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'tune-prefork', version: toolVersion },
    name,
    startedAt: clock.wallClock().toISOString(),
    durationSeconds: 0,
    status: 'complete',
    seed,
    machine,
    ...(generatorCpus === undefined ? {} : { generatorCpus }),
    request,
    warnings: [...machine.warnings],
  }
}
