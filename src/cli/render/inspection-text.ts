import type { Inspection } from '../../chain/inspect/inspect.ts'
import { nextStep } from '../../chain/inspect/next-step.ts'
import type { TimelineEvent } from '../../inventory/timeline.ts'
import { countOf, safeText } from '../../kernel/text.ts'
import type { Terminal } from '../terminal.ts'
import { ageText, userText, viewPiece } from './inspection.ts'
import type { PieceView } from './inspection.ts'
import { field, hanging, shortDigests } from './layout.ts'

/** A first look for a person: what it is, who says what of it (verified or claimed), what the baseline would say, and one next step. */
export function renderInspection(
  inspection: Inspection,
  history: readonly TimelineEvent[] | undefined,
  now: Date,
  terminal: Terminal,
): string {
  const { trusted, problems, tags, baseline } = inspection
  const views = inspection.pieces.map(viewPiece)
  const lines = [...whatItIs(inspection, now, terminal), '']
  lines.push(...evidenceLines(views, terminal))
  if (tags !== undefined) lines.push(...field(terminal, 'tags', tagsText(tags)))
  lines.push(...historyLines(history, terminal))
  for (const { where, error } of problems) lines.push(...field(terminal, 'problem', `${error.message} (${shortDigests(where)})`))
  lines.push('', ...baselineLines(baseline, terminal))
  lines.push(...field(terminal, 'trusted', trusted.length === 0 ? 'nobody here, so that all of it is claims' : trusted.join(', ')))
  const { why, command } = nextStep(inspection)
  lines.push('', ...field(terminal, 'next', why), `         ${safeText(command)}`)
  return lines.join('\n')
}

function whatItIs({ artifact, image, reference, pinned }: Inspection, now: Date, terminal: Terminal): string[] {
  const lines = field(terminal, 'artifact', reference)
  const kind = artifact.kind === 'file' ? 'file' : artifact.file !== undefined ? 'shipped file' : image === undefined ? 'manifest' : 'image'
  lines.push(...field(terminal, '', `${kind} ${artifact.digest}`))
  if (artifact.kind === 'manifest' && artifact.file !== undefined)
    lines.push(...field(terminal, '', `wraps ${artifact.file.name} ${artifact.file.digest}`))
  if (pinned !== reference && artifact.kind === 'manifest' && !reference.includes('@'))
    lines.push(...field(terminal, '', `pin it as ${pinned}`))
  if (image === undefined) return lines
  const { platforms, layers, size, created, user, base, source, revision, unsignedAttestations } = image
  lines.push(
    ...field(terminal, 'image', `${platforms.join(', ') || 'no platform named'}; ${countOf(layers, 'layer')}, ${sizeText(size)} packed`),
  )
  lines.push(...field(terminal, 'age', ageText(created, now) ?? 'it names no time'))
  lines.push(...field(terminal, 'user', userText(user) === 'root' ? 'root, unless who runs it says otherwise' : user))
  const baseText = base === undefined ? 'it names none' : [base.name, base.digest].filter((part) => part !== undefined).join(' ')
  lines.push(...field(terminal, 'base', shortDigests(baseText)))
  if (source !== undefined || revision !== undefined)
    lines.push(...field(terminal, 'source', `${source ?? 'unnamed'}${revision === undefined ? '' : ` at ${revision}`} (its label says)`))
  if (unsignedAttestations > 0)
    lines.push(...field(terminal, 'build', `${unsignedAttestations} attestations of BuildKit in its index, which nobody signed`))
  return lines
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return countOf(bytes, 'byte')
  const [unit, divisor] =
    bytes < 1_000_000 ? (['kB', 1000] as const) : bytes < 1_000_000_000 ? (['MB', 1e6] as const) : (['GB', 1e9] as const)
  return `${(bytes / divisor).toFixed(1)} ${unit}`
}

function evidenceLines(views: readonly PieceView[], terminal: Terminal): string[] {
  if (views.length === 0) return field(terminal, 'evidence', 'none: no signature, no provenance, no SBOM')
  return views.flatMap((view) => {
    const mark = view.verified ? terminal.style('green', 'verified') : terminal.style('yellow', 'claim   ')
    const details = detailsOf(view)
    return [
      `  ${mark} ${view.what.padEnd(18)} ${safeText(view.by)}`,
      ...details.flatMap((detail) => hanging('           ', safeText(shortDigests(detail)), terminal.columns)),
    ]
  })
}

function detailsOf({ provenance, sbom, verdict, isAbout, problem, verified }: PieceView): readonly string[] {
  const details: string[] = []
  if (provenance !== undefined) {
    const { builder, level, source, ref, why } = provenance
    details.push(`built by ${builder}`)
    details.push(`SLSA Build L${level}${verified ? '' : ' at most'}: ${why}`)
    if (source !== undefined) details.push(`from ${source.uri}${ref === undefined ? '' : `@${ref}`}, commit ${source.commit}`)
  }
  if (sbom !== undefined) details.push(`${countOf(sbom.components, 'component')}, completeness ${sbom.completeness}`)
  if (verdict !== undefined)
    details.push(`${verdict.result} for ${verdict.resource}${verdict.levels.length === 0 ? '' : `, ${verdict.levels.join(', ')}`}`)
  if (!isAbout) details.push('it speaks of something else')
  if (problem !== undefined && isAbout) details.push(problem)
  return details
}

const SHOWN_TAGS = 6

function tagsText(tags: readonly string[]): string {
  if (tags.length === 0) return 'none'
  const shown = tags.slice(-SHOWN_TAGS).toReversed().join(', ')
  return tags.length > SHOWN_TAGS ? `${tags.length}, the last by name ${shown}` : shown
}

const SHOWN_EVENTS = 6

function historyLines(history: readonly TimelineEvent[] | undefined, terminal: Terminal): string[] {
  if (history === undefined) return []
  const events = history.filter((event) => event.kind !== 'evidence' && event.kind !== 'sbom')
  if (events.length === 0) return field(terminal, 'history', 'never seen by this inventory')
  return field(terminal, 'history', ...events.slice(-SHOWN_EVENTS).map(eventText))
}

function eventText(event: TimelineEvent): string {
  const at = `${event.at.slice(0, 16).replace('T', ' ')} `
  switch (event.kind) {
    case 'seen':
      return `${at}first seen as ${event.name}`
    case 'verdict':
      return `${at}${event.decision} by policy ${event.policy}${event.environment === undefined ? '' : ` for ${event.environment}`}`
    case 'tagged':
      return `${at}tagged ${event.repository}:${event.tag}`
    case 'became-current':
      return `${at}became current in ${event.environment} as ${event.tag}`
    case 'was-replaced':
      return `${at}was replaced in ${event.environment}`
    case 'deployed':
      return `${at}deployed to ${event.environment} by ${event.workload}`
    case 'undeployed':
      return `${at}gone from ${event.environment}, ${event.workload}`
    case 'evidence':
    case 'sbom':
      return ''
  }
}

function baselineLines({ decision, clauses }: Inspection['baseline'], terminal: Terminal): string[] {
  const missing = clauses.filter((clause) => clause.result !== 'met').map((clause) => `${clause.clause}: ${clause.found}`)
  return field(
    terminal,
    'baseline',
    `would ${decision === 'allow' ? 'allow it' : decision === 'deny' ? 'deny it' : 'not know'}`,
    ...missing,
  )
}
