import type { GitDeps } from '../build/git.ts'
import { readGitObject } from '../build/git-object.ts'
import { fail } from '../kernel/errors.ts'
import type { GitObject } from '../trust/git/signed-object.ts'
import { verifyGitObject } from '../trust/git/verify-object.ts'
import type { GitRefused, GitTrust, GitVerified } from '../trust/git/verify-object.ts'

export type GitVerdict = { readonly object: Pick<GitObject, 'type' | 'id'>; readonly result: GitVerified | GitRefused }

/**
 * Verifies the commit or tag a name means (`HEAD`, a tag, an id), from the bytes git stores. An annotated tag is judged by itself: what it
 * names is in the result. Throws `not-found`, and `usage` for what is neither commit nor tag.
 */
export async function verifyGit(deps: GitDeps, dir: string, name: string, trust: GitTrust): Promise<GitVerdict> {
  const { type, id, bytes } = await readGitObject(deps, dir, name)
  if (type !== 'commit' && type !== 'tag') {
    throw fail('usage', `is a ${type}, and only commits and tags are signed`, {
      where: `git:${name}`,
      hint: 'name a commit, a branch or a tag',
    })
  }
  return { object: { type, id }, result: await verifyGitObject({ type, id, bytes }, trust) }
}
