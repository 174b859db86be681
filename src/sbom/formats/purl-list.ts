import { compareText } from '../../package/digits.ts'
import type { Sbom } from '../model.ts'

/** The package URLs of an SBOM, one a line, sorted. Each is printable: a package URL encodes everything else. */
export function toPurlList(sbom: Sbom): string {
  return sbom.components
    .map(({ purl }) => `${purl}\n`)
    .toSorted(compareText)
    .join('')
}
