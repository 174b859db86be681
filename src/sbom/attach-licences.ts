import { addToGroup } from '../kernel/groups.ts'
import { parsePurl } from '../package/purl.ts'
import type { LicenceFinding } from './catalogers/cataloger.ts'
import { readLicence } from './licence/licence.ts'
import type { Component, ConcludedLicence } from './model.ts'
import { directoryOf } from './path.ts'

/** Gives each component what its licence files say. A component may have several files, and a file speak for several components. */
export function attachLicences(components: readonly Component[], findings: readonly LicenceFinding[]): Component[] {
  if (findings.length === 0) return [...components]
  const byFolder = new Map<string, LicenceFinding[]>()
  const byName = new Map<string, LicenceFinding[]>()
  for (const finding of findings) {
    const { of } = finding
    if ('folder' in of) addToGroup(byFolder, of.folder, finding)
    else for (const type of of.types) addToGroup(byName, `${type} ${of.name}`, finding)
  }
  return components.map((component) => {
    const folders = new Set(component.evidence.map(({ file }) => directoryOf(file)))
    const { type, name } = parsePurl(component.purl)
    const found = [...[...folders].flatMap((folder) => byFolder.get(folder) ?? []), ...(byName.get(`${type} ${name}`) ?? [])]
    return found.length === 0 ? component : withLicences(component, found)
  })
}

function withLicences(component: Component, found: readonly LicenceFinding[]): Component {
  const declared = found.filter((finding) => finding.declared)
  const concluded = found.filter((finding) => !finding.declared)
  const licence = component.licence ?? (declared.length === 0 ? undefined : joined(declared))
  return {
    ...component,
    ...(licence === undefined ? {} : { licence }),
    ...(concluded.length === 0 ? {} : { concluded: conclude(concluded, licence) }),
  }
}

/** Files that hold what the package declares bear it out, in its own words; else all that the files hold applies. */
function conclude(found: readonly LicenceFinding[], declared: string | undefined): ConcludedLicence {
  const [first] = found.toSorted((a, b) => (a.file < b.file ? -1 : 1))
  const confidence = Math.min(...found.map((finding) => finding.confidence))
  const borneOut =
    declared !== undefined && readLicence(declared).kind !== 'name' && found.every(({ licence }) => namesAll(declared, licence))
  return { licence: borneOut ? declared : joined(found), confidence, file: first?.file ?? '' }
}

/** Whether every licence of the text is one of those declared; `GPL-2.0` of a text stands for `-only` and `-or-later` alike. */
function namesAll(declared: string, text: string): boolean {
  const names = new Set(declared.split(/[\s()]+/).map((name) => name.replace(/-(?:only|or-later)$|\+$/, '')))
  return text.split(' AND ').every((licence) => names.has(licence))
}

function joined(found: readonly ConcludedLicence[]): string {
  return [...new Set(found.flatMap(({ licence }) => licence.split(' AND ')))].toSorted().join(' AND ')
}
