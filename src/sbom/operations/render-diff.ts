import { safeText } from '../../kernel/text.ts'
import type { Component } from '../model.ts'
import { isEmptyDiff } from './diff.ts'
import type { SbomDiff } from './diff.ts'

/** A diff for people: a line a change, the most telling first, a last line that counts. */
export function diffText(diff: SbomDiff): string {
  if (isEmptyDiff(diff)) return 'no package was added, removed or changed\n'
  const lines = [
    ...diff.hashes.map(({ component, algorithm }) => `! ${label(component)}  the same version, another ${algorithm}`),
    ...diff.added.map((component) => `+ ${label(component)}${licenceNote(component)}`),
    ...diff.removed.map((component) => `- ${label(component)}`),
    ...diff.versions.map(({ from, to, direction }) => `~ ${safeText(to.name)}  ${versionOf(from)} -> ${versionOf(to)}  ${direction}`),
    ...diff.licences.map(({ component, from, to }) => `l ${label(component)}  ${licence(from)} -> ${licence(to)}`),
  ]
  return `${lines.join('\n')}\n\n${summary(diff)}\n`
}

/** A diff as Markdown, for a pull request or a release note. */
export function diffMarkdown(diff: SbomDiff): string {
  const title = `### Packages: ${code(subject(diff.from))} to ${code(subject(diff.to))}`
  if (isEmptyDiff(diff)) return `${title}\n\nNo package was added, removed or changed.\n`
  const sections = [
    section(
      'Same version, other bytes',
      ['Package', 'Algorithm', 'Before', 'After'],
      diff.hashes.map(({ component, algorithm, from, to }) => [label(component), algorithm, from, to]),
    ),
    section(
      'Added',
      ['Package', 'Licence', 'Scope'],
      diff.added.map((one) => [label(one), licence(one.licence), one.scope]),
    ),
    section(
      'Removed',
      ['Package', 'Licence', 'Scope'],
      diff.removed.map((one) => [label(one), licence(one.licence), one.scope]),
    ),
    section(
      'Versions',
      ['Package', 'Before', 'After', ''],
      diff.versions.map(({ from, to, direction }) => [to.name, versionOf(from), versionOf(to), direction]),
    ),
    section(
      'Licences',
      ['Package', 'Before', 'After'],
      diff.licences.map(({ component, from, to }) => [label(component), licence(from), licence(to)]),
    ),
  ]
  return `${[title, summary(diff), ...sections.filter((one) => one !== '')].join('\n\n')}\n`
}

/** A diff as data. Package URLs stand for components. */
export function diffJson(diff: SbomDiff): object {
  const brief = ({ purl, name, version, licence: declared, scope }: Component): object => ({
    purl,
    name,
    version,
    licence: declared ?? null,
    scope,
  })
  return {
    schema: 'https://tallystick.dev/schemas/sbom-diff/v1',
    from: diff.from,
    to: diff.to,
    added: diff.added.map(brief),
    removed: diff.removed.map(brief),
    versions: diff.versions.map(({ package: of, from, to, direction }) => ({ package: of, from: brief(from), to: brief(to), direction })),
    licences: diff.licences.map(({ component, from, to }) => ({ purl: component.purl, from: from ?? null, to: to ?? null })),
    hashes: diff.hashes.map(({ component, algorithm, from, to }) => ({ purl: component.purl, algorithm, from, to })),
  }
}

function summary({ added, removed, versions, licences, hashes }: SbomDiff): string {
  const parts: [number, string][] = [
    [added.length, 'added'],
    [removed.length, 'removed'],
    [versions.length, 'with another version'],
    [licences.length, 'with another licence'],
    [hashes.length, 'with other bytes'],
  ]
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ')
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [`#### ${title}`, '', line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

/** Text in a table of Markdown: nothing in it is markup. */
function cell(text: string): string {
  return safeText(text).replace(/[\\`*_{}[\]<>()#+!|~&]/g, (unit) => `&#${unit.charCodeAt(0)};`)
}

function code(text: string): string {
  return `\`${safeText(text).replaceAll('`', "'")}\``
}

function subject({ name, version }: SbomDiff['from']): string {
  return version === '' ? name || 'unnamed' : `${name} ${version}`
}

function label({ name, version, range }: Component): string {
  const at = version === '' ? (range ?? 'no version') : version
  return `${safeText(name)} ${safeText(at)}`
}

function versionOf({ version, range }: Component): string {
  return safeText(version === '' ? (range ?? 'no version') : version)
}

function licence(text: string | undefined): string {
  return text === undefined ? 'none' : safeText(text)
}

function licenceNote({ licence: text }: Component): string {
  return text === undefined ? '' : `  ${safeText(text)}`
}
