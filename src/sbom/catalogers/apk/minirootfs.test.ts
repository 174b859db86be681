import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { parsePurl } from '../../../package/purl.ts'
import { apkCataloger } from './apk-cataloger.ts'

/** The packages of a small Alpine 3.20: name, version, source, licence, `D:`, `p:`, and files as `F:`/`R:` pairs. */
const PACKAGES: readonly (readonly [string, string, string, string, string, string, string])[] = [
  [
    'alpine-baselayout',
    '3.6.5-r0',
    'alpine-baselayout',
    'GPL-2.0-only',
    'alpine-baselayout-data=3.6.5-r0 /bin/sh',
    '',
    'etc/motd etc/profile.d/README',
  ],
  ['alpine-baselayout-data', '3.6.5-r0', 'alpine-baselayout', 'GPL-2.0-only', '', '', 'etc/fstab etc/hosts'],
  ['alpine-keys', '2.4-r1', 'alpine-keys', 'MIT', '', '', 'etc/apk/keys/a.rsa.pub'],
  [
    'apk-tools',
    '2.14.4-r0',
    'apk-tools',
    'GPL-2.0-only',
    'musl>=1.2.3_git20230424 ca-certificates-bundle so:libc.musl-x86_64.so.1 so:libcrypto.so.3 so:libssl.so.3 so:libz.so.1',
    'so:libapk.so.2.14.0=2.14.0 cmd:apk=2.14.4-r0',
    'lib/libapk.so.2.14.0 sbin/apk',
  ],
  ['busybox', '1.36.1-r29', 'busybox', 'GPL-2.0-only', 'so:libc.musl-x86_64.so.1', 'cmd:busybox=1.36.1-r29', 'bin/busybox'],
  ['busybox-binsh', '1.36.1-r29', 'busybox', 'GPL-2.0-only', 'busybox=1.36.1-r29', '/bin/sh cmd:sh=1.36.1-r29', 'bin/sh'],
  [
    'ca-certificates-bundle',
    '20240226-r0',
    'ca-certificates',
    'MPL-2.0 AND MIT',
    '',
    'ca-certificates-cacert=20240226-r0',
    'etc/ssl/cert.pem',
  ],
  [
    'libcrypto3',
    '3.3.1-r3',
    'openssl',
    'Apache-2.0',
    'so:libc.musl-x86_64.so.1',
    'so:libcrypto.so.3=3 libcrypto3=3.3.1-r3',
    'lib/libcrypto.so.3',
  ],
  ['libssl3', '3.3.1-r3', 'openssl', 'Apache-2.0', 'so:libc.musl-x86_64.so.1 so:libcrypto.so.3', 'so:libssl.so.3=3', 'lib/libssl.so.3'],
  ['musl', '1.2.5-r0', 'musl', 'MIT', '', 'so:libc.musl-x86_64.so.1=1', 'lib/ld-musl-x86_64.so.1'],
  [
    'musl-utils',
    '1.2.5-r0',
    'musl',
    'MIT AND BSD-2-Clause AND GPL-2.0-or-later',
    'scanelf so:libc.musl-x86_64.so.1',
    'libc-utils=1.2.5-r0 cmd:ldd=1.2.5-r0',
    'usr/bin/ldd',
  ],
  ['scanelf', '1.3.7-r2', 'pax-utils', 'GPL-2.0-only', 'so:libc.musl-x86_64.so.1', 'cmd:scanelf=1.3.7-r2', 'usr/bin/scanelf'],
  [
    'ssl_client',
    '1.36.1-r29',
    'busybox',
    'GPL-2.0-only',
    'so:libc.musl-x86_64.so.1 so:libcrypto.so.3 so:libssl.so.3',
    'cmd:ssl_client=1.36.1-r29',
    'usr/bin/ssl_client',
  ],
  ['zlib', '1.3.1-r1', 'zlib', 'Zlib', 'so:libc.musl-x86_64.so.1', 'so:libz.so.1=1.3.1', 'lib/libz.so.1'],
  ['.build-deps', '20260101.000000', '', '', 'ghost-package>9', '', ''],
]

/** A stanza as apk writes it, with the fields nobody asks for between those that count. */
function stanzaOf([name, version, origin, licence, depends, provides, files]: (typeof PACKAGES)[number]): string {
  const lines = ['C:Q1z2yPMx0bBEFLpuo+rdYhPnFWRVM=', `P:${name}`, `V:${version}`, 'A:x86_64', 'S:1', 'I:2', `T:text with P:colons, V:9`]
  lines.push(
    'U:https://host.example/',
    `L:${licence}`,
    ...(origin === '' ? [] : [`o:${origin}`]),
    'm:A Person <a@host.example>',
    't:1718000000',
  )
  if (depends !== '') lines.push(`D:${depends}`)
  if (provides !== '') lines.push(`p:${provides}`)
  for (const path of files.split(' ').filter((one) => one !== '')) {
    const slash = path.lastIndexOf('/')
    lines.push(`F:${path.slice(0, slash)}`, 'M:0:0:1777', `R:${path.slice(slash + 1)}`, 'a:0:0:755', 'Z:Q1vYO+T3hqvOq6Z1WmT5dFJOq2uQY=')
  }
  return `${lines.join('\n')}\n\n`
}

describe('the database of a small Alpine', () => {
  const database = PACKAGES.map(stanzaOf).join('')
  const files = { 'lib/apk/db/installed': database, 'etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.1\n' }
  const found = apkCataloger.read(new Map(Object.entries(files).map(([path, text]) => [path, { bytes: utf8(text) }])), 'installed')
  const nameOf = (purl: string): string => parsePurl(purl).name

  it('has every package at its version, with source and licence', () => {
    const listed = found.components.slice(1).map(({ purl, licence = '' }) => {
      const { name, version, qualifiers } = parsePurl(purl)
      return [name, version, qualifiers['upstream'] ?? name, licence]
    })
    expect(listed).toEqual(PACKAGES.map(([name, version, origin, licence]) => [name, version, origin === '' ? name : origin, licence]))
    expect(new Set(found.components.map(({ purl }) => parsePurl(purl).qualifiers['distro']))).toEqual(new Set([undefined, 'alpine-3.20.1']))
  })

  it('has the edges that apk would print with `apk info -R`, each resolved to who provides it', () => {
    const edges = new Set(found.edges.map(({ from, to }) => `${nameOf(from)} > ${nameOf(to)}`))
    expect([...edges].toSorted()).toEqual([
      'alpine-baselayout > alpine-baselayout-data',
      'alpine-baselayout > busybox-binsh',
      'apk-tools > ca-certificates-bundle',
      'apk-tools > libcrypto3',
      'apk-tools > libssl3',
      'apk-tools > musl',
      'apk-tools > zlib',
      'busybox > musl',
      'busybox-binsh > busybox',
      'libcrypto3 > musl',
      'libssl3 > libcrypto3',
      'libssl3 > musl',
      'musl-utils > musl',
      'musl-utils > scanelf',
      'scanelf > musl',
      'ssl_client > libcrypto3',
      'ssl_client > libssl3',
      'ssl_client > musl',
      'zlib > musl',
    ])
  })

  it('owns every file of every package', () => {
    expect([...(found.owned?.keys() ?? [])].toSorted()).toEqual(
      PACKAGES.flatMap((one) => one[6].split(' ').filter((path) => path !== '')).toSorted(),
    )
  })
})
