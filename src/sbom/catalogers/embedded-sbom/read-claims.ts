import { createHash } from 'node:crypto'
import { TallyError } from '../../../kernel/errors.ts'
import { safeText, shorten } from '../../../kernel/text.ts'
import type { Claim } from '../cataloger.ts'
import type { Place } from '../inspector.ts'
import { readEmbedded } from './embedded-document.ts'

const CLAIMED_TEXT = 200

/**
 * What the SBOMs of a file claim. A document that cannot be read claims nothing, and what is there is found without it. In: its bytes,
 * and where it lies.
 */
export function readClaims(bytes: Uint8Array, { path, layer }: Place): Claim[] {
  try {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return readEmbedded(bytes, path).map(({ sbom, document, attested }) => ({
      file: path,
      ...(layer === undefined ? {} : { layer }),
      sha256,
      format: shorten(safeText(`${document.format} ${document.version}`), CLAIMED_TEXT),
      id: shorten(safeText(document.id), CLAIMED_TEXT),
      tool: shorten(safeText(sbom.tool.name), CLAIMED_TEXT),
      attested,
      packages: sbom.components.filter(({ type }) => type !== 'file').map(({ purl }) => purl),
    }))
  } catch (error) {
    if (error instanceof TallyError && error.code !== 'bug') return []
    throw error
  }
}
