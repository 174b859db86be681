import { VERSION } from '../../kernel/version.ts'
import { compareText } from '../../package/digits.ts'
import { purlText } from '../../package/purl.ts'
import { canonicalTime, mergeComponents } from '../assemble.ts'
import { uniqueEdges } from '../edges.ts'
import type { Sbom } from '../model.ts'
import { subjectComponent, subjectPurl } from '../subject.ts'

/**
 * Several SBOMs as one. SBOMs of one subject become one of that subject; SBOMs of different ones become one of `subject`, which
 * then needs each of them. A component that several list stands once, with all that is known of it. The whole is as complete as its
 * least complete part, and as old as `created`, or as the newest part. Throws `usage` for a time that is none.
 */
export function mergeSboms(
  sboms: readonly Sbom[],
  options: {
    readonly subject?: { readonly name: string; readonly version: string }
    readonly created?: string
    readonly author?: Sbom['author']
  },
): Sbom {
  const purls = new Set(sboms.map((one) => subjectPurl(one)))
  const [first] = sboms
  const shared = options.subject === undefined && purls.size === 1 && first !== undefined
  const named = options.subject ?? { name: 'merged', version: '' }
  const subject = shared
    ? { ...first.subject, purl: subjectPurl(first) }
    : { ...named, purl: purlText({ type: 'generic', ...named }), digests: {} }
  const components = sboms.flatMap((sbom) => (shared ? sbom.components : [...sbom.components, subjectComponent(sbom)]))
  const edges = sboms.flatMap((sbom) => (shared ? sbom.edges : [...sbom.edges, { from: subject.purl, to: subjectPurl(sbom) }]))
  const author = options.author ?? sameOf(sboms.map((one) => one.author))
  const phase = sameOf(sboms.map((one) => one.phase))
  const created =
    options.created ??
    sboms
      .map((one) => one.created)
      .toSorted(compareText)
      .at(-1) ??
    ''
  return {
    subject,
    components: mergeComponents(components.filter(({ purl }) => purl !== subject.purl)),
    edges: uniqueEdges(edges),
    completeness: leastComplete(sboms),
    created: created === '' ? '' : canonicalTime(created),
    ...(author === undefined ? {} : { author }),
    ...(phase === undefined ? {} : { phase }),
    tool: { name: 'tally', version: VERSION },
  }
}

function leastComplete(sboms: readonly Sbom[]): Sbom['completeness'] {
  const order = ['unknown', 'incomplete', 'complete'] as const
  return order.find((one) => sboms.some(({ completeness }) => completeness === one)) ?? 'unknown'
}

/** What all say, if all say the same. */
function sameOf<Value>(values: readonly (Value | undefined)[]): Value | undefined {
  const [first] = values
  return values.every((value) => JSON.stringify(value) === JSON.stringify(first)) ? first : undefined
}
