import { TallyError, fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { compareText } from '../../package/digits.ts'
import { formatPurl, parsePurl, purlText } from '../../package/purl.ts'
import { mergeComponents } from '../assemble.ts'
import type { Component, Edge, Sbom } from '../model.ts'
import type { z } from 'zod'

/** Parses an SBOM's JSON and checks its shape. Throws `evidence-malformed` naming the first field that is wrong, and `limit-exceeded`. */
export function parseDocument<Schema extends z.ZodType>(bytes: Uint8Array, where: string, schema: Schema, format: string): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(bytes, where, { limitName: 'sbomBytes' }))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const field = issue === undefined ? '' : ` at \`${issue.path.join('.').slice(0, 120)}\`: ${issue.message.slice(0, 120)}`
  throw fail('evidence-malformed', `is not ${format}${field}`, { where })
}

/** The package URL somebody else wrote, made canonical; of what has none, or a broken one, one of type `generic`, so that it is not lost. */
export function identify(part: {
  readonly purl?: string | undefined
  readonly name: string
  readonly version?: string | undefined
}): string {
  if (part.purl !== undefined) {
    try {
      return formatPurl(parsePurl(part.purl))
    } catch (error) {
      if (!(error instanceof TallyError)) throw error
    }
  }
  const name = part.name.split('/').filter(Boolean).join('/')
  return purlText({ type: 'generic', name: name === '' ? 'unnamed' : name, version: part.version })
}

/** Puts what was read into the model's order: components merged by package URL, edges between known parts, each once, sorted. */
export function settle(
  subject: Sbom['subject'],
  found: readonly Component[],
  edges: readonly Edge[],
): Pick<Sbom, 'subject' | 'components' | 'edges'> {
  const components = mergeComponents(found.filter(({ purl }) => purl !== subject.purl))
  const known = new Set([subject.purl, ...components.map(({ purl }) => purl)])
  const settled = new Map<string, Edge>()
  for (const { from, to } of edges) {
    if (from !== to && known.has(from) && known.has(to)) settled.set(`${from} ${to}`, { from, to })
  }
  return { subject, components, edges: [...settled.values()].toSorted((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to)) }
}
