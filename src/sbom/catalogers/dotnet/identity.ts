import type { DigestSet } from '../../../kernel/digest.ts'
import { purlText } from '../../../package/purl.ts'

/** NuGet names are the same in any case; the first spelling that was seen is kept. */
export function nugetKey(name: string, version?: string): string {
  return version === undefined ? name.toLowerCase() : `${name.toLowerCase()}/${version}`
}

export function nugetPurl(name: string, version: string): string {
  return purlText({ type: 'nuget', name: name === '' ? 'unnamed' : name, version })
}

/** The SHA-512 of a package's file in hexadecimal; NuGet writes it in base64, deps.json with the algorithm before it. */
export function nugetHash(written: string | undefined): DigestSet {
  const [, value = ''] = /^(?:sha512-)?([A-Za-z0-9+/]{86}==)$/.exec(written ?? '') ?? []
  return value === '' ? {} : { sha512: Buffer.from(value, 'base64').toString('hex') }
}
