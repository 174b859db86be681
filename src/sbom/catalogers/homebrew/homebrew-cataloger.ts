import { z } from 'zod'
import { parseJson } from '../../../kernel/json.ts'
import { readShape } from '../../../kernel/shape.ts'
import { purlText } from '../../../package/purl.ts'
import type { Cataloger } from '../cataloger.ts'
import type { LockNode } from '../lock-graph.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'

const RECEIPT = /(?:^|\/)Cellar\/([^/]+)\/([^/]+)\/INSTALL_RECEIPT\.json$/
const DEPENDENCY = z.object({ full_name: z.string(), version: z.string().optional(), pkg_version: z.string().optional() })
const SCHEMA = z.object({
  source: z.object({ tap: z.string().nullish() }).nullish(),
  runtime_dependencies: z.array(DEPENDENCY).nullish(),
})

/** What Homebrew installed, by the receipt it leaves with each formula. */
export const homebrewCataloger: Cataloger = lockfileCataloger({
  name: 'homebrew',
  method: 'installed',
  limit: 'packageFileBytes',
  only: { names: ['INSTALL_RECEIPT.json'] },
  isLock: (path, mode) => mode === 'installed' && RECEIPT.test(path),
  parse: ({ bytes, path }) => {
    const [, name = '', version = ''] = RECEIPT.exec(path) ?? []
    const receipt = readShape(
      SCHEMA,
      parseJson(bytes, path, { code: 'artifact-malformed', limitName: 'packageFileBytes' }),
      path,
      'artifact-malformed',
    )
    const needed = (receipt.runtime_dependencies ?? []).map(dependencyNode)
    const own = formulaNode(receipt.source?.tap ?? '', name, version)
    // What it needs has a receipt of its own, by which it stands in the SBOM; here it is only named.
    const edges = needed.map(({ purl }) => ({ to: purl, kind: 'required' as const }))
    return { nodes: new Map([[own.purl, { ...own, needs: edges }], ...needed.map((node) => [node.purl, node] as const)]), projects: [] }
  },
})

/** `acme/tap/name` names its tap; `name` alone is of Homebrew's own. */
function dependencyNode({ full_name: full, version, pkg_version: exact }: z.infer<typeof DEPENDENCY>): LockNode {
  const segments = full.split('/')
  const name = segments.pop() ?? ''
  return formulaNode(segments.length === 0 ? 'homebrew/core' : segments.join('/'), name, exact ?? version ?? '')
}

function formulaNode(tap: string, name: string, version: string): LockNode {
  const plain = name === '' ? 'unnamed' : name
  return {
    purl: purlText({ type: 'brew', namespace: tap === '' ? 'homebrew/core' : tap, name: plain, version }),
    name: plain,
    version,
    needs: [],
  }
}
