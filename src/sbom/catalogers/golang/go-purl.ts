import { purlText } from '../../../package/purl.ts'

/** The package URL of a Go module: its path is namespace and name, as written. */
export function goPurl(path: string, version: string): string {
  const segments = path.split('/').filter((segment) => segment !== '')
  const name = segments.pop()
  return purlText({ type: 'golang', namespace: segments.join('/'), name: name ?? 'unnamed', version })
}
