import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REPOSITORY } from '../support/sample-project.ts'
import { runProgram } from '../support/run-tally.ts'
import { GUARDS, securityReadme } from './guards.ts'
import type { Guard } from './guards.ts'

// Takes every guard of guards.ts out of a copy of the tree, one at a time, and sees its test fail. `--write` writes the README instead.

const COPIED = ['src', 'test', 'data', 'conformance', 'scripts', 'package.json', 'vitest.config.ts', 'tsconfig.json']

async function prove(): Promise<number> {
  const copy = await mkdtemp(join(tmpdir(), 'tally-guards-'))
  try {
    for (const name of COPIED) await cp(join(REPOSITORY, name), join(copy, name), { recursive: true })
    await symlink(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'))
    let bad = 0
    for (const guard of GUARDS) {
      const verdict = await tryWithout(copy, guard)
      if (verdict !== 'guarded') bad += 1
      process.stdout.write(`${verdict.padEnd(10)} ${guard.id}: ${guard.against}\n`)
    }
    return bad === 0 ? 0 : 1
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function tryWithout(copy: string, { id, file, guard, without, test }: Guard): Promise<'guarded' | 'UNGUARDED' | 'no test'> {
  const path = join(copy, file)
  const text = await readFile(path, 'utf8')
  if (!(await passes(copy, test, id))) return 'no test'
  await writeFile(
    path,
    text.replace(guard, () => without),
  )
  const stillPasses = await passes(copy, test, id)
  await writeFile(path, text)
  return stillPasses ? 'UNGUARDED' : 'guarded'
}

async function passes(copy: string, test: string, id: string): Promise<boolean> {
  const words = [join(copy, 'node_modules/vitest/vitest.mjs'), 'run', test, '-t', id.replaceAll(/[#/]/g, '.'), '--no-color']
  const { exitCode, stdout } = await runProgram(process.execPath, words, { cwd: copy, env: { ...process.env } })
  return exitCode === 0 && /Tests\s.*\d+ passed/.test(stdout)
}

if (process.argv.includes('--write')) await writeFile(join(REPOSITORY, 'test/security/README.md'), securityReadme())
else process.exitCode = await prove()
