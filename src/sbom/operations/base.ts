import { compareText } from '../../package/digits.ts'
import { uniqueEdges } from '../edges.ts'
import type { Edge, Sbom } from '../model.ts'
import { subjectComponent } from '../subject.ts'

/**
 * Tells what an image has from its base. In: both SBOMs. What the base has at the same version hangs on the base, which becomes a
 * component of its own; with `keep` false that is all that stays of it.
 */
export function separateBase(sbom: Sbom, base: Sbom, options: { readonly keep: boolean }): Sbom {
  const baseComponent = subjectComponent(base, 'base')
  const fromBase = new Set(base.components.map(({ purl }) => purl))
  const inherited = new Set(sbom.components.map(({ purl }) => purl).filter((purl) => fromBase.has(purl)))
  const components = sbom.components.flatMap((component) => {
    if (!inherited.has(component.purl)) return [component]
    return options.keep ? [{ ...component, properties: { ...component.properties, 'oci:base': baseComponent.purl } }] : []
  })
  const subject = sbom.subject.purl ?? ''
  const own = [{ from: subject, to: baseComponent.purl }]
  const edges = [...own, ...sbom.edges.flatMap((edge) => redirect(edge, subject, baseComponent.purl, inherited, options.keep))]
  return {
    ...sbom,
    components: [...components.filter(({ purl }) => purl !== baseComponent.purl), baseComponent].toSorted((a, b) =>
      compareText(a.purl, b.purl),
    ),
    edges: uniqueEdges(edges),
  }
}

/** What the image itself needs of the base's packages it has through the base. Without them the base stands for all of them. */
function redirect({ from, to }: Edge, subject: string, base: string, inherited: ReadonlySet<string>, keep: boolean): Edge[] {
  if (from === subject && inherited.has(to)) return keep ? [{ from: base, to }] : []
  if (keep || (!inherited.has(from) && !inherited.has(to))) return [{ from, to }]
  return inherited.has(from) ? [] : [{ from, to: base }]
}
