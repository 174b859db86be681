import { purlText } from '../../../package/purl.ts'

export type RIdentity = {
  readonly name: string
  readonly version: string
  /** As the package's own files name it: `CRAN`, `Bioconductor…`, a mirror. */
  readonly repository: string
  readonly github?: { readonly owner: string; readonly name: string; readonly commit: string }
}

/** The package URL of an R package: by its repository of source code, of Bioconductor, or (any mirror of) CRAN. */
export function rPurl({ name, version, repository, github }: RIdentity): string {
  if (github !== undefined && github.owner !== '' && github.name !== '' && github.commit !== '') {
    return purlText({ type: 'github', namespace: github.owner, name: github.name, version: github.commit })
  }
  return purlText({ type: repository.startsWith('Bioc') ? 'bioconductor' : 'cran', name, version })
}

/** Names in a field of DESCRIPTION, a text or a list: `R (>= 4.0), rlang (>= 1.1)` without R itself. */
export function packageNames(field: unknown): string[] {
  const items = Array.isArray(field) ? field : typeof field === 'string' ? field.split(',') : []
  return items.flatMap((item) => {
    const name = typeof item === 'string' ? /^\s*([A-Za-z][\w.]*)/.exec(item)?.[1] : undefined
    return name === undefined || name === 'R' ? [] : [name]
  })
}
