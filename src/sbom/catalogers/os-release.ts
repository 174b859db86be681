import { purlText } from '../../package/purl.ts'
import type { Component } from '../model.ts'
import type { CatalogFile } from './cataloger.ts'

/** What a target says its operating system is (os-release(5)). */
export type OsRelease = { readonly id: string; readonly versionId: string; readonly codename: string; readonly name: string }

/** Where os-release lies; `etc` is usually a link to the other. */
export const OS_RELEASE_PATHS: readonly string[] = ['etc/os-release', 'usr/lib/os-release']

/** Reads an os-release file. Undefined without an ID. Bytes that are not UTF-8 are replaced: a name is never worth a failure. */
export function parseOsRelease(bytes: Uint8Array): OsRelease | undefined {
  const fields = new Map<string, string>()
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    const equals = line.indexOf('=')
    if (equals > 0 && !line.startsWith('#')) fields.set(line.slice(0, equals).trim(), unquote(line.slice(equals + 1).trim()))
  }
  const id = fields.get('ID')?.toLowerCase()
  if (id === undefined || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(id)) return undefined
  return {
    id,
    versionId: fields.get('VERSION_ID') ?? '',
    codename: fields.get('VERSION_CODENAME') ?? '',
    name: fields.get('PRETTY_NAME') ?? fields.get('NAME') ?? id,
  }
}

/** The `distro` qualifier of a package URL: `debian-12`, or the code name of a release without a number. */
export function distroOf(release: OsRelease): string | undefined {
  const version = release.versionId === '' ? release.codename : release.versionId
  return version === '' ? undefined : `${release.id}-${version}`
}

/** The os-release among a cataloger's files, and where it lay. */
export function readRelease(files: ReadonlyMap<string, CatalogFile>): { readonly release: OsRelease; readonly file: string } | undefined {
  for (const path of OS_RELEASE_PATHS) {
    const file = files.get(path)
    const release = file === undefined ? undefined : parseOsRelease(file.bytes)
    if (release !== undefined) return { release, file: path }
  }
  return undefined
}

/** The operating system as a component: importers of other tools tell the distribution by it. */
export function systemComponent({ release, file }: { readonly release: OsRelease; readonly file: string }, cataloger: string): Component {
  return {
    purl: purlText({ type: 'generic', name: release.id, version: release.versionId }),
    name: release.id,
    version: release.versionId,
    type: 'operating-system',
    hashes: {},
    evidence: [{ cataloger, file, method: 'database', confidence: 1 }],
    scope: 'required',
  }
}

function unquote(value: string): string {
  const quote = value[0]
  const quoted = value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote)
  return (quoted ? value.slice(1, -1) : value).replace(/\\(["'$`\\])/g, '$1')
}
