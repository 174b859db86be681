import { join } from 'node:path'
import { TallyError, asTallyError } from '../kernel/errors.ts'
import type { Deps } from '../kernel/deps.ts'
import { askGit, lookWithGit } from './git.ts'
import { readWorkTree } from './git-work-tree.ts'
import { publicRemote } from './public-remote.ts'

/** What git says about a project. Paths are relative with `/`: `changed` from the top of the repository, `files` from the project. */
export type GitFacts =
  | {
      readonly present: true
      readonly commit: string
      /** Object id of the commit's tree. */
      readonly tree: string
      /** RFC 3339, UTC, of the committer. */
      readonly commitTime: string
      /** Undefined when no branch is checked out. */
      readonly branch?: string
      /** Address of `origin` without user info; undefined when it has none that others could use (a local path). */
      readonly remote?: string
      /** Whether tracked files differ from the commit, or files lie there that are neither tracked nor ignored. */
      readonly dirty: boolean
      /** The files that make it dirty, sorted. */
      readonly changed: readonly string[]
      /** All files of the project that git does not ignore, sorted: tracked or new. */
      readonly files: readonly string[]
    }
  | {
      readonly present: false
      readonly why: 'no git program' | 'no git repository' | 'no commit yet' | 'git does not trust the repository'
    }

type FactDeps = Pick<Deps, 'spawn' | 'env' | 'fs'>

/**
 * Looks at the repository a directory lies in, running no code of the project. Having none is an answer. Throws
 * `source-dirty` for a repository that cannot be read, `timeout` and `limit-exceeded` for one too large.
 */
export async function gitFacts(deps: FactDeps, dir: string): Promise<GitFacts> {
  const place = await findRepository(deps, dir)
  if ('why' in place) return { present: false, why: place.why }
  const { top, prefix } = place
  const head = await lookWithGit(deps, top, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])
  if (!head.ok) return { present: false, why: 'no commit yet' }
  const commit = head.out.trim()
  const { tree, seconds } = parseCommit(await askGit(deps, top, ['cat-file', 'commit', commit]))
  const branch = await lookWithGit(deps, top, ['symbolic-ref', '--short', '--quiet', 'HEAD'])
  const origin = await lookWithGit(deps, top, ['config', '--get', 'remote.origin.url'])
  const remote = origin.ok ? publicRemote(origin.out.trim()) : undefined
  const { changed, files } = await readWorkTree(deps, top)
  return {
    present: true,
    commit,
    tree,
    commitTime: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
    ...(branch.ok ? { branch: branch.out.trim() } : {}),
    ...(remote === undefined ? {} : { remote }),
    dirty: changed.length > 0,
    changed,
    files: files.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length)),
  }
}

type Absent = Extract<GitFacts, { present: false }>

/** The top of the work tree a directory lies in, and the way from there to it. */
async function findRepository(
  deps: FactDeps,
  dir: string,
): Promise<{ readonly top: string; readonly prefix: string } | Pick<Absent, 'why'>> {
  const here = await realpathOf(deps, dir)
  try {
    const answer = await lookWithGit(deps, dir, ['rev-parse', '--show-toplevel', '--show-prefix'])
    if (!answer.ok) return { why: answer.error.includes('dubious ownership') ? 'git does not trust the repository' : 'no git repository' }
    const [top = '', prefix = ''] = answer.out.split('\n')
    // A repository whose configuration puts its work tree elsewhere says nothing about this directory.
    if (top === '' || (await realpathOf(deps, join(top, prefix))) !== here) return { why: 'no git repository' }
    return { top, prefix }
  } catch (error) {
    if (error instanceof TallyError && error.code === 'tool-missing') return { why: 'no git program' }
    throw error
  }
}

async function realpathOf(deps: FactDeps, path: string): Promise<string> {
  try {
    return await deps.fs.realpath(path)
  } catch (error) {
    throw asTallyError(error, path)
  }
}

/** Tree and committer time from a raw commit object; the first line of a kind counts, and headers end at the first empty line. */
function parseCommit(raw: string): { readonly tree: string; readonly seconds: number } {
  const headers = raw.split('\n\n', 1)[0]?.split('\n') ?? []
  const valueOf = (name: string): string => headers.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? ''
  const [seconds] = valueOf('committer').split(' ').slice(-2)
  return { tree: valueOf('tree'), seconds: Number(seconds) }
}
