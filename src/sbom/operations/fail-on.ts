import type { Component, Sbom } from '../model.ts'

/** What an SBOM can be refused for. */
export const FAIL_ON = ['unversioned', 'unlicensed', 'unhashed', 'incomplete', 'empty'] as const
export type FailOn = (typeof FAIL_ON)[number]

/** One reason for which an SBOM does not pass, and the components it is about. */
export type Shortcoming = { readonly what: FailOn; readonly message: string; readonly components: readonly Component[] }

const OF_COMPONENT: Readonly<Record<string, { readonly lacks: (component: Component) => boolean; readonly word: string }>> = {
  unversioned: { lacks: ({ version, type }) => version === '' && type !== 'file', word: 'without a version' },
  unlicensed: {
    lacks: ({ licence, concluded, type }) => licence === undefined && concluded === undefined && isSoftware(type),
    word: 'without a licence',
  },
  unhashed: { lacks: lacksHash, word: 'without a hash' },
}

/** What of `conditions` an SBOM falls short of. Operating systems are no packages, and asked for neither licence nor hash. */
export function shortcomings(sbom: Sbom, conditions: readonly FailOn[]): Shortcoming[] {
  return conditions.flatMap((what): Shortcoming[] => {
    if (what === 'incomplete') {
      return sbom.completeness === 'complete' ? [] : [{ what, message: `the SBOM is not complete (${sbom.completeness})`, components: [] }]
    }
    if (what === 'empty') return sbom.components.length > 0 ? [] : [{ what, message: 'the SBOM lists nothing', components: [] }]
    const rule = OF_COMPONENT[what]
    const lacking = rule === undefined ? [] : sbom.components.filter((component) => rule.lacks(component))
    return lacking.length === 0 ? [] : [{ what, message: `${lacking.length} component(s) ${rule?.word ?? ''}`, components: lacking }]
  })
}

function isSoftware(type: Component['type']): boolean {
  return type !== 'operating-system' && type !== 'file'
}

function lacksHash({ hashes, distributions = [], type }: Component): boolean {
  const some = Object.keys(hashes).length > 0 || distributions.some((one) => Object.keys(one.hashes).length > 0)
  return !some && type !== 'operating-system'
}
