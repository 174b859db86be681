import { fullName, judgeForbidden, parseForbiddenPackage } from '../forbidden-package.ts'
import type { ForbiddenPackage } from '../forbidden-package.ts'
import { parsePurl } from '../../package/purl.ts'
import type { Purl } from '../../package/purl.ts'
import { TallyError } from '../../kernel/errors.ts'
import type { SbomComponent, SbomFacts } from '../facts/read-sbom.ts'
import { showAll } from '../show.ts'
import { failed, met, unknown } from './clause.ts'
import type { Clause } from './clause.ts'
import { componentName } from './forbid-licences.ts'

/** No component is a forbidden package. What cannot be compared (no package URL, a version without an order) is unknown. */
export const forbidPackages: Clause<unknown, SbomFacts> = {
  name: 'forbid.packages',
  asked: (_required, rules) => (rules.forbid?.packages.length ?? 0) > 0,
  expected: (_required, { rules }) => `none of ${showAll(rules.forbid?.packages ?? [])}`,
  judge: (facts, _required, { rules }) => {
    const forbidden = (rules.forbid?.packages ?? []).map(parseForbiddenPackage).filter((each) => each !== undefined)
    const found = facts.components.map((component) => ({ component, match: worstMatch(component, forbidden) }))
    const bad = found.filter(({ match }) => match === 'yes').map(({ component }) => componentName(component))
    if (bad.length > 0) return failed(showAll(bad), 'replace these packages, or waive them one by one with their package URL as scope', bad)
    const unclear = found.filter(({ match }) => match === 'unknown').map(({ component }) => componentName(component))
    if (unclear.length === 0) return met(`${facts.components.length} components, none of them forbidden`)
    return unknown(`cannot be compared: ${showAll(unclear)}`, 'make the SBOM again with package URLs and versions: tally sbom')
  },
}

type Worst = 'yes' | 'no' | 'unknown'

function worstMatch(component: SbomComponent, forbidden: readonly ForbiddenPackage[]): Worst {
  const purl = component.purl === undefined ? undefined : purlOf(component.purl)
  let worst: Worst = 'no'
  for (const each of forbidden) {
    const match = purl === undefined ? matchByName(component, each) : judgeForbidden(purl, each)
    if (match === 'yes') return 'yes'
    if (match === 'unknown') worst = 'unknown'
  }
  return worst
}

/** A component without a readable package URL could be any package of its name. */
function matchByName(component: SbomComponent, forbidden: ForbiddenPackage): Worst {
  const name = component.name.toLowerCase()
  return name === fullName(forbidden.purl).toLowerCase() || name === forbidden.purl.name.toLowerCase() ? 'unknown' : 'no'
}

function purlOf(text: string): Purl | undefined {
  try {
    return parsePurl(text)
  } catch (error) {
    if (error instanceof TallyError) return undefined
    throw error
  }
}
