import { access, appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TuneError } from '../../../src/result/error.js'
import { writeInFolder } from '../../../src/result/files.js'
import { readDocument, readResult, readTrials } from '../../../src/result/read.js'
import { reportName } from '../../../src/result/report-folder.js'
import { ResultStore } from '../../../src/result/store.js'
import { async, benchDocument, ioDocument, sync, trial } from '../../helpers/documents.js'

const startedAt = new Date('2026-11-20T09:30:07.123Z')
let root: string
const open: ResultStore[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tune-store-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()))
  await rm(root, { recursive: true, force: true })
})

async function create(place: { out?: string; subject?: string } = {}): Promise<ResultStore> {
  const store = await ResultStore.create({ subject: 'examples/api.ts', startedAt, root, ...place })
  open.push(store)
  return store
}

describe('the folder', () => {
  it.each([
    ['examples/api.ts', 'api-20261120-093007'],
    ['examples/api.ts:handler', 'api-20261120-093007'],
    ['./My App.mjs', 'my-app-20261120-093007'],
    ['bench', 'bench-20261120-093007'],
    ['../../..', 'app-20261120-093007'],
    ['', 'app-20261120-093007'],
    ['http://127.0.0.1:8000/a.b', '127-0-0-1-8000-20261120-093007'],
    ['C:\\apps\\api.js', 'api-20261120-093007'],
    [`${'x'.repeat(300)}.js`, `${'x'.repeat(40)}-20261120-093007`],
  ])('of %j is %s', (subject, name) => {
    expect(reportName(subject, startedAt)).toBe(name)
  })

  it('is gone where the run was refused before anything was written, but for what was there before', async () => {
    const place = { subject: 'examples/api.ts', startedAt, root }
    const store = await ResultStore.create(place)
    await store.close()
    await expect(access(store.folder)).rejects.toThrow(/ENOENT/)
    const out = join(root, 'mine')
    await mkdir(out)
    await writeFile(join(out, 'note.txt'), 'mine')
    const given = await ResultStore.create({ ...place, out })
    await given.close()
    expect(await readdir(out)).toEqual(['note.txt'])
    await rm(join(out, 'note.txt'))
    await (await ResultStore.create({ ...place, out })).close()
    expect(await readdir(out)).toEqual([])
  })

  it('stays where anything was written', async () => {
    const place = { subject: 'examples/api.ts', startedAt, root }
    const [trials, files] = [await ResultStore.create(place), await ResultStore.create(place)]
    await trials.appendTrial(trial(0, sync(2)))
    await files.writeFile('report.md', '# report')
    for (const store of [trials, files]) {
      await store.close()
      await access(store.folder)
    }
  })

  it('is never shared: runs that start in the same second get numbers', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => create()))
    const names = stores.map(({ name }) => name)
    expect(new Set(names).size).toBe(8)
    expect(names.toSorted()[0]).toBe('api-20261120-093007')
    expect((await readdir(root)).toSorted()).toEqual(names.toSorted())
  })

  it('is the one of --out, made with its parents', async () => {
    const out = join(root, 'a/b')
    const store = await create({ out })
    expect(store).toMatchObject({ folder: out, name: 'b' })
    expect(await readdir(out)).toEqual(['trials.jsonl'])
  })

  it.each(['result.json', 'trials.jsonl'])('of --out is refused when it holds a %s', async (file) => {
    await writeFile(join(root, file), 'precious')
    const error = await failure(create({ out: root }))
    expect(error).toMatchObject({ code: 'TUNE_E_REPORT_EXISTS', exit: 2 })
    expect(error.suggestions[0]).toContain('--out')
    expect(await readFile(join(root, file), 'utf8')).toBe('precious')
  })

  it('of --out goes to one of two runs', async () => {
    const out = join(root, 'same')
    const results = await Promise.allSettled([create({ out }), create({ out })])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  it('that cannot be made is an error with advice', async () => {
    const file = join(root, 'file')
    await writeFile(file, '')
    for (const place of [
      { out: file },
      { out: join(file, 'below') },
      { root: file },
      { root: join(file, 'x') },
    ]) {
      const error = await failure(ResultStore.create({ subject: 'app', startedAt, root, ...place }))
      expect(error).toMatchObject({ code: 'TUNE_E_REPORT_FOLDER', exit: 2 })
      expect(error.message).toMatch(/^cannot write .*file.*: (there is a file|a part of the path is a file)/)
      expect(error.suggestions).not.toHaveLength(0)
    }
  })

  it('below a file system that takes no folders is refused, and soon', async () => {
    for (const out of ['/proc/tune', '/proc/tune/below']) {
      const error = await failure(create({ out }))
      expect(error).toMatchObject({ code: 'TUNE_E_REPORT_FOLDER', exit: 2 })
      expect(error.message).toBe(`cannot write ${out}: its folder does not exist and cannot be made`)
    }
    await expect(failure(writeInFolder('/proc/tune', 'a.txt', ''))).resolves.toMatchObject({ exit: 2 })
  })

  it('is made with all that is above it, by two runs at once', async () => {
    const above = join(root, 'a', 'b')
    await Promise.all([create({ out: join(above, 'one') }), create({ out: join(above, 'two') })])
    expect((await readdir(above)).toSorted()).toEqual(['one', 'two'])
  })

  it.each(['', ' '])('%j is no name for one', async (out) => {
    await expect(failure(create({ out }))).resolves.toMatchObject({
      message: '--out needs the name of a folder',
      exit: 2,
    })
  })
})

