import { textOf } from '../../../kernel/bytes.ts'
import { withoutUserInfo } from '../../../kernel/redact.ts'
import { purlText } from '../../../package/purl.ts'
import { malformed } from '../../byte-view.ts'
import { fileNameOf } from '../../path.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockGraph, LockNeed, LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import { elixirItems, elixirText, parseElixirTerm } from './elixir-term.ts'
import type { ElixirTerm } from './elixir-term.ts'

/** Mix's lockfiles (Elixir, Erlang). What only development uses stands in mix.exs, which is a program. */
export const mixCataloger: Cataloger = lockfileCataloger({
  name: 'mix',
  only: { names: ['mix.lock'] },
  isLock: (path) => fileNameOf(path) === 'mix.lock',
  coversNames: ['mix.exs'],
  parse: ({ bytes, path }) => parseMixLock(bytes, path),
})

/**
 * Reads mix.lock: a map of names to `{:hex, name, version, inner checksum, managers, needs, repository, outer checksum}` or
 * `{:git, address, commit, options}`. The outer checksum is the SHA-256 of the package's file. Throws `artifact-malformed`.
 */
function parseMixLock(bytes: Uint8Array, where: string): LockGraph {
  const text = textOf(bytes, 'artifact-malformed', where)
  const term = text.trim() === '' ? undefined : parseElixirTerm(text, where)
  if (term !== undefined && term.kind !== 'map') throw malformed(where, 'is no map of packages')
  const nodes = new Map<string, LockNode>()
  for (const [key, value] of term?.entries ?? []) {
    const app = elixirText(key)
    const items = elixirItems(value)
    const kind = elixirText(items[0])
    if (app !== '' && kind === 'hex') nodes.set(app, hexNode(app, items))
    else if (app !== '' && kind === 'git') nodes.set(app, gitNode(app, items))
    else if (kind !== 'path') throw malformed(where, 'has a package of a kind that is not read')
  }
  return { nodes, projects: [] }
}

function hexNode(app: string, items: readonly ElixirTerm[]): LockNode {
  const name = elixirText(items[1]) || app
  const version = elixirText(items[2])
  const repository = elixirText(items[6])
  const sha256 = elixirText(items[7])
  // A repository of an organisation is the namespace of what it holds.
  const organisation = repository.includes(':') ? repository.slice(repository.indexOf(':') + 1) : undefined
  return {
    purl: purlText({ type: 'hex', namespace: organisation, name, version }),
    name,
    version,
    hashes: /^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {},
    needs: elixirItems(items[5]).flatMap(needOf),
  }
}

/** `{:name, "~> 1.0", [hex: :name, optional: false]}` */
function needOf(term: ElixirTerm): LockNeed[] {
  const items = elixirItems(term)
  const to = elixirText(items[0])
  const isOptional = elixirItems(items[2]).some((option) => elixirItems(option).map(elixirText).join(' ') === 'optional true')
  return to === '' ? [] : [{ to, kind: isOptional ? 'optional' : 'required' }]
}

function gitNode(app: string, items: readonly ElixirTerm[]): LockNode {
  const commit = elixirText(items[2])
  const address = withoutUserInfo(elixirText(items[1]))
  return {
    purl: purlText({ type: 'hex', name: app, version: commit, qualifiers: { vcs_url: `git+${address}@${commit}` } }),
    name: app,
    version: commit,
    needs: [],
  }
}
