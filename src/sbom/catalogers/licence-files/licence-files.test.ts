import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { attachLicences } from '../../attach-licences.ts'
import { classifyLicence } from '../../licence/classify.ts'
import type { Component } from '../../model.ts'
import type { LicenceFinding } from '../cataloger.ts'
import { readDebianCopyright } from './debian-copyright.ts'
import { licenceInspector } from './licence-inspector.ts'

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`
const ISC = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`

describe('the licence of a text', () => {
  it('is told with a confidence, whoever holds the copyright and however it is wrapped', () => {
    const wrapped = MIT.replace(/(.{40,60}) /g, '$1\n * ')
    for (const text of [
      MIT,
      `The MIT License (MIT)\n\nCopyright (c) 2026 Somebody and others\n\n${MIT}`,
      `/*\n * ${wrapped}\n */`,
      MIT.toUpperCase(),
    ]) {
      const found = classifyLicence(text)
      expect(found?.licence).toBe('MIT')
      expect(found?.confidence).toBeGreaterThan(0.9)
    }
    expect(classifyLicence(ISC)?.licence).toBe('ISC')
  })

  it('is less sure the more else stands there', () => {
    const noise = Array.from({ length: 400 }, (_, at) => `word${at}`).join(' ')
    const found = classifyLicence(`${MIT}\n${noise}`)
    expect(found?.licence).toBe('MIT')
    expect(found?.confidence).toBeLessThan(0.95)
  })

  it('is all of them for a text that holds several', () => {
    expect(classifyLicence(`${MIT}\n\nand parts of it:\n\n${ISC}`)?.licence).toBe('ISC AND MIT')
  })

  it.each([
    ['nothing', ''],
    ['a word', 'MIT'],
    ['another text', 'lorem ipsum dolor sit amet '.repeat(100)],
    ['half of one', MIT.slice(0, 500)],
  ])('is not told of %s', (_, text) => {
    expect(classifyLicence(text)).toBeUndefined()
  })

  it('does not take long for a long text', () => {
    expect(classifyLicence('a b c d e '.repeat(200_000))).toBeUndefined()
  })
})

describe("Debian's copyright files", () => {
  it('name their licences, which SPDX may call otherwise', () => {
    const text = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: x

Files: *
Copyright: 2026 Somebody
License: Expat

Files: debian/*
License: GPL-2+ and BSD-3-clause

Files: y
License: LGPL-2.1

Files: z
License: Homemade Licence

License: Expat
 Permission is hereby granted
`
    expect(readDebianCopyright(text)).toEqual({
      licence: 'BSD-3-Clause AND GPL-2.0-or-later AND LGPL-2.1-only AND LicenseRef-Homemade-Licence AND MIT',
      confidence: 0.95,
    })
  })

  it('of the older kind refer to the common licences', () => {
    const text = 'On Debian systems the text is in /usr/share/common-licenses/GPL-3, and /usr/share/common-licenses/Apache-2.0.'
    expect(readDebianCopyright(text)).toEqual({ licence: 'Apache-2.0 AND GPL-3.0-only', confidence: 0.8 })
  })

  it('or hold the licence themselves', () => {
    expect(readDebianCopyright(`This package was put together by somebody.\n\n${MIT}`)?.licence).toBe('MIT')
    expect(readDebianCopyright('nothing of note')).toBeUndefined()
  })
})

describe('licence files', () => {
  it.each([
    ['node_modules/a/LICENSE', true],
    ['srv/node_modules/@s/a/licence.md', true],
    ['usr/lib/python3/site-packages/a-1.dist-info/licenses/LICENSE.txt', true],
    ['usr/lib/python3/site-packages/a-1.dist-info/COPYING', true],
    ['usr/share/doc/libc6/copyright', true],
    ['usr/share/licenses/bash/COPYING', true],
    ['LICENSE', false],
    ['node_modules/a/lib/LICENSE', false],
    ['node_modules/a/licenses.js.map', false],
    ['usr/share/doc/libc6/NEWS', false],
  ])('%s is looked into: %s', (path, wanted) => {
    expect(licenceInspector.mayWant({ path, size: 1000, executable: false })).toBe(wanted)
  })

  it('of an absurd size are not', () => {
    expect(licenceInspector.mayWant({ path: 'node_modules/a/LICENSE', size: 100_000_000, executable: false })).toBe(false)
  })

  it('say whose licence they are', async () => {
    const found = await licenceInspector.inspect({
      path: 'node_modules/a/LICENSE',
      size: 1,
      content: [utf8(MIT)] as unknown as AsyncIterable<Uint8Array>,
    })
    expect(found?.catalog?.licences).toMatchObject([
      { of: { folder: 'node_modules/a' }, licence: 'MIT', file: 'node_modules/a/LICENSE', declared: false },
    ])
  })
})

describe('what licence files say of components', () => {
  const part = (more: Partial<Component> = {}): Component => ({
    purl: 'pkg:npm/a@1',
    name: 'a',
    version: '1',
    type: 'library',
    hashes: {},
    evidence: [{ cataloger: 'npm', file: 'node_modules/a/package.json', method: 'installed', confidence: 1 }],
    scope: 'required',
    ...more,
  })
  const says = (licence: string, file = 'LICENSE'): LicenceFinding => ({
    of: { folder: 'node_modules/a' },
    licence,
    confidence: 0.9,
    file: `node_modules/a/${file}`,
    declared: false,
  })

  it('is a conclusion, beside what the package declares', () => {
    expect(attachLicences([part({ licence: 'ISC' })], [says('MIT')])).toEqual([
      part({ licence: 'ISC', concluded: { licence: 'MIT', confidence: 0.9, file: 'node_modules/a/LICENSE' } }),
    ])
  })

  it('bears out an expression whose licences are all there', () => {
    const findings = [says('Apache-2.0', 'LICENSE-APACHE'), says('MIT', 'LICENSE-MIT')]
    expect(attachLicences([part({ licence: 'MIT OR Apache-2.0' })], findings)[0]?.concluded?.licence).toBe('MIT OR Apache-2.0')
    expect(attachLicences([part()], findings)[0]?.concluded?.licence).toBe('Apache-2.0 AND MIT')
    expect(attachLicences([part({ licence: 'GPL-2.0-or-later' })], [says('GPL-2.0')])[0]?.concluded?.licence).toBe('GPL-2.0-or-later')
  })

  it('of a distribution is what is declared, where the package says nothing', () => {
    const deb = part({ purl: 'pkg:deb/debian/libc6@2', name: 'libc6', evidence: [] })
    const finding: LicenceFinding = {
      of: { name: 'libc6', types: ['deb'] },
      licence: 'LGPL-2.1-or-later',
      confidence: 0.95,
      file: 'usr/share/doc/libc6/copyright',
      declared: true,
    }
    expect(attachLicences([deb], [finding])).toEqual([{ ...deb, licence: 'LGPL-2.1-or-later' }])
  })

  it('of somebody else is not theirs', () => {
    expect(attachLicences([part()], [{ ...says('MIT'), of: { folder: 'node_modules/b' } }])).toEqual([part()])
  })
})
