import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { licenceOfMetadata } from './metadata-licence.ts'
import { parseMetadata } from './metadata.ts'
import { pythonCataloger } from './python-cataloger.ts'

const SITE = 'usr/local/lib/python3.12/site-packages'

describe('what is installed of Python', () => {
  const found = catalogTexts(pythonCataloger, {
    [`${SITE}/Web_Thing-2.1.dist-info/METADATA`]:
      'Metadata-Version: 2.1\nName: Web.Thing\nVersion: 2.1\nLicense: MIT\nRequires-Dist: small (>=1)\nRequires-Dist: eggy>=1; python_version < "4"\nRequires-Dist: only-extra; extra == "x"\n\nName: not-this\n',
    [`${SITE}/small-1.0.dist-info/METADATA`]: 'Name: small\r\nVersion: 1.0\r\n\r\n',
    [`${SITE}/small-1.0.dist-info/direct_url.json`]: `{"url":"https://user:secret@host.example/small.git","vcs_info":{"vcs":"git","commit_id":"0123abc"}}`,
    [`${SITE}/only_extra-1.0.dist-info/METADATA`]: 'Name: only-extra\nVersion: 1.0\n',
    [`${SITE}/eggy-3.0-py3.12.egg/EGG-INFO/PKG-INFO`]: 'Name: eggy\nVersion: 3.0\n',
    [`${SITE}/eggy-3.0-py3.12.egg/EGG-INFO/requires.txt`]: 'small\n\n[extra]\nonly-extra\n',
    [`${SITE}/old.egg-info`]: 'Name: old\nVersion: 0.1\n',
    'opt/other/site-packages/small-9.dist-info/METADATA': 'Name: small\nVersion: 9\n',
    [`${SITE}/broken-1.dist-info/METADATA`]: '\u0000\u0001',
  })

  it('has wheels, eggs and what setuptools left', () => {
    expect(shownComponents(found)).toEqual([
      'required pypi/eggy@3.0',
      'required pypi/old@0.1',
      'required pypi/only-extra@1.0',
      'required pypi/small@1.0?vcs_url=git%2Bhttps:%2F%2Fhost.example%2Fsmall.git%400123abc',
      'required pypi/small@9',
      'required pypi/web-thing@2.1',
    ])
    expect(found.components[0]).toMatchObject({ name: expect.any(String), evidence: [{ method: 'installed' }] })
    expect(JSON.stringify(found)).not.toContain('secret')
  })

  it('has the edges within one environment, without those that only an extra asks for', () => {
    expect(shownEdges(found)).toEqual([
      'pypi/eggy@3.0 > pypi/small@1.0?vcs_url=git%2Bhttps:%2F%2Fhost.example%2Fsmall.git%400123abc',
      'pypi/web-thing@2.1 > pypi/eggy@3.0',
      'pypi/web-thing@2.1 > pypi/small@1.0?vcs_url=git%2Bhttps:%2F%2Fhost.example%2Fsmall.git%400123abc',
    ])
  })

  it('has the edges that the markers of its place and the extras that are asked for let in', () => {
    const dist = (name: string, ...requires: readonly string[]): string =>
      `Name: ${name}\nVersion: 1\n${requires.map((one) => `Requires-Dist: ${one}\n`).join('')}\n`
    const texts = {
      [`${SITE}/app-1.dist-info/METADATA`]: dist(
        'app',
        'web[fast,dev] >=1',
        'old ; python_version < "3.9"',
        'win ; sys_platform == "win32"',
      ),
      [`${SITE}/web-1.dist-info/METADATA`]: dist(
        'web',
        'speed ; extra == "fast"',
        'slow ; extra == "slow"',
        'new ; python_version >= "3.9"',
      ),
      [`${SITE}/speed-1.dist-info/METADATA`]: dist('speed', 'web[slow] ; platform_machine == "riscv64"'),
      ...Object.fromEntries(['old', 'win', 'slow', 'new'].map((name) => [`${SITE}/${name}-1.dist-info/METADATA`, dist(name)])),
      [`${SITE}/egg.egg-info/PKG-INFO`]: 'Name: egg\nVersion: 1\n',
      [`${SITE}/egg.egg-info/requires.txt`]: 'new\n\n[:python_version < "3"]\nold\n\n[x:python_version > "3"]\nslow\n',
    }
    const edges = [
      'pypi/app@1 > pypi/web@1',
      'pypi/egg@1 > pypi/new@1',
      // Asked for on one kind of machine only: which one it is nobody knows.
      'pypi/speed@1 > pypi/web@1',
      'pypi/web@1 > pypi/new@1',
      'pypi/web@1 > pypi/slow@1',
      'pypi/web@1 > pypi/speed@1',
    ]
    const inLayer = new Map(Object.entries(texts).map(([path, text]) => [path, { bytes: utf8(text), layer: 'sha256:00' }]))
    expect(shownEdges(pythonCataloger.read(inLayer, 'installed'))).toEqual(edges)
    // A folder may be one of any system: what is there may be needed.
    expect(shownEdges(catalogTexts(pythonCataloger, texts))).toEqual([
      'pypi/app@1 > pypi/web@1',
      'pypi/app@1 > pypi/win@1',
      ...edges.slice(1),
    ])
  })

  it('is not part of a runtime closure', () => {
    expect(pythonCataloger.wants(`${SITE}/small-1.0.dist-info/METADATA`, 'runtime-closure')).toBe(false)
  })

  it('of an archive has the hash pip checked', () => {
    const direct = `{"url":"https://host.example/a.whl","archive_info":{"hashes":{"sha256":"${'ab'.repeat(32)}"}}}`
    const { components } = catalogTexts(pythonCataloger, {
      'x.dist-info/METADATA': 'Name: a\nVersion: 1\n',
      'x.dist-info/direct_url.json': direct,
    })
    expect(components).toMatchObject([
      { purl: 'pkg:pypi/a@1?download_url=https:%2F%2Fhost.example%2Fa.whl', hashes: { sha256: 'ab'.repeat(32) } },
    ])
  })
})

describe('the licence of a distribution', () => {
  it.each([
    ['License-Expression: MIT OR Apache-2.0\nLicense: other', 'MIT OR Apache-2.0'],
    ['License: BSD-3-Clause', 'BSD-3-Clause'],
    ['License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License', 'MIT'],
    ['License: The whole\n        text of a licence\nClassifier: License :: OSI Approved :: BSD License', 'BSD License'],
    [
      'Classifier: License :: OSI Approved\nClassifier: License :: OSI Approved :: MIT License\nClassifier: License :: Public Domain',
      'MIT AND (Public Domain)',
    ],
    ['Classifier: Topic :: Text', undefined],
  ])('of %j is %s', (headers, licence) => {
    expect(licenceOfMetadata(parseMetadata(`Name: a\n${headers}\n\nbody`))).toBe(licence)
  })
})
