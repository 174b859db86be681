import { purlText } from '../../../package/purl.ts'

/** How Maven knows a package. Without a group it is known by no repository. */
export type Coordinates = { readonly group: string; readonly artifact: string; readonly version: string }

/** The package URL; one of type `generic` for an archive whose group nobody tells, since Maven's needs it. */
export function mavenPurl({ group, artifact, version }: Coordinates): string {
  const name = artifact === '' ? 'unnamed' : artifact
  return purlText(group === '' ? { type: 'generic', name, version } : { type: 'maven', namespace: group, name, version })
}

/** Whether text can be a part of coordinates: no expression, no space, no slash that would divide it. */
export function isCoordinate(text: string): boolean {
  return text.length <= 256 && /^[\w.+-]+$/.test(text)
}
