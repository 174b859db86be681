import type { Coordinates } from './coordinates.ts'
import { isCoordinate } from './coordinates.ts'

/** Words that follow a version's numbers and belong to it. */
const QUALIFIER =
  /^(?:snapshot|release|final|ga|sp\d*|rc\d*|cr\d*|m\d+|alpha\d*|beta\d*|b\d+|jre\d*|android|jdk\d+|incubating|redhat|pre\d*|ea)(?:\.\S*)?$/i

/** What the name of an archive's file says: `commons-io-2.11.0.jar` is `commons-io` in `2.11.0`. */
export function splitArchiveName(fileName: string): { readonly artifact: string; readonly version: string } {
  const base = fileName.replace(/\.[^.]*$/, '')
  const parts = base.split('-')
  let at = parts.length - 1
  while (at > 0 && QUALIFIER.test(parts[at] ?? '')) at -= 1
  if (at === 0 || !startsWithDigit(parts[at])) return { artifact: base, version: '' }
  // Time and number of a snapshot stand apart: 1.0-20260101.120000-3.
  while (at > 1 && startsWithDigit(parts[at - 1])) at -= 1
  return { artifact: parts.slice(0, at).join('-'), version: parts.slice(at).join('-') }
}

function startsWithDigit(text: string | undefined): boolean {
  return text !== undefined && /^\d/.test(text)
}

/**
 * A guess at the coordinates of an archive without Maven's own file, from its manifest and file name. The name is the file's, the version
 * the file's or else the manifest's, the group what the manifest says of it, or the part of the bundle's name before the artifact's.
 */
export function guessCoordinates(fileName: string, manifest: ReadonlyMap<string, string>): Coordinates {
  const named = splitArchiveName(fileName)
  const first = (...names: readonly string[]): string => names.map((name) => manifest.get(name) ?? '').find(isCoordinate) ?? ''
  const artifact = first('short-name', 'artifact-id') || named.artifact
  const version = named.version || first('plugin-version', 'implementation-version', 'bundle-version', 'specification-version')
  return { group: guessGroup(manifest, artifact), artifact, version }
}

function guessGroup(manifest: ReadonlyMap<string, string>, artifact: string): string {
  const said = ['group-id', 'implementation-vendor-id'].map((name) => manifest.get(name) ?? '').find(isDomain)
  if (said !== undefined) return said
  const bundle = (manifest.get('bundle-symbolicname') ?? manifest.get('automatic-module-name') ?? '').split(';', 1)[0]?.trim() ?? ''
  if (!isDomain(bundle)) return ''
  const dot = bundle.lastIndexOf('.')
  const last = bundle.slice(dot + 1)
  const group = bundle.slice(0, dot)
  return artifact.includes(last) && isDomain(group) ? group : bundle
}

/** Two or more words with dots between them, as groups have. */
function isDomain(text: string): boolean {
  return isCoordinate(text) && /^[a-z][\w-]*(?:\.[\w-]+)+$/i.test(text)
}
