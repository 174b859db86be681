import { TallyError, fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import type { Json } from '../../kernel/json.ts'
import { formatPurl, parsePurl, purlText } from '../../package/purl.ts'
import { mergeComponents } from '../assemble.ts'
import { uniqueEdges } from '../edges.ts'
import type { Component, Edge, Sbom } from '../model.ts'
import type { z } from 'zod'

/** The JSON of an SBOM that somebody else wrote. Throws `evidence-malformed`, `limit-exceeded`. */
export function parseSbomJson(bytes: Uint8Array, where: string): Json {
  return parseJson(bytes, where, { limitName: 'sbomBytes' })
}

/** Checks the shape of an SBOM's JSON. Throws `evidence-malformed` naming the first field that is wrong. */
export function checkDocument<Schema extends z.ZodType>(json: Json, where: string, schema: Schema, format: string): z.infer<Schema> {
  const parsed = schema.safeParse(json)
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
  return { subject, components, edges: uniqueEdges(edges.filter(({ from, to }) => known.has(from) && known.has(to))) }
}
