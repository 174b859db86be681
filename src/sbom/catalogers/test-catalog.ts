import { utf8 } from '../../kernel/bytes.ts'
import type { Catalog, Cataloger, CatalogMode } from './cataloger.ts'

/** For tests: what a cataloger makes of files in memory, of which it is given those it wants. */
export function catalogTexts(cataloger: Cataloger, contents: Readonly<Record<string, string>>, mode: CatalogMode = 'installed'): Catalog {
  const wanted = Object.entries(contents).filter(([path]) => cataloger.wants(path, mode))
  return cataloger.read(new Map(wanted.map(([path, text]) => [path, { bytes: utf8(text) }])), mode)
}

/** For tests: components as `scope purl`, sorted, without `pkg:`. */
export function shownComponents({ components }: Catalog): string[] {
  return components.map(({ scope, purl }) => `${scope} ${purl.slice('pkg:'.length)}`).toSorted()
}

/** For tests: edges as `purl > purl`, each once, sorted, without `pkg:`. */
export function shownEdges({ edges }: Catalog): string[] {
  return [...new Set(edges.map(({ from, to }) => `${from.slice('pkg:'.length)} > ${to.slice('pkg:'.length)}`))].toSorted()
}
