import { createHash } from 'node:crypto'
import { readAll } from '../../../kernel/bytes.ts'
import { TallyError } from '../../../kernel/errors.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { safeText, shorten } from '../../../kernel/text.ts'
import { fileNameOf } from '../../path.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { Claim } from '../cataloger.ts'
import type { Inspector } from '../inspector.ts'
import { readEmbedded } from './embedded-document.ts'

/** Folders that hold SBOMs and nothing else: of distributions, of apko, of wheels (PEP 770). */
const FOLDER = /(?:^|\/)(?:usr\/(?:local\/)?share\/sboms?|var\/lib\/db\/sbom|[^/]+\.dist-info\/sboms)\/(?:[^/]+\/){0,4}[^/]+$/
/** Elsewhere a file is known by its name, where packages lie and not a project's own documents. */
const PACKAGED = /(?:^|\/)(?:(?:site|dist)-packages|node_modules|usr\/share\/doc|opt)\//
const DOCUMENT = /\.(?:cdx|spdx|bom|sbom)\.json$|^\.spdx-[^/]+\.spdx$|\.intoto\.jsonl?$/i
const CLAIMED_TEXT = 200

/** SBOMs and attested SBOMs that lie in what is looked at. They are claims of their makers: kept, compared, and never taken for facts. */
export const embeddedInspector: Inspector = {
  name: 'embedded-sbom',
  mayWant: ({ path, size }) =>
    size > 20 && size <= LIMITS.embeddedSbomBytes && (FOLDER.test(path) || (PACKAGED.test(path) && DOCUMENT.test(fileNameOf(path)))),
  inspect: async ({ path, layer, content }) => {
    const bytes = await readAll(content, LIMITS.embeddedSbomBytes, 'embeddedSbomBytes', path)
    try {
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const claims = readEmbedded(bytes, path).map(({ sbom, document, attested }): Claim => ({
        file: path,
        ...(layer === undefined ? {} : { layer }),
        sha256,
        format: shorten(safeText(`${document.format} ${document.version}`), CLAIMED_TEXT),
        id: shorten(safeText(document.id), CLAIMED_TEXT),
        tool: shorten(safeText(sbom.tool.name), CLAIMED_TEXT),
        attested,
        packages: sbom.components.filter(({ type }) => type !== 'file').map(({ purl }) => purl),
      }))
      return claims.length === 0 ? undefined : { catalog: { ...NOTHING_FOUND, claims } }
    } catch (error) {
      // A document that cannot be read claims nothing, and what is there is found without it.
      if (error instanceof TallyError && error.code !== 'bug') return undefined
      throw error
    }
  },
}
