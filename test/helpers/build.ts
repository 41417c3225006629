import { execFileSync } from 'node:child_process'

/** Processes under test load `dist`, so the build must match the source before any test starts. */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
}
