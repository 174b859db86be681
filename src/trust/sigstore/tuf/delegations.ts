import { createHash } from 'node:crypto'
import { fail } from '../../../kernel/errors.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import type { Signers, TufDelegations, TufTarget, TufTargets } from './metadata.ts'

/** Reads and verifies the metadata of a delegated role, by the keys of the role that delegates to it. */
export type ReadRole = (role: string, by: Signers) => Promise<TufTargets>

/** A role that may say something about a path. */
type Delegated = { readonly name: string; readonly terminating: boolean; readonly by: Signers }

/**
 * What the targets of a repository promise about one of them: the role at the top, then those it delegates to, each before those beside it
 * (TUF specification 1.0.33, 5.6.7). A role is asked once, however many delegate to it, and a terminating one is the last. Undefined when
 * none knows it. Throws `limit-exceeded`, and what reading a role throws: one that cannot be had may have been the one that knows it.
 */
export async function findTarget(name: string, top: TufTargets, read: ReadRole): Promise<TufTarget | undefined> {
  const hash = createHash('sha256').update(name).digest('hex')
  const asked = new Set<string>()
  const waiting: Delegated[] = []
  for (let targets: TufTargets | undefined = top; targets !== undefined;) {
    if (Object.hasOwn(targets.targets, name)) return targets.targets[name]
    const next = targets.delegations === undefined ? [] : delegatesOf(targets.delegations, name, hash)
    // What stands behind a terminating role, here and further up, is not asked any more once it was.
    const last = next.findIndex((one) => one.terminating)
    if (last === -1) waiting.unshift(...next)
    else waiting.splice(0, waiting.length, ...next.slice(0, last + 1))
    targets = undefined
    while (targets === undefined) {
      const role = waiting.shift()
      if (role === undefined) return undefined
      if (asked.has(role.name)) continue
      if (asked.size >= LIMITS.tufDelegations) {
        throw fail('limit-exceeded', `is over the cap tufDelegations (${LIMITS.tufDelegations})`, { where: name })
      }
      asked.add(role.name)
      targets = await read(role.name, role.by)
    }
  }
  return undefined
}

/** The roles that a role trusts with a path, in its order. */
function delegatesOf({ keys, roles = [], succinct_roles: bins }: TufDelegations, name: string, hash: string): readonly Delegated[] {
  const signers = (role: string, keyids: string[], threshold: number): Signers => ({ keys, roles: { [role]: { keyids, threshold } } })
  const named = roles
    .filter(({ paths, path_hash_prefixes: prefixes }) =>
      prefixes === undefined ? (paths ?? []).some((pattern) => matchesPath(pattern, name)) : prefixes.some((one) => hash.startsWith(one)),
    )
    .map((role) => ({ name: role.name, terminating: role.terminating, by: signers(role.name, role.keyids, role.threshold) }))
  if (bins === undefined) return named
  // The first bits of the hash, as a number, in as many digits as the highest has.
  const number = Number.parseInt(hash.slice(0, 8), 16) >>> (32 - bins.bit_length)
  const bin = `${bins.name_prefix}-${number.toString(16).padStart(Math.ceil(bins.bit_length / 4), '0')}`
  return [...named, { name: bin, terminating: true, by: signers(bin, bins.keyids, bins.threshold) }]
}

/** Shell patterns of a path: `*` is any text and `?` any character within one part (TUF specification, 4.5). */
export function matchesPath(pattern: string, path: string): boolean {
  const [patterns, parts] = [pattern.split('/'), path.split('/')]
  return patterns.length === parts.length && patterns.every((one, at) => matchesPart(one, parts[at] ?? ''))
}

/** Goes back to the last star only, so that it takes no longer than pattern times text. */
function matchesPart(pattern: string, text: string): boolean {
  let [at, to, star, from] = [0, 0, -1, 0]
  while (to < text.length) {
    if (pattern[at] === '*') [star, from, at] = [at, to, at + 1]
    else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[to])) [at, to] = [at + 1, to + 1]
    else if (star === -1) return false
    else [from, at, to] = [from + 1, star + 1, from + 1]
  }
  while (pattern[at] === '*') at += 1
  return at === pattern.length
}
