import { fullName, judgeForbidden, parseForbiddenPackage } from '../forbidden-package.ts'
import type { ForbiddenPackage } from '../forbidden-package.ts'
import { parsePurl } from '../../package/purl.ts'
import { countOf } from '../../kernel/text.ts'
import type { Component } from '../../sbom/model.ts'
import type { SbomFacts } from '../facts/read-sbom.ts'
import { showAll } from '../show.ts'
import { failed, met, unknown } from './clause.ts'
import type { Clause } from './clause.ts'

/** No component is a forbidden package. What cannot be compared (no package URL, a version without an order) is unknown. */
export const forbidPackages: Clause<unknown, SbomFacts> = {
  name: 'forbid.packages',
  asked: (_required, rules) => (rules.forbid?.packages.length ?? 0) > 0,
  expected: (_required, { rules }) => `none of ${showAll(rules.forbid?.packages ?? [])}`,
  judge: ({ sbom }, _required, { rules }) => {
    const forbidden = (rules.forbid?.packages ?? []).map(parseForbiddenPackage).filter((each) => each !== undefined)
    const found = sbom.components.map((component) => ({ component, match: worstMatch(component, forbidden) }))
    const bad = found.filter(({ match }) => match === 'yes').map(({ component }) => component.purl)
    if (bad.length > 0) return failed(showAll(bad), 'replace these packages, or waive them one by one with their package URL as scope', bad)
    const unclear = found.filter(({ match }) => match === 'unknown').map(({ component }) => component.purl)
    if (unclear.length === 0) return met(`${countOf(sbom.components.length, 'component')}, none forbidden`)
    return unknown(`cannot be compared: ${showAll(unclear)}`, 'make the SBOM again with package URLs and versions: tally sbom')
  },
}

type Worst = 'yes' | 'no' | 'unknown'

function worstMatch(component: Component, forbidden: readonly ForbiddenPackage[]): Worst {
  // A package URL in an SBOM is canonical by the time it is read.
  const purl = parsePurl(component.purl)
  let worst: Worst = 'no'
  for (const each of forbidden) {
    const match = judgeForbidden(purl, each)
    if (match === 'yes') return 'yes'
    if (match === 'unknown' || (purl.type === 'generic' && hasNameOf(component, each))) worst = 'unknown'
  }
  return worst
}

/** What had no package URL is of type `generic`, and could be any package of its name. */
function hasNameOf(component: Component, forbidden: ForbiddenPackage): boolean {
  const name = component.name.toLowerCase()
  return name === fullName(forbidden.purl).toLowerCase() || name === forbidden.purl.name.toLowerCase()
}
