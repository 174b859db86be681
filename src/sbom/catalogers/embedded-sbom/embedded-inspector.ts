import { readAll } from '../../../kernel/bytes.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { fileNameOf } from '../../path.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { Inspector } from '../inspector.ts'
import { readClaims } from './read-claims.ts'

/** Folders that hold SBOMs and nothing else: of distributions, of apko, of wheels (PEP 770). */
const FOLDER = /(?:^|\/)(?:usr\/(?:local\/)?share\/sboms?|var\/lib\/db\/sbom|[^/]+\.dist-info\/sboms)\/(?:[^/]+\/){0,4}[^/]+$/
/** Elsewhere a file is known by its name, where packages lie and not a project's own documents. */
const PACKAGED = /(?:^|\/)(?:(?:site|dist)-packages|node_modules|usr\/share\/doc|opt)\//
const DOCUMENT = /\.(?:cdx|spdx|bom|sbom)\.json$|^\.spdx-[^/]+\.spdx$|\.intoto\.jsonl?$/i

/** SBOMs and attested SBOMs that lie in what is looked at. They are claims of their makers: kept, compared, and never taken for facts. */
export const embeddedInspector: Inspector = {
  name: 'embedded-sbom',
  mayWant: ({ path, size }) =>
    size > 20 && size <= LIMITS.embeddedSbomBytes && (FOLDER.test(path) || (PACKAGED.test(path) && DOCUMENT.test(fileNameOf(path)))),
  inspect: async ({ path, layer, content }) => {
    const bytes = await readAll(content, LIMITS.embeddedSbomBytes, 'embeddedSbomBytes', path)
    const claims = readClaims(bytes, { path, ...(layer === undefined ? {} : { layer }) })
    return claims.length === 0 ? undefined : { catalog: { ...NOTHING_FOUND, claims } }
  },
}
