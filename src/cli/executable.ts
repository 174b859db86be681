import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Deps } from '../kernel/deps.ts'

/** One path that `node` can start this program with: the compiled program where it was built, else its sources. */
export async function executablePath(deps: Pick<Deps, 'fs'>): Promise<string> {
  const here = dirname(fileURLToPath(import.meta.url))
  if (!here.includes('/src/')) return process.argv[1] ?? fileURLToPath(import.meta.url)
  const root = join(here, '..', '..')
  const compiled = join(root, 'dist', 'package', 'dist', 'tally.js')
  for (const candidate of [join(root, 'dist', 'tally.js'), compiled]) {
    if ((await deps.fs.stat(candidate).catch(() => undefined))?.isFile() === true) return candidate
  }
  return join(here, 'main.ts')
}
