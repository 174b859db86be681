/** What a policy asks about a build, the same for SLSA provenance v1, v0.2 and v0.1. */
export type ProvenanceFacts = {
  readonly builder: string
  readonly buildType: string
  /** The source it says it was built from, when that names a git commit. */
  readonly source?: Source
  readonly branch?: string
  /** A full git ref (`refs/tags/v1.2.3`), where one is named. */
  readonly ref?: string
  readonly clean?: { readonly before: boolean; readonly after: boolean }
  /** Names of external parameters: what whoever started the build could set. */
  readonly parameters: readonly string[]
}

/** `uri` is without the `@<ref>` that SPDX download locations end in. */
export type Source = { readonly uri: string; readonly commit: string }

/** Takes the `@<ref>` off a URI. Only `@refs/…` and a commit count as one: a user name before a host is no ref. */
export function splitRef(uri: string): { readonly uri: string; readonly ref?: string } {
  const at = uri.lastIndexOf('@')
  const tail = at === -1 ? '' : uri.slice(at + 1)
  if (!tail.startsWith('refs/') && !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(tail)) return { uri }
  return tail.startsWith('refs/') ? { uri: uri.slice(0, at), ref: tail } : { uri: uri.slice(0, at) }
}

/** The branch a ref names; undefined for tags and pull requests. */
export function branchOfRef(ref: string | undefined): string | undefined {
  const prefix = 'refs/heads/'
  return ref?.startsWith(prefix) === true ? ref.slice(prefix.length) : undefined
}

/** The commit in the digests of a git source. `sha1` is what v0.2 and GitHub called it before `gitCommit`. */
export function commitOf(digest: Readonly<Record<string, string>> | undefined): string | undefined {
  return digest?.['gitCommit'] ?? digest?.['sha1']
}
