import type { DigestSet } from '../../kernel/digest.ts'
import { compareText } from '../../package/digits.ts'

/** Our name of an algorithm, CycloneDX's, SPDX 2's and SPDX 3's, and how many hexadecimal digits it has. */
const ALGORITHMS = [
  { ours: 'md5', cyclonedx: 'MD5', spdx: 'MD5', spdx3: 'md5', digits: 32 },
  { ours: 'sha1', cyclonedx: 'SHA-1', spdx: 'SHA1', spdx3: 'sha1', digits: 40 },
  { ours: 'sha256', cyclonedx: 'SHA-256', spdx: 'SHA256', spdx3: 'sha256', digits: 64 },
  { ours: 'sha384', cyclonedx: 'SHA-384', spdx: 'SHA384', spdx3: 'sha384', digits: 96 },
  { ours: 'sha512', cyclonedx: 'SHA-512', spdx: 'SHA512', spdx3: 'sha512', digits: 128 },
] as const

type Format = 'cyclonedx' | 'spdx' | 'spdx3'

/** The hashes a format can carry, sorted, each under its name there. Others (a commit) are left out. */
export function namedHashes(hashes: DigestSet, format: Format): { readonly name: string; readonly value: string }[] {
  return Object.entries(hashes)
    .flatMap(([ours, value]) => {
      const known = ALGORITHMS.find((algorithm) => algorithm.ours === ours)
      return known === undefined || !isHex(value, known.digits) ? [] : [{ name: known[format], value: value.toLowerCase() }]
    })
    .toSorted((a, b) => compareText(a.name, b.name))
}

/** The way back. What has an unknown name or the wrong length is left out. */
export function digestSetFrom(hashes: readonly { readonly name: string; readonly value: string }[], format: Format): DigestSet {
  const found: [string, string][] = []
  for (const { name, value } of hashes) {
    const known = ALGORITHMS.find((algorithm) => algorithm[format] === name)
    if (known !== undefined && isHex(value, known.digits)) found.push([known.ours, value.toLowerCase()])
  }
  return Object.fromEntries(found.toSorted(([a], [b]) => compareText(a, b)))
}

function isHex(text: string, digits: number): boolean {
  return text.length === digits && /^[0-9a-f]*$/i.test(text)
}
