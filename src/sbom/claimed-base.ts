import { withoutVersion } from '../artifact/reference.ts'
import { z } from 'zod'
import type { ImageSource } from '../artifact/image-source.ts'
import type { Digest } from '../kernel/digest.ts'
import { hexOf, isDigest } from '../kernel/digest.ts'
import { TallyError } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { shorten } from '../kernel/text.ts'
import { purlText } from '../package/purl.ts'
import type { Component } from './model.ts'

const NAME = 'org.opencontainers.image.base.name'
const DIGEST = 'org.opencontainers.image.base.digest'
const annotated = z.object({ annotations: z.record(z.string(), z.unknown()).optional().catch(undefined) })

/** The base an image says it was built on, by its annotations (image-spec 1.1, annotations.md). Undefined when it says nothing. */
export async function claimedBase(source: ImageSource, digest: Digest): Promise<Component | undefined> {
  const manifest = await source.manifest(digest)
  if (manifest === undefined) return undefined
  const annotations = readAnnotations(manifest.bytes, source.name)
  const [name, base] = [annotations[NAME], annotations[DIGEST]]
  if (typeof name !== 'string' || name === '') return undefined
  const hash = typeof base === 'string' && isDigest(base) ? base : undefined
  const last = withoutVersion(name).split('/').at(-1) ?? ''
  return {
    purl: purlText({ type: 'oci', name: last === '' ? 'image' : shorten(last, 200), version: hash }),
    name: shorten(name, 200),
    version: hash ?? '',
    type: 'application',
    hashes: hash === undefined ? {} : { sha256: hexOf(hash) },
    evidence: [{ cataloger: 'image', file: NAME, method: 'manifest', confidence: 0.7 }],
    scope: 'required',
  }
}

function readAnnotations(bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> {
  try {
    return annotated.safeParse(parseJson(bytes, where, { limitName: 'manifestBytes' })).data?.annotations ?? {}
  } catch (error) {
    if (error instanceof TallyError && error.code === 'evidence-malformed') return {}
    throw error
  }
}
