import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import { distroOf, parseOsRelease } from '../os-release.ts'
import { dpkgCataloger } from './dpkg-cataloger.ts'
import { parseDpkgStatus } from './status.ts'

const STATUS = `Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: glibc
Version: 2.36-9+deb12u4
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10-10)
Description: GNU C Library
 with a Depends: not-this-one in its text
 .
 end

Package: libgcc-s1
Status: install ok installed
Architecture: amd64
Source: gcc-12 (12.2.0-14)
Version: 12.2.0-14
Provides: libgcc1 (= 1:12.2.0-14), virtual-thing
Depends: gcc-12-base (= 12.2.0-14), libc6 (>= 2.35)

Package: app
Status: install ok installed
Architecture: all
Version: 1:1.0+b1
Pre-Depends: libc6 (>> 99) | libgcc1 (>= 1:4.0)
Depends: missing | virtual-thing,
 missing-too (>= 1) | libc6:any, virtual-thing (>= 1)

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: broken-half
Status: install ok half-configured
Architecture: amd64
Version: 2.0
`

const OS = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n'

function catalog(contents: Readonly<Record<string, string>>) {
  return dpkgCataloger.read(new Map(Object.entries(contents).map(([path, text]) => [path, { bytes: utf8(text) }])), 'installed')
}

function short(purl: string): string | undefined {
  return /debian\/([^@]+)/.exec(purl)?.[1]
}

describe('the database of dpkg', () => {
  const found = catalog({ 'etc/os-release': OS, 'var/lib/dpkg/status': STATUS })

  it('gives each package whose files are there, with the epoch in the version and the source upstream', () => {
    expect(found.components.map(({ purl }) => purl)).toEqual([
      'pkg:generic/debian@12',
      'pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12&upstream=glibc',
      'pkg:deb/debian/libgcc-s1@12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14',
      'pkg:deb/debian/app@1:1.0%2Bb1?arch=all&distro=debian-12',
      'pkg:deb/debian/broken-half@2.0?arch=amd64&distro=debian-12',
    ])
    expect(found.components[0]?.type).toBe('operating-system')
  })

  it('resolves each clause to its first alternative that holds, versions and provided names heeded', () => {
    expect(found.edges.map(({ from, to }) => `${short(from)} > ${short(to)}`)).toEqual([
      'libc6 > libgcc-s1',
      'libgcc-s1 > libc6',
      // libc6 is not newer than 99, libgcc1 is provided in version 1:12; virtual-thing has no version, so (>= 1) does not hold.
      'app > libgcc-s1',
      'app > libc6',
    ])
  })

  it('reads the folder of distroless images, without its checksum lists', () => {
    const distroless = catalog({
      'usr/lib/os-release': OS,
      'var/lib/dpkg/status.d/base': 'Package: base-files\nArchitecture: amd64\nVersion: 12.4\nDepends: tzdata\n',
      'var/lib/dpkg/status.d/tzdata': 'Package: tzdata\nArchitecture: all\nVersion: 2024a\n',
    })
    expect(distroless.components.map(({ name }) => name)).toEqual(['debian', 'base-files', 'tzdata'])
    expect(distroless.edges).toHaveLength(1)
  })

  it('tells which of its packages own what', () => {
    const owned = catalog({
      'var/lib/dpkg/status': STATUS,
      'var/lib/dpkg/info/app.list': '/.\n/usr\n/usr/share/nodejs/x/package.json\n',
      'var/lib/dpkg/info/libc6:amd64.list': '/lib/x86_64-linux-gnu/libc.so.6\n',
      'var/lib/dpkg/info/gone.list': '/usr/bin/gone\n',
    }).owned
    expect([...(owned ?? [])].map(([path, purl]) => `${path} ${short(purl)}`)).toEqual([
      '. app',
      'usr app',
      'usr/share/nodejs/x/package.json app',
      'lib/x86_64-linux-gnu/libc.so.6 libc6',
    ])
  })

  it('tells it of distroless images by their lists of checksums', () => {
    const sums = `${'0a'.repeat(16)}  ./usr/share/doc/x\n${'0b'.repeat(16)}  usr/lib/libssl.so.3\nbroken\n`
    const owned = catalog({
      'var/lib/dpkg/status.d/libssl3': 'Package: libssl3\nArchitecture: amd64\nVersion: 3.0\n',
      'var/lib/dpkg/status.d/libssl3.md5sums': sums,
    }).owned
    expect([...(owned?.keys() ?? [])]).toEqual(['usr/share/doc/x', 'usr/lib/libssl.so.3'])
  })

  it('has nothing to say of the runtime closure of a project', () => {
    expect(dpkgCataloger.wants('var/lib/dpkg/status', 'runtime-closure')).toBe(false)
  })

  it('refuses a database that is no text', () => {
    expect(() => parseDpkgStatus(new Uint8Array([0x50, 0xff, 0xfe]), 'var/lib/dpkg/status')).toThrow(/UTF-8/)
  })

  it('passes over stanzas without a name or version and lines that are no field', () => {
    expect(parseDpkgStatus(utf8('Package: x\n\nVersion: 1\n\nnonsense\n: y\n leading\n\nPackage: a\nVersion: 1'), 'status')).toMatchObject([
      { name: 'a', version: '1' },
    ])
  })
})

describe('os-release', () => {
  it.each([
    ['ID=debian\nVERSION_ID="12"', 'debian-12'],
    ["ID='ubuntu'\nVERSION_ID='24.04'", 'ubuntu-24.04'],
    ['ID=debian\nVERSION_CODENAME=sid', 'debian-sid'],
    ['# comment\nID="wolfi"', undefined],
  ])('%j is %s', (text, distro) => {
    const release = parseOsRelease(utf8(text))
    expect(release && distroOf(release)).toBe(distro)
  })

  it.each(['', 'NAME=x', 'ID=../../x', 'ID='])('%j names no system', (text) => {
    expect(parseOsRelease(utf8(text))).toBeUndefined()
  })
})
