import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { parseElixirTerm } from './elixir-term.ts'
import { mixCataloger } from './mix-cataloger.ts'

const SUM = 'ab'.repeat(32)
const LOCK = `%{
  "phoenix": {:hex, :phoenix, "1.7.10", "${'00'.repeat(32)}", [:mix], [{:plug, "~> 1.14", [hex: :plug, repo: "hexpm", optional: false]}, {:jason, "~> 1.0", [hex: :jason, repo: "hexpm", optional: true]}], "hexpm", "${SUM}"},
  "plug": {:hex, :plug, "1.15.2", "x", [:mix], [{:mime, "~> 1.0", [hex: :mime]}], "hexpm", "y"}, # a comment
  "inner": {:hex, :renamed, "0.1.0", "x", [:mix], [], "hexpm:acme", "y"},
  jason: {:hex, :jason, "1.4.1"},
  "forked": {:git, "https://me:token@git.example/forked.git", "0123abcd", [branch: "main"]},
  "local" => {:path, "../local", []},
}
`

describe('mix.lock', () => {
  const found = catalogTexts(mixCataloger, { 'mix.lock': LOCK }, 'runtime-closure')

  it('lists packages with the checksums of their files, and what needs which', () => {
    expect(shownComponents(found)).toEqual([
      'required hex/acme/renamed@0.1.0',
      'required hex/forked@0123abcd?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fforked.git%400123abcd',
      'required hex/jason@1.4.1',
      'required hex/phoenix@1.7.10',
      'required hex/plug@1.15.2',
    ])
    expect(shownEdges(found)).toEqual(['hex/phoenix@1.7.10 > hex/jason@1.4.1', 'hex/phoenix@1.7.10 > hex/plug@1.15.2'])
    expect(found.components.find(({ name }) => name === 'phoenix')?.hashes).toEqual({ sha256: SUM })
    expect(found.read).toEqual(['mix.lock', 'mix.exs'])
    expect(JSON.stringify(found)).not.toContain('token')
  })

  it('may be empty', () => {
    expect(catalogTexts(mixCataloger, { 'mix.lock': '%{\n}\n' }, 'runtime-closure').components).toEqual([])
    expect(catalogTexts(mixCataloger, { 'mix.lock': '' }, 'runtime-closure').components).toEqual([])
  })

  it.each([
    ['System.cmd("rm", ["-rf", "/"])', /no literal of Elixir/],
    ['[1, 2]', /no map/],
    ['%{"a": {:svn, "x"}}', /kind that is not read/],
    ['%{"a" {:hex}}', /without a comma/],
    ['%{1}', /no pair/],
    ['%{', /where a value must be/],
    ['%{}}', /behind its last bracket/],
    ['%{"a": "b', /no literal/],
    ['['.repeat(500), /nested deeper/],
  ])('is refused as %j', (text, message) => {
    expect(() => catalogTexts(mixCataloger, { 'mix.lock': text }, 'runtime-closure')).toThrow(message)
  })

  it('has texts with quotes and keys of every form', () => {
    expect(parseElixirTerm('[a: "x\\"y", "b c": :"d e", {:f, -1.5}]', 'x')).toEqual({
      kind: 'list',
      items: [
        {
          kind: 'tuple',
          items: [
            { kind: 'atom', value: 'a' },
            { kind: 'text', value: 'x"y' },
          ],
        },
        {
          kind: 'tuple',
          items: [
            { kind: 'text', value: 'b c' },
            { kind: 'atom', value: 'd e' },
          ],
        },
        {
          kind: 'tuple',
          items: [
            { kind: 'atom', value: 'f' },
            { kind: 'atom', value: '-1.5' },
          ],
        },
      ],
    })
  })

  it('is read in linear time', () => {
    expect(() => parseElixirTerm(`"${'\\'.repeat(200_001)}`, 'x')).toThrow(/no literal/)
    expect(() => parseElixirTerm('a'.repeat(500_000) + '"', 'x')).toThrow(/no literal/)
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const outcome = await fuzzCataloger(mixCataloger, { 'mix.lock': LOCK })
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBeGreaterThan(300)
  })
})
