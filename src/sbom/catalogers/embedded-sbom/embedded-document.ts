import { z } from 'zod'
import { fromBase64 } from '../../../kernel/bytes.ts'
import { parseJson } from '../../../kernel/json.ts'
import type { Json } from '../../../kernel/json.ts'
import { readSbomJson } from '../../formats/read-sbom.ts'
import type { DocumentFacts } from '../../formats/read-sbom.ts'
import type { Sbom } from '../../model.ts'

/** An SBOM as it lay in a target: bare, or the predicate of an in-toto statement that nobody has verified. */
export type EmbeddedDocument = { readonly sbom: Sbom; readonly document: DocumentFacts; readonly attested: boolean }

const envelope = z.object({ payloadType: z.literal('application/vnd.in-toto+json'), payload: z.string() })
const bundle = z.object({ dsseEnvelope: envelope })
const statement = z.object({ predicateType: z.string(), predicate: z.unknown() })
/** The types of predicates that are SBOMs: in-toto/attestation, predicates/{cyclonedx,spdx}.md, and what cosign and BuildKit write. */
const SBOM_TYPE = /^https:\/\/(?:cyclonedx\.org\/bom(?:\/v[\d.]{1,10})?|spdx\.dev\/Document(?:\/v[\d.]{1,10})?)$/
/** Attestations of one file that are looked at. */
const MAX_LINES = 64

/**
 * Reads the SBOMs of a file: a document of CycloneDX or SPDX, an in-toto statement, a DSSE envelope or a Sigstore bundle around one, or such
 * envelopes line by line. Signatures are not looked at. Out: what could be read; nothing for a file of another kind. Throws what `readSbomJson`
 * throws for a document that is broken.
 */
export function readEmbedded(bytes: Uint8Array, where: string): EmbeddedDocument[] {
  if (!/\.jsonl$/i.test(where)) return readOne(bytes, where)
  return linesOf(bytes).flatMap((line) => readOne(line, where))
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  let start = 0
  while (start < bytes.byteLength && lines.length < MAX_LINES) {
    const end = bytes.indexOf(0x0a, start)
    const line = bytes.subarray(start, end === -1 ? bytes.byteLength : end)
    if (line.byteLength > 1) lines.push(line)
    start = end === -1 ? bytes.byteLength : end + 1
  }
  return lines
}

function readOne(bytes: Uint8Array, where: string): EmbeddedDocument[] {
  const json = parseJson(bytes, where)
  const signed = bundle.safeParse(json).data?.dsseEnvelope ?? envelope.safeParse(json).data
  const said = statement.safeParse(signed === undefined ? json : parseJson(fromBase64(signed.payload), where)).data
  if (said === undefined) return signed === undefined ? [{ ...readSbomJson(json, where), attested: false }] : []
  if (!SBOM_TYPE.test(said.predicateType)) return []
  return [{ ...readSbomJson(said.predicate as Json, where), attested: true }]
}
