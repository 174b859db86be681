import { sign } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestOf } from '../kernel/digest.ts'
import { passFile } from '../kernel/read-file.ts'
import { generateKey, publicKeyOf } from './keys.ts'
import { verifyMessage } from './verify-message.ts'

test.each(['ed25519', 'ecdsa-p256', 'ecdsa-p384'] as const)('a file that passes through one buffer, signed with %s', async (kind) => {
  const dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  try {
    const path = join(dir, 'file')
    const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 7) % 251)
    await fs.writeFile(path, bytes)
    const secret = generateKey(kind)
    const key = publicKeyOf(secret)
    const signature = new Uint8Array(sign(kind === 'ed25519' ? null : 'sha256', bytes, secret))
    const message = { digest: digestOf(bytes), size: bytes.byteLength, content: () => passFile({ fs }, path) }
    expect((await verifyMessage(message, signature, [key])).holders).toEqual([key])
    await fs.writeFile(path, bytes.with(150_000, 0))
    expect((await verifyMessage(message, signature, [key])).holders).toEqual([])
  } finally {
    await fs.rm(dir, { recursive: true })
  }
})
