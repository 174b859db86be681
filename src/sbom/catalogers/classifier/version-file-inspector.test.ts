import { describe, expect, it } from 'vitest'
import { inPieces } from '../../../artifact/tar-fixture.ts'
import { utf8 } from '../../../kernel/bytes.ts'
import { versionFileInspector } from './version-file-inspector.ts'
import { VERSION_FILES } from './version-files.ts'

async function purlsIn(path: string, text: string): Promise<string[] | undefined> {
  const content = utf8(text)
  if (!versionFileInspector.mayWant({ path, size: content.byteLength, executable: false })) return undefined
  const found = await versionFileInspector.inspect({ path, size: content.byteLength, content: inPieces(content) })
  return (found?.catalog?.components ?? []).map(({ purl }) => purl)
}

const ROWS: readonly (readonly [purl: string, path: string, text: string])[] = [
  ['openjdk@17.0.9', 'opt/java/openjdk/release', 'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="17.0.9"\nJAVA_VERSION_DATE="2023-10-17"\n'],
  ['openjdk@1.8.0_392', 'usr/local/openjdk-8/release', 'JAVA_VERSION="1.8.0_392"\nOS_NAME="Linux"\n'],
  ['go@1.22.3', 'usr/local/go/VERSION', 'go1.22.3\ntime 2024-05-01T19:49:47Z\n'],
  ['erlang@26.2.5.2', 'usr/local/lib/erlang/releases/26/OTP_VERSION', '26.2.5.2\n'],
  [
    'elixir@1.17.3',
    'usr/local/src/elixir/lib/elixir/ebin/elixir.app',
    '{application,elixir,\n    [{description,"elixir"},\n     {vsn,"1.17.3"}]}.\n',
  ],
  ['rabbitmq@3.13.7', 'opt/rabbitmq/plugins/rabbit-3.13.7/ebin/rabbit.app', '{application, \'rabbit\', [\n\t{vsn, "3.13.7"},\n'],
  ['ocaml@5.2.0', 'home/opam/.opam/5.2/lib/ocaml/VERSION', '5.2.0\n\n# The version string is the first line of this file.\n'],
  ['crystal@1.14.0', 'usr/share/crystal/src/VERSION', '1.14.0\n'],
  ['swipl@9.2.8', 'usr/lib/swipl/VERSION', '9.2.8\n'],
  ['dart@3.5.4', 'usr/lib/dart/version', '3.5.4\n'],
  [
    'julia@1.11.1',
    'usr/local/julia/include/julia/julia_version.h',
    '#define JULIA_VERSION_STRING "1.11.1"\n#define JULIA_VERSION_MAJOR 1\n',
  ],
  [
    'r@4.4.2',
    'usr/local/lib/R/include/Rversion.h',
    '#define R_VERSION 263170\n#define R_MAJOR  "4"\n#define R_MINOR  "4.2"\n#define R_STATUS ""\n',
  ],
]

describe('files by which runtimes say their version', () => {
  it('has an example of every row', () => {
    const named = new Set(ROWS.map(([purl]) => purl.slice(0, purl.indexOf('@'))))
    expect([...named].toSorted()).toEqual(VERSION_FILES.map(({ name }) => name).toSorted())
  })

  it.each(ROWS)('%s', async (purl, path, text) => {
    expect(await purlsIn(path, text)).toEqual([`pkg:generic/${purl}`])
  })

  it.each([
    ['another folder', 'srv/app/VERSION', '1.14.0\n'],
    ['a version of something else', 'srv/lib/version', '3.5.4\n'],
  ])('does not look at %s', async (_, path, text) => {
    expect(await purlsIn(path, text)).toBeUndefined()
  })

  it.each([
    ['a release file of something else', 'srv/app/release', 'VERSION="17.0.9"\n'],
    ['a Java version in a comment', 'opt/java/release', '# JAVA_VERSION="17.0.9"\n'],
    ['a Go tree from version control', 'usr/local/go/VERSION', 'devel go1.23-abcdef\n'],
    ['more than a version', 'usr/lib/dart/version', '3.5.4 and later\n'],
  ])('finds nothing in %s', async (_, path, text) => {
    expect(await purlsIn(path, text)).toEqual([])
  })

  it('leaves large files alone', () => {
    expect(versionFileInspector.mayWant({ path: 'opt/java/release', size: 1 << 20, executable: false })).toBe(false)
  })
})
