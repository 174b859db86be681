import type { Catalog } from './cataloger.ts'

/** What several files of one ecosystem gave, as one catalog. */
export function joinCatalogs(catalogs: readonly Catalog[]): Catalog {
  const claimed = new Set(catalogs.flatMap((catalog) => (catalog.claimed === undefined ? [] : [...catalog.claimed])))
  return {
    components: catalogs.flatMap(({ components }) => components),
    edges: catalogs.flatMap(({ edges }) => edges),
    loose: catalogs.flatMap(({ loose }) => loose ?? []),
    projects: catalogs.flatMap(({ projects }) => projects),
    read: catalogs.flatMap(({ read }) => read),
    partial: catalogs.flatMap(({ partial }) => partial ?? []),
    ...(claimed.size === 0 ? {} : { claimed }),
  }
}
