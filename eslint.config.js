import { defineConfig } from 'eslint/config'
import { importX } from 'eslint-plugin-import-x'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import tseslint from 'typescript-eslint'

// Imports go one way (docs/architecture.md). Each room lists the rooms it may import; whatever is not
// listed fails lint. `server` could be published alone, so it may import nothing but itself.
const rooms = {
  commands: ['commands', 'cli', 'studies', 'config', 'result', 'report', 'export', 'server/index.ts'],
  cli: ['cli', 'config', 'result', 'report'],
  studies: ['studies', 'advisor', 'experiment', 'load', 'targets', 'profiles', 'report', 'result', 'config'],
  advisor: ['advisor', 'result'],
  experiment: ['experiment', 'result'],
  load: ['load', 'result'],
  targets: ['targets', 'result', 'server/index.ts'],
  profiles: ['profiles', 'result'],
  report: ['report', 'result'],
  export: [
    'export',
    'report/plain.ts',
    'report/format.ts',
    'report/question.ts',
    'report/rule-name.ts',
    'result',
  ],
  result: ['result'],
  config: ['config', 'result'],
  server: ['server'],
}

const zones = Object.entries(rooms).map(([room, allowed]) => ({
  target: `./src/${room}`,
  from: './src',
  except: allowed.map((name) => `./${name}`),
  message: `src/${room} may import only: ${allowed.join(', ')}`,
}))

export default defineConfig(
  { ignores: ['dist', 'node_modules', 'coverage', 'reports', 'test/**/fixtures/**', 'benchmarks/*/apps/**'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'bin/*.js', 'scripts/*.js', 'benchmarks/*/*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  {
    files: ['test/**', 'benchmarks/**', 'scripts/**', '**/*.js'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  // Plain scripts without types: rules that need them have nothing to go by.
  { files: ['benchmarks/**/*.js'], ...tseslint.configs.disableTypeChecked },
)
