import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { helmCataloger } from './helm-cataloger.ts'

const CHART = `apiVersion: v2
name: app
version: 1.2.0
appVersion: "3"
dependencies:
  - name: postgresql
    version: ~13.2
    repository: https://me:pw@charts.example/stable
    condition: postgresql.enabled
  - name: common
    version: 2.x.x
    repository: "file://../common"
`
const LOCK = `dependencies:
- name: postgresql
  repository: https://charts.example/stable
  version: 13.2.24
- name: common
  repository: file://../common
  version: 2.1.0
digest: sha256:00
generated: "2024-01-01T00:00:00Z"
`

describe('a Helm chart', () => {
  it('needs what its lock pins', () => {
    const found = catalogTexts(helmCataloger, { 'Chart.yaml': CHART, 'Chart.lock': LOCK }, 'runtime-closure')
    expect(shownComponents(found)).toEqual([
      'required helm/common@2.1.0',
      'required helm/postgresql@13.2.24?repository_url=https:%2F%2Fcharts.example%2Fstable',
    ])
    expect(shownEdges(found)).toEqual([
      'helm/app@1.2.0 > helm/common@2.1.0',
      'helm/app@1.2.0 > helm/postgresql@13.2.24?repository_url=https:%2F%2Fcharts.example%2Fstable',
    ])
    expect(found.read).toContain('Chart.yaml')
  })

  it('without a lock is partial, and its ranges pin nothing', () => {
    const found = catalogTexts(helmCataloger, { 'Chart.yaml': CHART }, 'runtime-closure')
    expect(found.components.map(({ purl, range }) => `${purl} ${range}`)).toEqual([
      'pkg:helm/postgresql?repository_url=https:%2F%2Fcharts.example%2Fstable ~13.2',
      'pkg:helm/common 2.x.x',
    ])
    expect(found.partial).toEqual(['Chart.yaml'])
    expect(JSON.stringify(found)).not.toContain('pw')
  })

  it('of the old form has its needs in files of their own', () => {
    const files = {
      'c/Chart.yaml': 'name: old\nversion: 0.1.0\n',
      'c/requirements.yaml': 'dependencies: [{name: redis, version: 17.0.0}]',
      'c/requirements.lock': 'dependencies:\n- name: redis\n  version: 17.0.0\n',
    }
    expect(shownComponents(catalogTexts(helmCataloger, files))).toEqual(['required helm/old@0.1.0', 'required helm/redis@17.0.0'])
  })

  it.each(['', 'name: []', 'name: x\ndependencies: [{version: 1}]'])('is refused as %j', (text) => {
    expect(() => catalogTexts(helmCataloger, { 'Chart.yaml': text }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed' }),
    )
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    expect((await fuzzCataloger(helmCataloger, { 'Chart.yaml': CHART, 'Chart.lock': LOCK })).strange).toEqual([])
  })
})
