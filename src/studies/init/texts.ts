import type { FoundApp } from './find-app.js'

/** tune.config.ts, with what matters first; the rest is in its types. */
export function configText({ app, build }: FoundApp): string {
  const lines = [
    `import { defineConfig } from 'tune-prefork'`,
    '',
    'export default defineConfig({',
    '  // Settings of tune serve; tune ci measures with them too. tune analyze finds the numbers for your machine.',
    `  serve: { workerClass: 'async', workers: 'auto' },`,
    '  // What a change must keep. "warn: ..." reports without failing.',
    '  budgets: [',
    `    'rps vs baseline >= -5%',`,
    `    'cpu.per-request vs baseline <= 5%',`,
    `    'errors.rate < 1%',`,
    '  ],',
    '  ci: {',
    `    app: ${quoted(app)},`,
    `    request: { path: '/' },`,
    ...(build === null ? [] : [`    build: ${quoted(build)},`]),
    '  },',
    '})',
  ]
  return `${lines.join('\n')}\n`
}

/** A workflow for pull requests: measure, keep the report, write one comment and update it. */
export function githubWorkflow({ build }: FoundApp): string {
  return `name: performance
on: pull_request
permissions:
  contents: read
  pull-requests: write
concurrency:
  group: performance-\${{ github.ref }}
  cancel-in-progress: true
jobs:
  tune:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - run: ${yamlText(installOf(build))}
      - run: npx tune ci --out perf
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: performance
          path: perf
      # A pull request from a fork may not comment; the report is in the job's summary all the same.
      - if: always() && hashFiles('perf/comment.md') != '' && github.event.pull_request.head.repo.full_name == github.repository
        env:
          GH_TOKEN: \${{ github.token }}
          COMMENTS: repos/\${{ github.repository }}/issues/\${{ github.event.pull_request.number }}/comments
          COMMENT: repos/\${{ github.repository }}/issues/comments
        run: |
          earlier=$(gh api --paginate "$COMMENTS" --jq '.[] | select(.body | startswith("<!-- tune-report: ci -->")) | .id' | head -n 1)
          if [ -n "$earlier" ]; then
            gh api --method PATCH "$COMMENT/$earlier" --field body=@perf/comment.md --silent
          else
            gh api --method POST "$COMMENTS" --field body=@perf/comment.md --silent
          fi
`
}

/** A job for merge requests. The note needs a token, because a job's own may not write notes. */
export function gitlabJob({ build }: FoundApp): string {
  return `performance:
  stage: test
  image: node:22
  rules:
    - if: $CI_PIPELINE_SOURCE == 'merge_request_event'
  variables:
    # The baseline is a commit of the target branch.
    GIT_DEPTH: 0
  script:
    - ${yamlText(installOf(build))}
    - npx tune ci --out perf
  after_script:
    # With a project access token (scope api) in TUNE_GITLAB_TOKEN the report becomes a note of the merge request.
    - |
      if [ -n "$TUNE_GITLAB_TOKEN" ] && [ -f perf/note.md ]; then
        curl --silent --show-error --fail --output /dev/null --header "PRIVATE-TOKEN: $TUNE_GITLAB_TOKEN" --form "body=<perf/note.md" \\
          "$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
      fi
  artifacts:
    when: always
    paths:
      - perf
    reports:
      junit: perf/junit.xml
      metrics: perf/metrics.txt
`
}

/** The job needs tune itself before the build of both versions begins. */
function installOf(build: string | null): string {
  return build?.split(' && ')[0] ?? 'npm install'
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** A text with nothing that YAML would read otherwise stays bare; JSON is YAML. */
function yamlText(text: string): string {
  return /^[\w][\w ./&=-]*$/.test(text) ? text : JSON.stringify(text)
}
