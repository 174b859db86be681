import { textOf } from '../../../kernel/bytes.ts'

/** A package of apk's database: the fields an SBOM needs (apk-installed: one letter, a colon, a value). */
export type ApkPackage = {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly licence: string
  readonly maintainer: string
  /** The source package it was built from. */
  readonly origin: string
  /** As written: names, `so:`, `cmd:` and `/path` entries with or without a version; `!name` is a conflict. */
  readonly depends: readonly string[]
  readonly provides: readonly string[]
  /** Relative to the root, without a leading slash. */
  readonly files: readonly string[]
}

/** Reads lib/apk/db/installed. Stanzas without a name or version are passed over. Throws `artifact-malformed` for bytes that are not UTF-8. */
export function parseApkInstalled(bytes: Uint8Array, where: string): ApkPackage[] {
  const packages: ApkPackage[] = []
  let stanza = newStanza()
  const finish = (): void => {
    const { fields, files } = stanza
    const name = fields.get('P') ?? ''
    const version = fields.get('V') ?? ''
    if (name !== '' && version !== '') {
      packages.push({
        name,
        version,
        architecture: fields.get('A') ?? '',
        licence: fields.get('L') ?? '',
        maintainer: fields.get('m') ?? '',
        origin: fields.get('o') ?? '',
        depends: wordsOf(fields.get('D')),
        provides: wordsOf(fields.get('p')),
        files,
      })
    }
    stanza = newStanza()
  }
  for (const line of textOf(bytes, 'artifact-malformed', where).split('\n')) {
    if (line === '') finish()
    else if (line[1] === ':') takeLine(stanza, line[0] ?? '', line.slice(2).trim())
  }
  finish()
  return packages
}

type Stanza = { readonly fields: Map<string, string>; readonly files: string[]; folder: string }

function newStanza(): Stanza {
  return { fields: new Map(), files: [], folder: '' }
}

/** `F:` opens a folder, `R:` names a file in it. */
function takeLine(stanza: Stanza, letter: string, value: string): void {
  if (letter === 'F') stanza.folder = value
  else if (letter === 'R') stanza.files.push(stanza.folder === '' ? value : `${stanza.folder}/${value}`)
  else if ('PVALomDp'.includes(letter)) stanza.fields.set(letter, value)
}

function wordsOf(value: string | undefined): string[] {
  return (value ?? '').split(/\s+/).filter((word) => word !== '')
}
