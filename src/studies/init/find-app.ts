import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { z } from 'zod'
import { usageError } from '../../result/error.js'

const packageSchema = z.object({
  main: z.string().optional(),
  scripts: z.record(z.string(), z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  devDependencies: z.record(z.string(), z.string()).optional(),
})
type PackageFile = z.infer<typeof packageSchema>

/** What `tune init` finds in a folder. */
export interface FoundApp {
  /** Relative to the folder, with forward slashes. */
  app: string
  /** Where it was found, in words. */
  because: string
  /** Shell command that makes a fresh checkout ready, `null` when nothing has to be installed. */
  build: string | null
  /** `tune` is among the packages, so that `npx tune` works in a fresh checkout. */
  hasTune: boolean
}

const SCRIPT = /\.[cm]?[jt]sx?$/
const NAMES = ['server', 'app', 'main', 'index']
const FOLDERS = ['src', '.', 'lib']
const ENDINGS = ['ts', 'mts', 'js', 'mjs', 'cjs']
const INSTALL: [lockFile: string, command: string][] = [
  ['package-lock.json', 'npm ci'],
  ['npm-shrinkwrap.json', 'npm ci'],
  ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile'],
  ['yarn.lock', 'yarn install --frozen-lockfile'],
]

/**
 * The app of a folder: what its package starts or names as main, else the usual names. Of a build's output the source is taken where it
 * is there, because `tune` compiles TypeScript itself.
 *
 * @throws TuneError (usage) when there is none
 */
export function findApp(folder: string): FoundApp {
  const package_ = readPackage(folder)
  const { scripts = {}, main } = package_
  const started = startedFile(scripts.start ?? '')
  const guesses: [path: string | null, because: string][] = [
    [started, 'the start script of package.json'],
    [main ?? null, 'main of package.json'],
  ]
  for (const [path, because] of guesses) {
    const app = path === null ? null : runnable(folder, path)
    if (app !== null) return { app, because, ...surroundings(folder, package_, app) }
  }
  const usual = FOLDERS.flatMap((place) =>
    NAMES.flatMap((name) => ENDINGS.map((ending) => posix.join(place, `${name}.${ending}`))),
  ).find((path) => isFile(join(folder, path)))
  if (usual !== undefined) {
    return { app: usual, because: 'its name', ...surroundings(folder, package_, usual) }
  }
  throw usageError(
    `There is no app in ${folder} that tune init would know`,
    'Name it: tune init src/api.ts',
    'It looks at the start script and main of package.json, then for server, app, main or index in src, here and lib',
  )
}

/** The same for an app that was named. */
export function describeApp(folder: string, app: string): FoundApp {
  return { app, because: 'you named it', ...surroundings(folder, readPackage(folder), app) }
}

function surroundings(
  folder: string,
  package_: PackageFile,
  app: string,
): Pick<FoundApp, 'build' | 'hasTune'> {
  const { scripts = {}, dependencies = {}, devDependencies = {} } = package_
  const install = INSTALL.find(([file]) => existsSync(join(folder, file)))?.[1] ?? null
  // An app that is its own source needs its packages only.
  const needsBuild = scripts.build !== undefined && /^(dist|build|out|lib)\//.test(app)
  const runner = /^\w+/.exec(install ?? 'npm')?.[0] ?? 'npm'
  const steps = [install, needsBuild ? `${runner} run build` : null].filter((step) => step !== null)
  return {
    build: steps.length === 0 ? null : steps.join(' && '),
    hasTune: 'tune-prefork' in { ...dependencies, ...devDependencies },
  }
}

/** `node --enable-source-maps dist/server.js` starts `dist/server.js`. */
function startedFile(command: string): string | null {
  return command.split(/\s+/).find((word) => SCRIPT.test(word) && !word.startsWith('-')) ?? null
}

/** The file itself, or the source that it is built from. */
function runnable(folder: string, path: string): string | null {
  const plain = posix.normalize(path.replaceAll('\\', '/'))
  const source = plain.replace(/^(dist|build|out)\//, 'src/').replace(/\.([cm]?)js$/, '.$1ts')
  for (const candidate of source === plain ? [plain] : [source, plain]) {
    if (SCRIPT.test(candidate) && isFile(join(folder, candidate))) return candidate
  }
  return null
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function readPackage(folder: string): PackageFile {
  const path = join(folder, 'package.json')
  if (!isFile(path)) return {}
  try {
    return packageSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw usageError(
      `package.json cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
      'Repair it first, or name the app',
    )
  }
}
