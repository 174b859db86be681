import { z } from 'zod'
import { fail } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import type { Sbom } from '../model.ts'
import { parseSbomJson } from './imported.ts'
import { readCycloneDx } from './cyclonedx/read.ts'
import { readSpdx } from './spdx/read.ts'
import { readSpdx3 } from './spdx3/read.ts'

/** What a document says of itself, beside what it says of its subject. */
export type DocumentFacts = {
  readonly format: 'CycloneDX' | 'SPDX'
  readonly version: string
  /** Serial number, namespace or id; empty when it has none. */
  readonly id: string
  /** Which edition of this SBOM it is; empty when it does not say. */
  readonly revision: string
  readonly signed: boolean
  readonly hasVulnerabilities: boolean
}

const cyclonedx = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  serialNumber: z.string().optional().catch(undefined),
  version: z.number().optional().catch(undefined),
  signature: z.unknown().optional(),
  vulnerabilities: z.array(z.unknown()).optional().catch(undefined),
})
const spdx = z.object({ spdxVersion: z.string(), documentNamespace: z.string().optional().catch(undefined) })
const spdx3 = z.object({
  '@graph': z.array(
    z.object({ type: z.string(), spdxId: z.string().optional().catch(undefined), specVersion: z.string().optional().catch(undefined) }),
  ),
})

/**
 * Reads an SBOM of any format there is a reader for: CycloneDX 1.2 to 1.7, SPDX 2.2, 2.3 and 3.0, all in JSON. Out: the SBOM, as
 * claims, and what the document says of itself. Throws `evidence-malformed`, `version-unsupported`, `limit-exceeded`.
 */
export function readSbom(bytes: Uint8Array, where = 'SBOM'): ReadSbom {
  return readSbomJson(parseSbomJson(bytes, where), where)
}

export type ReadSbom = { readonly sbom: Sbom; readonly document: DocumentFacts }

/** The same of what was parsed already. */
export function readSbomJson(json: Json, where: string): ReadSbom {
  const document = factsOf(json)
  if (document === undefined) {
    throw fail('evidence-malformed', 'is no SBOM: neither CycloneDX nor SPDX in JSON', {
      where,
      hint: 'give a CycloneDX or SPDX document in JSON',
    })
  }
  const sbom =
    document.format === 'CycloneDX'
      ? readCycloneDx(json, where)
      : document.version.startsWith('3')
        ? readSpdx3(json, where)
        : readSpdx(json, where)
  return { sbom, document }
}

function factsOf(json: Json): DocumentFacts | undefined {
  const cdx = cyclonedx.safeParse(json).data
  if (cdx !== undefined) {
    return {
      format: 'CycloneDX',
      version: cdx.specVersion,
      id: cdx.serialNumber ?? '',
      revision: cdx.version === undefined ? '' : String(cdx.version),
      signed: cdx.signature !== undefined,
      hasVulnerabilities: (cdx.vulnerabilities ?? []).length > 0,
    }
  }
  const old = spdx.safeParse(json).data
  const unsigned = { format: 'SPDX', signed: false, hasVulnerabilities: false } as const
  if (old !== undefined) {
    const id = old.documentNamespace ?? ''
    return { ...unsigned, version: old.spdxVersion.replace(/^SPDX-/, ''), id, revision: id }
  }
  const graph = spdx3.safeParse(json).data?.['@graph']
  if (graph === undefined) return undefined
  const id = graph.find(({ type }) => type === 'SpdxDocument')?.spdxId ?? ''
  return { ...unsigned, version: graph.find(({ type }) => type === 'CreationInfo')?.specVersion ?? '3', id, revision: id }
}
