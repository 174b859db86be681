import { safeText, shorten } from '../../kernel/text.ts'
import type { Component, Sbom } from '../model.ts'

const HEADER = ['NAME', 'VERSION', 'TYPE', 'LICENCE', 'SCOPE']
/** The widest a column gets, so that one absurd name does not push the others off the screen. */
const WIDEST = [48, 28, 10, 32, 8]

/**
 * An SBOM for people: one line a component, a last line that sums up. Control characters are escaped. With `columns`, for a
 * screen, names, versions and licences are cut until a line fits.
 */
export function toTable(sbom: Sbom, columns = Infinity): string {
  const rows = [HEADER, ...sbom.components.map(rowOf)].map((row) => row.map((cell, at) => shorten(safeText(cell), WIDEST[at] ?? 20)))
  const widths = fit(
    HEADER.map((_, at) => rows.reduce((widest, row) => Math.max(widest, row[at]?.length ?? 0), 0)),
    columns,
  )
  const lines = rows.map((row) =>
    row
      .map((cell, at) => shorten(cell, widths[at] ?? 0).padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const count = sbom.components.length
  return `${lines.join('\n')}\n\n${count} ${count === 1 ? 'component' : 'components'} in ${safeText(nameOf(sbom))}; completeness: ${sbom.completeness}\n`
}

/** Takes from the licence, the name and the version, in this order, what is more than fits, as far as each can still be read. */
function fit(widths: readonly number[], columns: number): readonly number[] {
  const fitted = [...widths]
  for (const [at, least] of [
    [3, 12],
    [0, 20],
    [1, 12],
  ] as const) {
    const over = fitted.reduce((sum, width) => sum + width, 2 * (fitted.length - 1)) - columns
    const width = fitted[at] ?? 0
    if (over > 0 && width > least) fitted[at] = Math.max(least, width - over)
  }
  return fitted
}

function rowOf({ name, version, range = '-', purl, licence, concluded, scope }: Component): string[] {
  return [name, version === '' ? range : version, /^pkg:([^/]+)/.exec(purl)?.[1] ?? '-', licence ?? concluded?.licence ?? '-', scope]
}

function nameOf({ subject }: Sbom): string {
  return subject.version === '' ? subject.name : `${subject.name} ${subject.version}`
}
