import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../kernel/limits.ts'
import { fuzz } from '../fuzz-fixture.ts'
import { openZip, startZipBudget } from './zip.ts'
import { zipBytes } from './zip-fixture.ts'
import type { ZipFixture } from './zip-fixture.ts'

const FILES: readonly ZipFixture[] = [
  { path: 'META-INF/MANIFEST.MF', content: 'Manifest-Version: 1.0\n' },
  { path: 'lib/ü.jar', content: 'stored', stored: true },
  { path: 'empty/', content: '' },
]

function texts(bytes: Uint8Array): Record<string, string> {
  const zip = openZip(bytes, 'a.jar', startZipBudget())
  return Object.fromEntries(zip.entries.map((entry) => [entry.path, new TextDecoder().decode(zip.read(entry, 'archiveTextBytes'))]))
}

const READ = { 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n', 'lib/ü.jar': 'stored', 'empty/': '' }

describe('a zip archive', () => {
  it.each([
    ['as build tools write it', {}],
    ['with a comment that looks like an end', { comment: `PK\u0005\u0006${'x'.repeat(40)}` }],
    ['with a script before it', { prefix: '#!/bin/sh\nexec java -jar "$0"\n' }],
    ['of the 64-bit form', { wide: true }],
    ['of the 64-bit form with a script before it', { wide: true, prefix: '#!/bin/sh\n' }],
  ])('%s', (_, options) => {
    expect(texts(zipBytes(FILES, options))).toEqual(READ)
  })

  it.each([
    ['that is none', new Uint8Array(100), /no central directory/],
    ['that is empty', new Uint8Array(0), /no central directory/],
    ['that is cut off', zipBytes(FILES).subarray(0, 150), /no central directory/],
    ['that promises more entries than fit', zipBytes(FILES, { count: 60_000 }), /does not fit/],
    ['with an encrypted entry', zipBytes([{ path: 'x', content: 'y', flags: 1 }]), /is encrypted/],
    ['with an unknown kind of packing', zipBytes([{ path: 'x', content: 'y', method: 99 }]), /Java does not know/],
    ['with an entry larger than it says', zipBytes([{ path: 'x', content: 'y'.repeat(1000), size: 10 }]), /to the size its archive says/],
    ['with an entry smaller than it says', zipBytes([{ path: 'x', content: 'y', size: 10 }]), /to the size its archive says/],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => texts(bytes)).toThrow(message)
    expect(() => texts(bytes)).toThrow(expect.objectContaining({ code: 'artifact-malformed' }))
  })

  it('is not unpacked past the caps: of one entry, of all together, of how many there are', () => {
    const bomb = zipBytes([{ path: 'bomb', content: new Uint8Array(LIMITS.archiveTextBytes + 1) }])
    expect(() => texts(bomb)).toThrow(/archiveTextBytes/)
    const zip = openZip(zipBytes([{ path: 'a', content: new Uint8Array(1000) }]), 'a', { entries: 1, unpackedBytes: 1500 })
    const [entry] = zip.entries
    if (entry === undefined) throw new Error('there is an entry')
    zip.read(entry, 'archiveTextBytes')
    expect(() => zip.read(entry, 'archiveTextBytes')).toThrow(/archiveUnpackedBytes/)
    expect(() => openZip(zipBytes(FILES), 'a', { entries: 2, unpackedBytes: 0 })).toThrow(/archiveEntries/)
  })

  it('is read or refused when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const outcome = await fuzz(
      [zipBytes(FILES), zipBytes(FILES, { wide: true }), zipBytes(FILES, { prefix: '#!x\n', comment: 'y' })],
      texts,
    )
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBeGreaterThan(500)
    expect(outcome.refused).toBeGreaterThan(500)
  })
})
