import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { apkCataloger } from './apk-cataloger.ts'
import { parseApkInstalled } from './installed.ts'

const DATABASE = `C:Q1dGhpcyBpcyBhIGNoZWNrc3VtISEhISE=
P:musl
V:1.2.5-r10
A:x86_64
S:400000
I:600000
T:the musl c library (libc) implementation
L:MIT
o:musl
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1AAAA
F:
R:root-file

P:busybox
V:1.37.0-r18
A:x86_64
L:GPL-2.0-only
o:busybox
D:so:libc.musl-x86_64.so.1
p:cmd:sh=1.37.0-r18 /bin/sh
F:bin
R:busybox

P:ssl_client
V:1.37.0-r18
A:x86_64
L:GPL-2.0-only
o:busybox
D:so:libc.musl-x86_64.so.1 so:gone.so.9 busybox=1.37.0-r18 !conflict /bin/busybox

P:no-version
`

function catalog(contents: Readonly<Record<string, string>>) {
  return apkCataloger.read(new Map(Object.entries(contents).map(([path, text]) => [path, { bytes: utf8(text) }])), 'installed')
}

function short(purl: string): string | undefined {
  return /alpine\/([^@]+)/.exec(purl)?.[1]
}

describe('the database of apk', () => {
  const found = catalog({ 'etc/os-release': 'ID=alpine\nVERSION_ID=3.22.1\n', 'lib/apk/db/installed': DATABASE })

  it('gives each package, with the distribution, its licence and the source it was built from', () => {
    expect(found.components.map(({ purl, licence }) => [purl, licence])).toEqual([
      ['pkg:generic/alpine@3.22.1', undefined],
      ['pkg:apk/alpine/musl@1.2.5-r10?arch=x86_64&distro=alpine-3.22.1', 'MIT'],
      ['pkg:apk/alpine/busybox@1.37.0-r18?arch=x86_64&distro=alpine-3.22.1', 'GPL-2.0-only'],
      ['pkg:apk/alpine/ssl_client@1.37.0-r18?arch=x86_64&distro=alpine-3.22.1&upstream=busybox', 'GPL-2.0-only'],
    ])
  })

  it('resolves names, shared objects and paths to the packages that have them', () => {
    expect(found.edges.map(({ from, to }) => `${short(from)} > ${short(to)}`)).toEqual([
      'busybox > musl',
      'ssl_client > musl',
      'ssl_client > busybox',
      'ssl_client > busybox',
    ])
  })

  it('tells what its packages own', () => {
    expect([...(found.owned?.keys() ?? [])]).toEqual(['lib/ld-musl-x86_64.so.1', 'root-file', 'bin/busybox'])
  })

  it('reads the place that newer systems use', () => {
    expect(catalog({ 'usr/lib/apk/db/installed': 'P:a\nV:1\n' }).components.map(({ purl }) => purl)).toEqual(['pkg:apk/alpine/a@1'])
  })

  it('finds nothing where there is no database', () => {
    expect(catalog({ 'etc/os-release': 'ID=alpine\n' }).components).toEqual([])
    expect(apkCataloger.wants('lib/apk/db/installed', 'runtime-closure')).toBe(false)
  })

  it('refuses a database that is no text', () => {
    expect(() => parseApkInstalled(new Uint8Array([0x50, 0x3a, 0xff]), 'lib/apk/db/installed')).toThrow(/UTF-8/)
  })
})
