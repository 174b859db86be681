import { overLimit, textOf, utf8 } from '../kernel/bytes.ts'
import { parseJsonNodes } from '../kernel/json-node.ts'
import { LIMITS } from '../kernel/limits.ts'
import type { YamlNode } from '../kernel/yaml-node.ts'

/**
 * The bundles of a file as npm's registry gives them (`/-/npm/v1/attestations/<package>@<version>`): one object with a list
 * `attestations`, in each entry a `bundle`. Out: each bundle's bytes as they stand in the file; undefined for a file that is not
 * of this form. Throws `evidence-malformed`, `limit-exceeded`.
 */
export function npmAttestations(bytes: Uint8Array, where: string): readonly Uint8Array[] | undefined {
  // A bundle of its own is the usual case, and is not read twice for this.
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 256)).includes('"attestations"')) return undefined
  const text = textOf(bytes, 'evidence-malformed', where)
  const list = entryOf(parseJsonNodes(text, where, 'evidence-malformed'), 'attestations')
  if (list?.kind !== 'list') return undefined
  if (list.items.length > LIMITS.evidencePerArtifact) throw overLimit('evidencePerArtifact', LIMITS.evidencePerArtifact, where)
  return list.items.flatMap((item) => {
    const bundle = entryOf(item, 'bundle')
    return bundle === undefined ? [] : [utf8(text.slice(bundle.start, bundle.end))]
  })
}

function entryOf(node: YamlNode, key: string): YamlNode | undefined {
  return node.kind === 'map' ? node.entries.find((entry) => entry.key === key)?.value : undefined
}
