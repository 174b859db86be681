import { describe, expect, it } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { inPieces, paxEntry, paxRecord, rawTar } from './tar-fixture.ts'
import { normalisePath } from './tar-path.ts'
import { walkTar } from './tar.ts'

/** Numbers that look random and are the same on every run (xorshift32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const base = rawTar([
  { name: 'etc/', typeflag: '5' },
  { name: 'etc/file', content: utf8('x'.repeat(600)) },
  paxEntry(paxRecord('path', `${'d/'.repeat(80)}f`) + paxRecord('size', '3') + paxRecord('comment', 'ü')),
  { name: 'short', content: utf8('abc') },
  { name: 'l', typeflag: 'L', content: utf8(`${'e/'.repeat(80)}l\0`) },
  { name: 'lnk', typeflag: '2', linkName: '../up', magic: 'ustar  \0' },
  { name: 'hard', typeflag: '1', linkName: 'etc/file' },
  paxEntry(paxRecord('comment', 'all'), 'g'),
  { name: 'big', size: new Uint8Array([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]), content: utf8('1234') },
])
const INTERESTING = [0x00, 0x20, 0x2e, 0x2f, 0x30, 0x37, 0x38, 0x3d, 0x0a, 0x7f, 0x80, 0xff]

function mutate(random: (below: number) => number): Uint8Array {
  const bytes = Buffer.from(base)
  for (let changes = 1 + random(6); changes > 0; changes -= 1) {
    const at = random(bytes.byteLength)
    bytes[at] = random(2) === 0 ? random(256) : (INTERESTING[random(INTERESTING.length)] ?? 0)
    // Most changes would end at the checksum: mend it, so that what lies behind is tried as well.
    if (random(8) > 0) mendChecksum(bytes, at - (at % 512))
  }
  return random(10) === 0 ? bytes.subarray(0, random(bytes.byteLength)) : bytes
}

function mendChecksum(bytes: Buffer, start: number): void {
  if (bytes.toString('latin1', start + 257, start + 262) !== 'ustar') return
  bytes.write('        ', start + 148, 'latin1')
  let sum = 0
  for (const byte of bytes.subarray(start, start + 512)) sum += byte
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, start + 148, 'latin1')
}

describe('a damaged archive', () => {
  it('is read or refused, and never anything else: 10,000 seeded mutations', async () => {
    const random = createRandom(0x7a11)
    const outcomes = { read: 0, refused: 0 }
    const strange: unknown[] = []
    for (let round = 0; round < 10_000; round += 1) {
      const bytes = mutate(random)
      try {
        await walkTar(
          inPieces(bytes, 1 + random(2048)),
          async (entry) => {
            const normal = normalisePath(entry.path)
            if (!('path' in normal) || normal.path !== entry.path || !entry.path.isWellFormed()) strange.push(entry.path)
            let size = 0
            if (random(2) === 0) for await (const piece of entry.content) size += piece.byteLength
            if (size > entry.size) strange.push(size)
          },
          { where: 'fuzz' },
        )
        outcomes.read += 1
      } catch (error) {
        if (!(error instanceof TallyError) || error.code === 'bug') strange.push(error)
        outcomes.refused += 1
      }
    }
    expect(strange).toEqual([])
    expect(outcomes.read).toBeGreaterThan(500)
    expect(outcomes.refused).toBeGreaterThan(500)
  })
})