describe('trials', () => {
  it('come back as they were appended, one a line', async () => {
    const store = await create()
    const trials = [trial(0, sync(2)), trial(1, async(5))]
    for (const [index, one] of trials.entries()) {
      await store.appendTrial(one)
      expect(await readTrials(join(store.folder, 'trials.jsonl'))).toHaveLength(index + 1)
    }
    expect(await readTrials(join(store.folder, 'trials.jsonl'))).toEqual(trials)
    expect((await readFile(join(store.folder, 'trials.jsonl'), 'utf8')).match(/\n/g)).toHaveLength(2)
  })

  it('survive a torn last line, wherever it was torn', async () => {
    const path = join(root, 'trials.jsonl')
    const lines = [trial(0, sync(2)), trial(1, async(5))].map((one) => `${JSON.stringify(one)}\n`)
    const text = lines.join('')
    const first = lines[0]!.length
    for (const length of [
      0,
      1,
      first - 1,
      first,
      first + 1,
      first + 200,
      text.length - 2,
      text.length - 1,
      text.length,
    ]) {
      await writeFile(path, text.slice(0, length))
      // A line without its line feed was not finished: a resumed run makes that trial again.
      const expected = length >= text.length ? 2 : length >= first ? 1 : 0
      expect(await readTrials(path), `${length} bytes`).toHaveLength(expected)
    }
    await writeFile(path, lines[0]!)
    await appendFile(path, Buffer.alloc(4096))
    expect(await readTrials(path)).toHaveLength(1)
  })

  it('with a broken line in the middle are refused, with its number', async () => {
    const path = join(root, 'trials.jsonl')
    const line = JSON.stringify(trial(0, sync(2)))
    for (const broken of ['{"id":', '{"id":1}', 'null']) {
      await writeFile(path, `${line}\n${broken}\n${line}\n`)
      const error = await failure(readTrials(path))
      expect(error).toMatchObject({ code: 'TUNE_E_TRIALS_INVALID', exit: 2 })
      expect(error.message).toContain('line 2')
    }
  })

  it('that JSON cannot hold are not written', async () => {
    const store = await create()
    await expect(store.appendTrial({ ...trial(0, sync(2)), throughputRps: NaN })).rejects.toThrow()
    expect(await readTrials(join(store.folder, 'trials.jsonl'))).toEqual([])
  })
})

describe('the document', () => {
  it.each([ioDocument(), benchDocument()])('$command comes back equal', async (document) => {
    const store = await create()
    await store.writeDocument(document)
    await store.writeFile('report.md', '# report\n')
    expect(await readDocument(join(store.folder, 'result.json'))).toEqual(document)
    // No temporary file is left behind.
    expect((await readdir(store.folder)).toSorted()).toEqual(['report.md', 'result.json', 'trials.jsonl'])
  })

  it('is the same text whatever the order of its keys', async () => {
    const store = await create()
    const document = ioDocument()
    await store.writeDocument(document)
    const text = await readFile(join(store.folder, 'result.json'), 'utf8')
    await store.writeDocument(Object.fromEntries(Object.entries(document).reverse()) as typeof document)
    expect(await readFile(join(store.folder, 'result.json'), 'utf8')).toBe(text)
  })

  it('that does not match is not written over a good one', async () => {
    const store = await create()
    await store.writeDocument(ioDocument())
    await expect(store.writeDocument({ ...ioDocument(), durationSeconds: -1 })).rejects.toThrow()
    expect(await readDocument(join(store.folder, 'result.json'))).toEqual(ioDocument())
  })

  it('leaves no temporary file when it cannot be put in place', async () => {
    const store = await create()
    await mkdir(join(store.folder, 'report.md'))
    expect(await failure(store.writeFile('report.md', 'x'))).toMatchObject({ code: 'TUNE_E_REPORT_FOLDER' })
    expect((await readdir(store.folder)).toSorted()).toEqual(['report.md', 'trials.jsonl'])
    await expect(store.writeFile('../escape.md', 'x')).rejects.toThrow('not a plain file name')
  })

  it.each([
    ['trials.jsonl', /ended before it could write one.*--resume/],
    ['run-1/result.json', /tune report --trend/],
    ['notes.txt', /Give the path of a result\.json/],
  ])('says what a folder is that has %s and no result', async (file, advice) => {
    const path = join(root, 'other')
    await mkdir(dirname(join(path, file)), { recursive: true })
    await writeFile(join(path, file), '')
    expect(await failure(readResult(path))).toMatchObject({
      code: 'TUNE_E_RESULT_NOT_FOUND',
      message: `${path} holds no result.json`,
      suggestions: [expect.stringMatching(advice)],
    })
  })

  it.each([
    [null, 'TUNE_E_RESULT_NOT_FOUND', 'does not exist'],
    ['{"schemaVersion": 1', 'TUNE_E_RESULT_NOT_JSON', 'not JSON'],
    ['[]', 'TUNE_E_RESULT_INVALID', 'no schemaVersion'],
    ['{"schemaVersion": 99}', 'TUNE_E_RESULT_VERSION', 'schemaVersion is 99'],
    ['{"schemaVersion": "1"}', 'TUNE_E_RESULT_VERSION', 'schemaVersion is "1"'],
    [
      '{"schemaVersion": 1, "command": "analyze"}',
      'TUNE_E_RESULT_INVALID',
      'does not match the schema: tool',
    ],
    [
      '{"schemaVersion": 1, "command": "paint"}',
      'TUNE_E_RESULT_INVALID',
      'does not match the schema: command',
    ],
  ])('reading %j fails with %s', async (text, code, message) => {
    const path = join(root, 'result.json')
    if (text !== null) await writeFile(path, text)
    const error = await failure(readDocument(path))
    expect(error).toMatchObject({ code, exit: 2 })
    expect(error.message).toContain(message)
    expect(error.suggestions).not.toHaveLength(0)
  })
})

async function failure(promise: Promise<unknown>): Promise<TuneError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ name: 'TuneError' })
  return error as TuneError
}
