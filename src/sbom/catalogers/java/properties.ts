import type { Coordinates } from './coordinates.ts'
import { isCoordinate } from './coordinates.ts'

/** Reads the pom.properties that Maven puts into an archive. Undefined when it does not hold all three coordinates. */
export function parsePomProperties(bytes: Uint8Array): Coordinates | undefined {
  const fields = new Map<string, string>()
  for (const line of new TextDecoder().decode(bytes).split(/\r?\n/)) {
    const equals = line.indexOf('=')
    if (equals > 0 && !line.startsWith('#')) fields.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim())
  }
  const [group = '', artifact = '', version = ''] = ['groupId', 'artifactId', 'version'].map((name) => fields.get(name))
  return [group, artifact, version].every(isCoordinate) ? { group, artifact, version } : undefined
}

/**
 * Reads the main section of a MANIFEST.MF (JAR File Specification, "JAR Manifest"): attributes by lower-case names; a line that begins
 * with a space continues the one before.
 */
export function parseManifest(bytes: Uint8Array): Map<string, string> {
  const attributes = new Map<string, string>()
  let name = ''
  for (const line of new TextDecoder().decode(bytes).split(/\r\n|\n|\r/)) {
    if (line === '') {
      if (attributes.size > 0) break
      continue
    }
    if (line.startsWith(' ')) {
      if (name !== '') attributes.set(name, (attributes.get(name) ?? '') + line.slice(1))
      continue
    }
    const colon = line.indexOf(':')
    name = line.slice(0, Math.max(0, colon)).toLowerCase()
    if (name !== '') attributes.set(name, line.slice(colon + 1).trim())
  }
  return attributes
}
