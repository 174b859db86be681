import { describe, expect, it } from 'vitest'
import { assembleSbom } from '../../assemble.ts'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { rInstalledCataloger, renvCataloger } from './r-catalogers.ts'

const LOCK = JSON.stringify({
  R: { Version: '4.3.2', Repositories: [{ Name: 'CRAN', URL: 'https://cran.example' }] },
  Packages: {
    cli: {
      Package: 'cli',
      Version: '3.6.2',
      Source: 'Repository',
      Repository: 'CRAN',
      Requirements: ['R', 'utils'],
      License: 'MIT + file LICENSE',
    },
    rlang: {
      Package: 'rlang',
      Version: '1.1.2',
      Source: 'Repository',
      Depends: ['R (>= 3.5.0)'],
      Imports: ['utils', 'cli (>= 3.0)'],
      LinkingTo: 'cli, R',
    },
    Biobase: { Package: 'Biobase', Version: '2.60.0', Source: 'Bioconductor', Requirements: ['cli'] },
    dev: {
      Package: 'dev',
      Version: '0.0.1',
      Source: 'GitHub',
      RemoteType: 'github',
      RemoteUsername: 'Acme',
      RemoteRepo: 'dev',
      RemoteSha: '0123abcd',
    },
  },
})

describe('renv.lock', () => {
  it('lists packages by where they come from, and what needs which', () => {
    const found = catalogTexts(renvCataloger, { 'renv.lock': LOCK }, 'runtime-closure')
    expect(shownComponents(found)).toEqual([
      'required bioconductor/Biobase@2.60.0',
      'required cran/cli@3.6.2',
      'required cran/rlang@1.1.2',
      'required github/acme/dev@0123abcd',
    ])
    expect(shownEdges(found)).toEqual(['bioconductor/Biobase@2.60.0 > cran/cli@3.6.2', 'cran/rlang@1.1.2 > cran/cli@3.6.2'])
  })

  it.each(['', '{}', '{"Packages":{"a":{}}}'])('is refused as %j', (text) => {
    expect(() => catalogTexts(renvCataloger, { 'renv.lock': text }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed' }),
    )
  })
})

const LIBRARY = 'usr/local/lib/R/site-library'
const INSTALLED = {
  [`${LIBRARY}/cli/DESCRIPTION`]:
    'Package: cli\nVersion: 3.6.2\nLicense: MIT + file LICENSE\nRepository: CRAN\nBuilt: R 4.3.2; ; 2024-01-01; unix\n',
  [`${LIBRARY}/rlang/DESCRIPTION`]: 'Package: rlang\nVersion: 1.1.2\nImports: utils,\n    cli (>= 3.0)\nBuilt: R 4.3.2\n',
  [`${LIBRARY}/source/DESCRIPTION`]: 'Package: source\nVersion: 1.0\n',
  'srv/library/data.table/DESCRIPTION': 'no: fields\n that: matter\n',
}

describe('installed R packages', () => {
  it('are what their DESCRIPTION says, if R installed them', () => {
    const found = catalogTexts(rInstalledCataloger, INSTALLED)
    expect(shownComponents(found)).toEqual(['required cran/cli@3.6.2', 'required cran/rlang@1.1.2'])
    const sbom = assembleSbom([found], { subject: {}, fallbackName: 'x', created: '2026-01-01T00:00:00Z', completeness: 'unknown' })
    expect(sbom.edges).toContainEqual({ from: 'pkg:cran/rlang@1.1.2', to: 'pkg:cran/cli@3.6.2' })
  })

  it('and lockfiles are read or refused when they are damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    expect((await fuzzCataloger(renvCataloger, { 'renv.lock': LOCK }, { rounds: 5000 })).strange).toEqual([])
    expect((await fuzzCataloger(rInstalledCataloger, INSTALLED, { mode: 'installed', rounds: 5000 })).strange).toEqual([])
  })
})
