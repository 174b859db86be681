import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { opkgCataloger } from './opkg-cataloger.ts'

const FILES = {
  'etc/os-release': 'ID="openwrt"\nVERSION_ID="23.05.3"\n',
  'usr/lib/opkg/status': `Package: libc
Version: 1.2.4-4
Status: install hold installed
Architecture: x86_64
Installed-Time: 1700000000

Package: busybox
Version: 1.36.1-1
Depends: libc, missing
Provides: sh
Status: install user installed
Architecture: x86_64
`,
  'usr/lib/opkg/info/busybox.list': '/bin/busybox\n/bin/sh\t0777\tbusybox\n',
}

describe('the database of opkg', () => {
  const found = catalogTexts(opkgCataloger, FILES)

  it('gives each package, what it needs and what it owns', () => {
    expect(shownComponents(found)).toEqual([
      'required generic/openwrt@23.05.3',
      'required opkg/openwrt/busybox@1.36.1-1?arch=x86_64&distro=openwrt-23.05.3',
      'required opkg/openwrt/libc@1.2.4-4?arch=x86_64&distro=openwrt-23.05.3',
    ])
    expect(shownEdges(found)).toEqual([
      'opkg/openwrt/busybox@1.36.1-1?arch=x86_64&distro=openwrt-23.05.3 > opkg/openwrt/libc@1.2.4-4?arch=x86_64&distro=openwrt-23.05.3',
    ])
    expect([...(found.owned?.keys() ?? [])]).toEqual(['bin/busybox', 'bin/sh'])
    expect(found.read).toContain('usr/lib/opkg/status')
  })

  it('has no namespace without a name of the system, and nothing to say of a closure', () => {
    const bare = { 'opt/lib/opkg/status': FILES['usr/lib/opkg/status'] }
    expect(shownComponents(catalogTexts(opkgCataloger, bare))[0]).toBe('required opkg/busybox@1.36.1-1?arch=x86_64')
    expect(opkgCataloger.wants('usr/lib/opkg/status', 'runtime-closure')).toBe(false)
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const outcome = await fuzzCataloger(opkgCataloger, FILES, { mode: 'installed' })
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBeGreaterThan(500)
  })
})
