import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { homebrewCataloger } from './homebrew-cataloger.ts'

const CELLAR = 'home/linuxbrew/.linuxbrew/Cellar'
const RECEIPT = JSON.stringify({
  homebrew_version: '4.2.0',
  source: { tap: 'homebrew/core', path: '/home/someone/x.rb', versions: { stable: '1.21.4' } },
  runtime_dependencies: [
    { full_name: 'openssl@3', version: '3.2.0', pkg_version: '3.2.0_1' },
    { full_name: 'acme/tap/tool', version: '1.0' },
  ],
})
const FILES = {
  [`${CELLAR}/wget/1.21.4/INSTALL_RECEIPT.json`]: RECEIPT,
  [`${CELLAR}/openssl@3/3.2.0_1/INSTALL_RECEIPT.json`]: '{"source":null}',
}

describe('what Homebrew installed', () => {
  it('is what its receipts say', () => {
    const found = catalogTexts(homebrewCataloger, FILES)
    expect([...new Set(shownComponents(found))]).toEqual([
      'required brew/acme/tap/tool@1.0',
      'required brew/homebrew/core/openssl%403@3.2.0_1',
      'required brew/homebrew/core/wget@1.21.4',
    ])
    expect(shownEdges(found)).toEqual([
      'brew/homebrew/core/wget@1.21.4 > brew/acme/tap/tool@1.0',
      'brew/homebrew/core/wget@1.21.4 > brew/homebrew/core/openssl%403@3.2.0_1',
    ])
    expect(JSON.stringify(found)).not.toContain('someone')
  })

  it('is passed over when a receipt is broken', () => {
    expect(catalogTexts(homebrewCataloger, { [`${CELLAR}/x/1/INSTALL_RECEIPT.json`]: '{' })).toMatchObject({ components: [], read: [] })
  })

  it('is read or passed over when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const outcome = await fuzzCataloger(homebrewCataloger, FILES, { mode: 'installed' })
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBe(10_000)
  })
})
