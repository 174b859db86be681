import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { vcpkgCataloger, vcpkgInstalledCataloger } from './vcpkg-catalogers.ts'

const STATUS = `Package: curl
Version: 8.5.0
Port-Version: 2
Depends: zlib, vcpkg-cmake:x64-linux-host
Architecture: x64-linux
Multi-Arch: same
Description: a tool
 that goes on
Status: install ok installed

Package: curl
Feature: ssl
Depends: openssl[tools]
Architecture: x64-linux
Status: install ok installed

Package: zlib
Version: 1.3
Architecture: x64-linux
Status: install ok installed

Package: openssl
Version: 3.2.0
Port-Version: 0
Architecture: x64-linux
Status: install ok installed

Package: gone
Version: 1
Architecture: x64-linux
Status: purge ok not-installed
`
const MANIFEST = JSON.stringify({
  name: 'app',
  'version-semver': '1.0.0',
  dependencies: ['fmt', { name: 'zlib', 'version>=': '1.3' }, { name: 'protobuf', host: true }, { name: 'boost', features: ['x'] }],
  overrides: [{ name: 'fmt', version: '10.1.0' }],
})

describe('what vcpkg installed', () => {
  it('is what its database says, with the needs of features', () => {
    const found = catalogTexts(vcpkgInstalledCataloger, { 'build/vcpkg_installed/vcpkg/status': STATUS })
    expect(shownComponents(found)).toEqual([
      'required vcpkg/curl@8.5.0?port_version=2&triplet=x64-linux',
      'required vcpkg/openssl@3.2.0?triplet=x64-linux',
      'required vcpkg/zlib@1.3?triplet=x64-linux',
    ])
    expect(shownEdges(found)).toEqual([
      'vcpkg/curl@8.5.0?port_version=2&triplet=x64-linux > vcpkg/openssl@3.2.0?triplet=x64-linux',
      'vcpkg/curl@8.5.0?port_version=2&triplet=x64-linux > vcpkg/zlib@1.3?triplet=x64-linux',
    ])
    expect(vcpkgInstalledCataloger.wants('vcpkg/installed/vcpkg/status', 'runtime-closure')).toBe(false)
  })
})

describe('vcpkg.json', () => {
  it('names what is asked for, and pins only what it sets itself', () => {
    const found = catalogTexts(vcpkgCataloger, { 'vcpkg.json': MANIFEST }, 'runtime-closure')
    expect(shownComponents(found)).toEqual(['required vcpkg/boost', 'required vcpkg/fmt@10.1.0', 'required vcpkg/zlib'])
    expect(found.components.find(({ name }) => name === 'zlib')?.range).toBe('>=1.3')
    expect(found.projects[0]?.purl).toBe('pkg:generic/app@1.0.0')
    // What those need stands in no file of the target.
    expect(found.read).toEqual([])
    expect(catalogTexts(vcpkgCataloger, { 'vcpkg.json': '{}' }, 'runtime-closure').read).toEqual(['vcpkg.json'])
  })

  it.each(['', '[]', '{"dependencies":[1]}'])('is refused as %j', (text) => {
    expect(() => catalogTexts(vcpkgCataloger, { 'vcpkg.json': text }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code: 'artifact-malformed' }),
    )
  })
})

describe('damaged files of vcpkg', () => {
  it('are read or refused: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    expect(
      (await fuzzCataloger(vcpkgInstalledCataloger, { 'vcpkg_installed/vcpkg/status': STATUS }, { mode: 'installed', rounds: 5000 }))
        .strange,
    ).toEqual([])
    expect((await fuzzCataloger(vcpkgCataloger, { 'vcpkg.json': MANIFEST }, { rounds: 5000 })).strange).toEqual([])
  })
})
