import { describe, expect, it } from 'vitest'
import { toCycloneDx } from '../formats/cyclonedx/write.ts'
import { readSbom } from '../formats/read-sbom.ts'
import { toSpdx3 } from '../formats/spdx3/write.ts'
import { FULL, SAMPLE } from '../formats/test-sbom.ts'
import type { Sbom } from '../model.ts'
import { withhold } from '../operations/withhold.ts'
import { scoreJson, scoreSbom, scoreText } from './score.ts'

function scored(sbom: Sbom) {
  const { document } = readSbom(toCycloneDx(sbom))
  return scoreSbom(sbom, document)
}

function lacking(sbom: Sbom, standard: string): string[] {
  const found = scored(sbom).find((score) => score.standard === standard)
  return (found?.elements ?? []).filter(({ met, of }) => of === 0 || met < of).map(({ id }) => id)
}

/** An SBOM of one component that has all there is. */
const BEST: Sbom = {
  ...FULL,
  components: FULL.components.slice(0, 1).map((one) =>
    Object.assign({}, one, {
      withheld: undefined,
      hashes: { sha512: 'ab'.repeat(64) },
      properties: {
        'bsi:component:filename': 'a.tgz',
        'bsi:component:executable': 'non-executable',
        'bsi:component:archive': 'archive',
        'bsi:component:structured': 'structured',
      },
    }),
  ),
  edges: FULL.edges.slice(1, 2),
  completeness: 'complete',
}

describe('how far an SBOM has what standards ask for', () => {
  it('is all of it for one that has all, but for the signature that lies beside it', () => {
    expect(lacking(BEST, 'ntia-2021')).toEqual([])
    expect(lacking(BEST, 'cisa-2026')).toEqual(['author-signature'])
    expect(lacking(BEST, 'bsi-tr-03183-2')).toEqual([])
    expect(scored(BEST).map(({ percent }) => percent)).toEqual([100, 94, 100])
  })

  it('names what is missing, of how many, with examples and what mends it', () => {
    const [ntia, cisa] = scored(SAMPLE)
    expect(ntia?.elements.find(({ id }) => id === 'supplier')).toEqual({
      id: 'supplier',
      title: 'Supplier name',
      met: 0,
      of: 4,
      withheld: 0,
      missing: SAMPLE.components.map(({ purl }) => purl),
      fix: expect.stringMatching(/installed/),
    })
    expect(cisa?.elements.find(({ id }) => id === 'hash-value')).toMatchObject({ met: 1, of: 4 })
    expect(lacking(SAMPLE, 'ntia-2021')).toEqual(['supplier', 'version', 'author'])
  })

  it('asks CISA’s seventeen data fields and BSI’s required ones', () => {
    const [ntia, cisa, bsi] = scored(SAMPLE)
    expect([ntia?.elements.length, cisa?.elements.length, bsi?.elements.length]).toEqual([7, 17, 18])
  })

  it('takes what is withheld for said, and counts it', () => {
    const held = scored(withhold(SAMPLE, ['licence'])).find(({ standard }) => standard === 'cisa-2026')
    expect(held?.elements.find(({ id }) => id === 'licence')).toMatchObject({ met: 3, of: 4, withheld: 3 })
  })

  it('judges the format as well: old versions, and vulnerabilities where they must not be', () => {
    const old = scoreSbom(BEST, readSbom(toCycloneDx(BEST, '1.4')).document)
    const missing = (at: number) => old[at]?.elements.filter(({ met, of }) => met < of).map(({ id }) => id)
    expect(missing(1)).toContain('format-version')
    expect(missing(2)).toEqual(['format'])
    const { document } = readSbom(toSpdx3(BEST))
    expect(scoreSbom(BEST, document)[2]?.percent).toBe(100)
    expect(scoreSbom(BEST, { ...document, hasVulnerabilities: true })[2]?.percent).toBeLessThan(100)
  })

  it('gives nothing for an empty one', () => {
    const empty = { ...SAMPLE, components: [], edges: [] }
    expect(lacking(empty, 'ntia-2021')).toEqual(['supplier', 'name', 'version', 'identifier', 'relationship', 'author'])
  })

  it('reads as text with what to fix, and is data as well', () => {
    expect(scoreText(scored(SAMPLE))).toMatch(
      /^NTIA minimum elements \(2021\): \d+ of 100, 4 of 7 elements whole\n {2}Supplier name: 0 of 4\n {6}such as pkg:npm\/%40s\/a@1\.0\.0, .*\n {6}fix: /,
    )
    const { document } = readSbom(toCycloneDx(SAMPLE))
    expect(scoreJson(scored(SAMPLE), document)).toMatchObject({
      schema: 'https://tallystick.dev/schemas/sbom-score/v1',
      document: { format: 'CycloneDX', version: '1.6' },
    })
  })
})
