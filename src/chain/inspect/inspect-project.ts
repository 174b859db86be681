import { join } from 'node:path'
import { gitFacts } from '../../build/git-facts.ts'
import type { GitFacts } from '../../build/git-facts.ts'
import type { Deps } from '../../kernel/deps.ts'
import { detectProject } from '../detect-project.ts'
import type { DetectedProject } from '../detect-project.ts'

/** What a first look says about a folder of sources. */
export type ProjectInspection = {
  readonly dir: string
  readonly git: GitFacts
  /** Ways to build it that its files tell. */
  readonly builds: readonly DetectedProject[]
  readonly hasTallyYaml: boolean
}

/** Looks at a folder of sources: its commit, how it is built, whether tally knows it. Runs nothing of it, writes nothing. */
export async function inspectProject(deps: Pick<Deps, 'fs' | 'spawn' | 'env'>, dir: string): Promise<ProjectInspection> {
  const hasTallyYaml = (await deps.fs.stat(join(dir, 'tally.yaml')).catch(() => undefined))?.isFile() === true
  return { dir, git: await gitFacts(deps, dir), builds: await detectProject(deps, dir), hasTallyYaml }
}
