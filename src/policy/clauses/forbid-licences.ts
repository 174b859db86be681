import { countOf } from '../../kernel/text.ts'
import type { Licence } from '../licence.ts'
import { readLicence } from '../../sbom/licence/licence.ts'
import { isForbidden, licenceTerms, parseLicence } from '../licence.ts'
import type { Component } from '../../sbom/model.ts'
import type { SbomFacts } from '../facts/read-sbom.ts'
import { show, showAll } from '../show.ts'
import { failed, met } from './clause.ts'
import type { Clause } from './clause.ts'

/** No component is under a forbidden licence alone; what has no readable licence is forbidden too unless `unknown-licences: allow`. */
export const forbidLicences: Clause<unknown, SbomFacts> = {
  name: 'forbid.licences',
  asked: (_required, rules) => (rules.forbid?.licences.length ?? 0) > 0,
  expected: (_required, { rules }) =>
    `no component under ${showAll(rules.forbid?.licences ?? [])}${rules.forbid?.['unknown-licences'] === 'allow' ? '' : ' or an unknown licence'}`,
  judge: ({ sbom }, _required, { rules }) => {
    const forbidden = new Set((rules.forbid?.licences ?? []).flatMap((text) => termsOf(text)))
    const denyUnknown = rules.forbid?.['unknown-licences'] !== 'allow'
    const bad: { readonly component: Component; readonly why: string }[] = []
    for (const component of sbom.components) {
      const licence = component.licence === undefined ? undefined : understand(component.licence)
      if (licence === undefined) {
        if (denyUnknown && (isPackage(component) || component.licence !== undefined))
          bad.push({ component, why: component.licence === undefined ? 'no licence' : show(component.licence) })
      } else if (isForbidden(licence, forbidden)) bad.push({ component, why: show(component.licence ?? '') })
    }
    if (bad.length === 0) return met(`${countOf(sbom.components.length, 'component')}, none forbidden`)
    return failed(
      showAll(bad.map(({ component, why }) => `${component.purl} (${why})`)),
      'replace these packages, or waive them one by one with their package URL as scope',
      bad.map(({ component }) => component.purl),
    )
  },
}

/** A licence made of ids that are on the SPDX list (or references to a text of its own); anything else is unknown. */
function understand(text: string): Licence | undefined {
  const declared = readLicence(text)
  if (declared.kind === 'name') return undefined
  return parseLicence(declared.kind === 'id' ? declared.id : declared.expression)
}

function termsOf(text: string): readonly string[] {
  const licence = parseLicence(text)
  return licence === undefined ? [] : licenceTerms(licence)
}

/** Files and operating systems declare no licence of their own. */
function isPackage({ type }: Component): boolean {
  return type !== 'file' && type !== 'operating-system'
}
