import type { Artifact } from '../artifact/artifact.ts'
import { safeText, shorten } from '../kernel/text.ts'

/** A value somebody else wrote, for a message: safe on a terminal and not endless. */
export function show(value: string): string {
  return shorten(safeText(value), 160)
}

/** Several values, the first few written out. */
export function showAll(values: readonly string[], most = 5): string {
  const shown = values.slice(0, most).map(show).join(', ')
  return values.length > most ? `${shown} and ${values.length - most} more` : shown
}

/** The artifact as it is written on a command line that a person may copy into a shell. */
export function artifactWord({ artifact, reference }: { readonly artifact: Artifact; readonly reference?: string | undefined }): string {
  const name =
    reference ??
    (artifact.kind === 'manifest' && artifact.file === undefined && !artifact.name.includes('@')
      ? `${artifact.name}@${artifact.digest}`
      : artifact.name)
  const word = safeText(name)
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(word) && !word.startsWith('-') ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
