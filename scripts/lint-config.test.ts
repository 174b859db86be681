import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FLOORS, roomsOutOfReach } from './floors.ts'
import { GENERATED } from './generate.ts'

const ROOT = join(import.meta.dirname, '..')

describe('the floors', () => {
  test('every folder of src stands on a floor', async () => {
    const rooms = (await readdir(join(ROOT, 'src'), { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name)
    expect(rooms.filter((room) => !FLOORS.flat().includes(room))).toEqual([])
  })

  test('a room reaches what is below it, and neither its neighbours nor what is above', () => {
    expect(roomsOutOfReach('trust')).toEqual(['build', 'guard', 'policy', 'inventory', 'gate', 'assurance', 'server', 'chain', 'cli'])
    expect(roomsOutOfReach('kernel')).toHaveLength(FLOORS.flat().length - 1)
    expect(roomsOutOfReach('cli')).toEqual([])
    expect(() => roomsOutOfReach('attic')).toThrow('src/attic stands on no floor')
  })
})

describe('the linter, run on a small house', () => {
  let house: string
  beforeEach(async () => {
    house = await mkdtemp(join(tmpdir(), 'tally-lint-'))
    await put('.oxlintrc.json', GENERATED['.oxlintrc.json']?.() ?? '')
    await put('tsconfig.json', '{ "compilerOptions": { "module": "nodenext", "allowImportingTsExtensions": true, "noEmit": true } }')
    await put('src/kernel/a.ts', 'export const a = 1\n')
  })
  afterEach(async () => await rm(house, { recursive: true, force: true }))

  async function put(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(house, file)), { recursive: true })
    await writeFile(join(house, file), text)
  }

  /** The rules that were broken, `rule: file`, sorted. */
  async function lint(): Promise<readonly string[]> {
    const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint')
    const stdout = await new Promise<string>((resolve) => {
      execFile(process.execPath, [oxlint, '--format', 'json', '.'], { cwd: house }, (_error, output) => resolve(output))
    })
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] }
    return diagnostics.map(({ code, filename }) => `${code}: ${filename}`).toSorted()
  }

  test('imports downstairs are fine', async () => {
    await put('src/artifact/b.ts', "export { a as b } from '../kernel/a.ts'\n")
    await put('src/artifact/b.test.ts', "import { a } from '../../test/support/a.ts'\n\nexport const t = a\n")
    await put('test/support/a.ts', 'export const a = 1\n')
    await put('src/trust/deep/c.ts', "import { b } from '../../artifact/b.ts'\n\nexport const c = b + 1\n")
    expect(await lint()).toEqual([])
  })

  test.each([
    ['upstairs', 'src/trust/up.ts', "export { a as p } from '../policy/a.ts'\n"],
    ['upstairs, from a folder of a room', 'src/trust/deep/up.ts', "export { a as p } from '../../policy/a.ts'\n"],
    ['to a room beside', 'src/store/up.ts', "export { a as p } from '../artifact/a.ts'\n"],
    ['upstairs, only for a type', 'src/kernel/up.ts', "import type { A } from '../store/a.ts'\n\nexport type B = A | undefined\n"],
    ['upstairs, from a test', 'src/trust/up.test.ts', "export { a as p } from '../policy/a.ts'\n"],
    ['out of the house', 'src/cli/up.ts', "export { a as p } from '../../scripts/a.ts'\n"],
    ['from the page into the program', 'web/src/up.ts', "export { a as p } from '../../src/kernel/a.ts'\n"],
  ])('an import %s is reported', async (_what, file, text) => {
    await put('src/policy/a.ts', 'export const a = 1\n')
    await put('src/artifact/a.ts', 'export const a = 1\n')
    await put('src/store/a.ts', 'export const a = 1\n\nexport type A = number\n')
    await put('scripts/a.ts', 'export const a = 1\n')
    await put(file, text)
    expect(await lint()).toEqual([`eslint(no-restricted-imports): ${file}`])
  })

  test('a circle of imports is reported', async () => {
    await put('src/kernel/b.ts', "import { c } from './c.ts'\n\nexport const b = () => c\n")
    await put('src/kernel/c.ts', "import { b } from './b.ts'\n\nexport const c = () => b\n")
    expect(await lint()).toEqual(['import(no-cycle): src/kernel/b.ts', 'import(no-cycle): src/kernel/c.ts'])
  })

  test('a promise nobody waits for, an any, a default export and an empty catch are reported', async () => {
    await put('src/kernel/late.ts', 'export const late = async (): Promise<void> => {}\n\nlate()\n')
    await put('src/kernel/loose.ts', 'export const loose = (value: any): unknown => value\n')
    await put('src/kernel/main.ts', 'export default 1\n')
    await put('src/kernel/quiet.ts', 'export function quiet(): void {\n  try {\n    JSON.parse("")\n  } catch {}\n}\n')
    expect(await lint()).toEqual([
      'eslint(no-empty): src/kernel/quiet.ts',
      'import(no-default-export): src/kernel/main.ts',
      'typescript(no-explicit-any): src/kernel/loose.ts',
      'typescript(no-floating-promises): src/kernel/late.ts',
    ])
  })
})
