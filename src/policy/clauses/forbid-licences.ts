import { isForbidden, licenceTerms, parseLicence } from '../licence.ts'
import type { SbomComponent, SbomFacts } from '../facts/read-sbom.ts'
import { show, showAll } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** No component is under a forbidden licence alone; what has no readable licence is forbidden too unless `unknown-licences: allow`. */
export const forbidLicences: Clause<unknown, SbomFacts> = {
  name: 'forbid.licences',
  asked: (_required, rules) => (rules.forbid?.licences.length ?? 0) > 0,
  expected: (_required, { rules }) =>
    `no component under ${showAll(rules.forbid?.licences ?? [])}${rules.forbid?.['unknown-licences'] === 'allow' ? '' : ' or an unknown licence'}`,
  judge: (facts, _required, { rules }) => {
    const forbidden = new Set((rules.forbid?.licences ?? []).flatMap((text) => termsOf(text)))
    const denyUnknown = rules.forbid?.['unknown-licences'] !== 'allow'
    const bad: { readonly component: SbomComponent; readonly why: string }[] = []
    for (const component of facts.components) {
      const licence = component.licence === undefined ? undefined : parseLicence(component.licence)
      if (licence === undefined) {
        if (denyUnknown && (component.isPackage || component.licence !== undefined))
          bad.push({ component, why: component.licence === undefined ? 'no licence' : show(component.licence) })
      } else if (isForbidden(licence, forbidden)) bad.push({ component, why: show(component.licence ?? '') })
    }
    if (bad.length === 0) return met(`${facts.components.length} components, none of them forbidden`)
    return failed(
      showAll(bad.map(({ component, why }) => `${componentName(component)} (${why})`)),
      'replace these packages, or waive them one by one with their package URL as scope',
      bad.map(({ component }) => componentName(component)),
    )
  },
}

function termsOf(text: string): readonly string[] {
  const licence = parseLicence(text)
  return licence === undefined ? [] : licenceTerms(licence)
}

/** What a waiver's scope names: the package URL, or name@version where the SBOM has none. */
export function componentName(component: SbomComponent): string {
  return component.purl ?? `${component.name}@${component.version}`
}
