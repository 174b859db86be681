import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { goModCataloger } from './go-mod-cataloger.ts'
import { parseGoMod } from './go-mod.ts'

const MOD = `// A comment.
module example.com/App/v2 // another

go 1.22.0

toolchain go1.22.3

require host.example/Direct v1.2.3

require (
	host.example/indirect/v3 v3.0.0+incompatible // indirect
	"host.example/quoted" v0.0.0-20240102030405-0123456789ab // indirect; and more
	host.example/replaced v1.0.0
	host.example/replaced-at v1.0.0
	host.example/local v0.0.0
	host.example/loud v1.0.0 // indirectly used, but direct
)

replace (
	host.example/replaced => fork.example/replaced v1.0.1
	host.example/replaced-at v9.9.9 => fork.example/never v1.0.0
)

replace host.example/local => ./sub/local

exclude host.example/Direct v1.2.2
retract [v1.0.0, v1.1.0]
tool host.example/Direct/cmd/x
`

const SUM = `host.example/Direct v1.2.3 h1:${'A'.repeat(43)}=
host.example/Direct v1.2.3/go.mod h1:${'B'.repeat(43)}=
fork.example/replaced v1.0.1 h1:${'C'.repeat(43)}=
broken line
`

describe('a go.mod', () => {
  const found = catalogTexts(goModCataloger, { 'go.mod': MOD, 'go.sum': SUM, 'sub/local/go.mod': 'module host.example/moved\n' })

  it('lists its modules, each as what stands in for it', () => {
    expect(shownComponents(found)).toEqual([
      'required golang/fork.example/replaced@v1.0.1',
      'required golang/host.example/Direct@v1.2.3',
      'required golang/host.example/indirect/v3@v3.0.0%2Bincompatible',
      'required golang/host.example/loud@v1.0.0',
      'required golang/host.example/moved',
      'required golang/host.example/moved',
      'required golang/host.example/quoted@v0.0.0-20240102030405-0123456789ab',
      'required golang/host.example/replaced-at@v1.0.0',
    ])
    expect(found.projects).toMatchObject([{ directory: '', purl: 'pkg:golang/example.com/App/v2' }, { directory: 'sub/local' }])
  })

  it('has edges to what is imported directly', () => {
    expect(shownEdges(found)).toEqual([
      'golang/example.com/App/v2 > golang/fork.example/replaced@v1.0.1',
      'golang/example.com/App/v2 > golang/host.example/Direct@v1.2.3',
      'golang/example.com/App/v2 > golang/host.example/loud@v1.0.0',
      'golang/example.com/App/v2 > golang/host.example/moved',
      'golang/example.com/App/v2 > golang/host.example/replaced-at@v1.0.0',
    ])
  })

  it('has what go.sum says of each, under a name of its own: it is the hash of no one file', () => {
    const direct = found.components.find(({ name }) => name === 'host.example/Direct')
    expect(direct).toMatchObject({ hashes: {}, properties: { 'go:h1': `h1:${'A'.repeat(43)}=` } })
    expect(found.components.find(({ name }) => name === 'fork.example/replaced')).toHaveProperty('properties')
  })

  it('is read whole from Go 1.17 on; before, it lists only a part', () => {
    expect(found.read).toEqual(expect.arrayContaining(['go.mod', 'go.sum']))
    const old = (version: string) => catalogTexts(goModCataloger, { 'go.mod': `module a\n${version}\nrequire b v1.0.0\n` }).read
    // The partial go.mod is counted apart, so that completeness is never claimed.
    expect(old('go 1.16')).toEqual(['go.sum'])
    expect(old('')).toEqual(['go.sum'])
    expect(old('go 1.17')).toEqual(['go.mod', 'go.sum'])
    expect(catalogTexts(goModCataloger, { 'go.mod': 'module a\n' }).read).toEqual(['go.mod', 'go.sum'])
  })

  it('of the module cache, or vendored, is somebody else’s', () => {
    for (const path of ['root/go/pkg/mod/host.example/a@v1.0.0/go.mod', 'vendor/a/go.mod'])
      expect(goModCataloger.wants(path, 'installed')).toBe(false)
  })

  it.each([
    ['a requirement without a version', 'module a\nrequire b\n', 'go.mod:2'],
    ['a replacement without its arrow', 'module a\nreplace b v1\n', 'go.mod:2'],
    ['a block without its end', 'module a\nrequire (\n', 'go.mod'],
    ['a quote without its end', 'module "a\n', 'go.mod:1'],
  ])('with %s is refused', (_, text, where) => {
    expect(() => parseGoMod(utf8(text), 'go.mod')).toThrow(expect.objectContaining({ code: 'artifact-malformed', where }))
  })
})
