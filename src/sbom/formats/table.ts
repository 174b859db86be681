import { safeText, shorten } from '../../kernel/text.ts'
import type { Component, Sbom } from '../model.ts'

const HEADER = ['NAME', 'VERSION', 'TYPE', 'LICENCE', 'SCOPE']
/** The widest a column gets, so that one absurd name does not push the others off the screen. */
const WIDEST = [48, 28, 10, 32, 8]

/** An SBOM for people: one line a component, a last line that sums up. Control characters are escaped. */
export function toTable(sbom: Sbom): string {
  const rows = [HEADER, ...sbom.components.map(rowOf)].map((row) => row.map((cell, at) => shorten(safeText(cell), WIDEST[at] ?? 20)))
  const widths = HEADER.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const count = sbom.components.length
  return `${lines.join('\n')}\n\n${count} ${count === 1 ? 'component' : 'components'} in ${safeText(nameOf(sbom))}; completeness: ${sbom.completeness}\n`
}

function rowOf({ name, version, purl, licence, scope }: Component): string[] {
  return [name, version === '' ? '-' : version, /^pkg:([^/]+)/.exec(purl)?.[1] ?? '-', licence ?? '-', scope]
}

function nameOf({ subject }: Sbom): string {
  return subject.version === '' ? subject.name : `${subject.name} ${subject.version}`
}
