import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { join } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { finishDigest } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { overLimit } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'

/** A file a build made. `name` is its path under the output directory with `/`, `path` where it lies on this machine. */
export type BuildOutput = { readonly name: string; readonly path: string; readonly digest: Digest; readonly size: number }

/** A pattern for paths under the output directory, by segments: `*` and `?` within a segment, `**` for any number of them. */
export type OutputPattern = readonly string[]

/**
 * Reads an output pattern. It begins with `$TALLY_OUT/`: what a build makes elsewhere is none of its outputs. Throws
 * `config-invalid`.
 */
export function parseOutputPattern(text: string): OutputPattern {
  const [, rest] = /^\$(?:TALLY_OUT|\{TALLY_OUT\})\/(.+)$/.exec(text) ?? []
  const segments = rest?.split('/') ?? []
  if (segments.length === 0 || segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw fail('config-invalid', `has the output ${JSON.stringify(text)}, which does not lie under $TALLY_OUT`, {
      where: 'build.outputs',
      hint: 'write it as `$TALLY_OUT/<name or pattern>`',
    })
  }
  return segments
}

/** Whether a pattern names a path. As in a shell, a leading dot is matched by a dot only. */
export function matchesOutput(pattern: OutputPattern, path: readonly string[]): boolean {
  // Which beginnings of the pattern match the path so far: linear in path times pattern, whatever the stars.
  let reached = closeOver(pattern, new Set([0]))
  for (const segment of path) {
    const next = new Set<number>()
    for (const at of reached) {
      if (pattern[at] === '**') {
        if (!segment.startsWith('.')) next.add(at)
      } else if (pattern[at] !== undefined && matchesSegment(pattern[at], segment)) next.add(at + 1)
    }
    reached = closeOver(pattern, next)
  }
  return reached.has(pattern.length)
}

function closeOver(pattern: OutputPattern, reached: ReadonlySet<number>): ReadonlySet<number> {
  const all = new Set(reached)
  for (const at of all) if (pattern[at] === '**') all.add(at + 1)
  return all
}

function matchesSegment(pattern: string, text: string): boolean {
  if (text.startsWith('.') && !pattern.startsWith('.')) return false
  let [at, in_, star, mark] = [0, 0, -1, 0]
  while (at < text.length) {
    if (pattern[in_] === '*') {
      star = in_
      mark = at
      in_ += 1
    } else if (in_ < pattern.length && (pattern[in_] === '?' || pattern[in_] === text[at])) {
      at += 1
      in_ += 1
    } else if (star >= 0) {
      in_ = star + 1
      mark += 1
      at = mark
    } else return false
  }
  while (pattern[in_] === '*') in_ += 1
  return in_ === pattern.length
}

/**
 * Finds and hashes what a build left under its output directory, sorted by name. Links are not followed, and refused as
 * outputs: what they point to may change. Throws `build-failed` when a pattern names nothing or what is no plain file.
 */
export async function collectOutputs(deps: Pick<Deps, 'fs'>, outDir: string, patterns: readonly string[]): Promise<readonly BuildOutput[]> {
  const wanted = patterns.map((text) => ({ text, pattern: parseOutputPattern(text), found: 0 }))
  const outputs: BuildOutput[] = []
  for (const entry of await listEntries(deps, outDir)) {
    const naming = wanted.filter(({ pattern }) => matchesOutput(pattern, entry.segments))
    if (naming.length === 0 || entry.kind === 'directory') continue
    const name = entry.segments.join('/')
    if (entry.kind !== 'file')
      throw fail('build-failed', `left ${entry.kind === 'link' ? 'a symbolic link' : 'a special file'} as an output`, { where: name })
    for (const one of naming) one.found += 1
    outputs.push({ name, path: join(outDir, name), ...(await hashPlainFile(deps, join(outDir, name), name)) })
  }
  const missing = wanted.find(({ found }) => found === 0)
  if (missing === undefined) return outputs
  throw fail('build-failed', `succeeded and made nothing that ${missing.text} names`, {
    where: missing.text,
    hint: 'let the command write to "$TALLY_OUT", or mend `build.outputs` in tally.yaml',
  })
}

type Entry = { readonly segments: readonly string[]; readonly kind: 'file' | 'directory' | 'link' | 'special' }

async function listEntries(deps: Pick<Deps, 'fs'>, outDir: string): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  const visit = async (above: readonly string[]): Promise<void> => {
    const found = await deps.fs.readdir(join(outDir, ...above), { withFileTypes: true })
    for (const one of found.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entries.length >= LIMITS.buildOutputs) throw overLimit('buildOutputs', LIMITS.buildOutputs, outDir)
      const segments = [...above, one.name]
      const kind = one.isFile() ? 'file' : one.isDirectory() ? 'directory' : one.isSymbolicLink() ? 'link' : 'special'
      entries.push({ segments, kind })
      if (kind === 'directory') await visit(segments)
    }
  }
  await visit([])
  return entries
}

/** Digest and size of a file that is opened as what it was listed as: no link, nothing that would block. */
async function hashPlainFile(
  deps: Pick<Deps, 'fs'>,
  path: string,
  name: string,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const handle = await deps.fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!(await handle.stat()).isFile()) throw fail('build-failed', 'was replaced while it was read', { where: name })
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
    let size = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength)
      if (bytesRead === 0) return { digest: finishDigest(hash), size }
      size += bytesRead
      if (size > LIMITS.blobBytes) throw overLimit('blobBytes', LIMITS.blobBytes, name)
      hash.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}
