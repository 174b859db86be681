import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { exportPrivateKey, generateKey, loadPublicKey, publicKeyOf } from '../keys.ts'
import { KEY_ALGORITHMS } from '../schemes.ts'
import { testDeps } from '../../../test/support/deps.ts'
import { openPlugIn, parsePlugInUri } from './plug-in.ts'

// A plug-in as anybody would write one: it reads one question and answers it, with OpenSSL's command for the signature.
const PROGRAM = `#!${process.execPath}
const { execFileSync } = require('node:child_process')
const { createPublicKey, createPrivateKey, sign } = require('node:crypto')
const { readFileSync, writeFileSync } = require('node:fs')
const question = JSON.parse(readFileSync(0, 'utf8'))
const file = __dirname + '/' + question.key
const answer = (value) => process.stdout.write(JSON.stringify(value))
if (question.protocol !== 'tally-signer/1') answer({ error: 'unknown protocol' })
else if (question.key === 'broken') { process.stderr.write('no token\\u001b[31m present'); process.exit(3) }
else if (question.key === 'polite') answer({ error: 'the token is locked' })
else if (question.key === 'mute') answer({})
else if (question.method === 'public-key') answer({ publicKey: String(createPublicKey(readFileSync(file)).export({ type: 'spki', format: 'pem' })) })
else if (question.message !== undefined) answer({ signature: sign(null, Buffer.from(question.message, 'base64'), createPrivateKey(readFileSync(file))).toString('base64') })
else {
  writeFileSync(file + '.digest', Buffer.from(question.digest, 'base64'))
  answer({ signature: execFileSync('openssl', ['pkeyutl', '-sign', '-inkey', file, '-in', file + '.digest', '-pkeyopt', 'digest:sha256']).toString('base64') })
}
`

describe('a signing plug-in', () => {
  let dir = ''
  beforeEach(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    for (const name of ['file', 'pkcs11']) await fs.writeFile(join(dir, `tally-signer-${name}`), PROGRAM, { mode: 0o755 })
  })
  afterEach(async () => {
    await fs.rm(dir, { recursive: true })
  })
  /** As if the folder were on PATH. */
  const open = async (uri: string) => {
    const { spawn } = testDeps()
    return await openPlugIn({ spawn: async (file, args, options) => await spawn(join(dir, file), args, options) }, uri)
  }

  test.each(KEY_ALGORITHMS)('signs with a key of kind %s', async (kind) => {
    const key = generateKey(kind)
    await fs.writeFile(join(dir, 'k.pem'), exportPrivateKey(key, undefined))
    const signer = await open('plugin://file/k.pem')
    expect(signer).toMatchObject({ keyId: publicKeyOf(key).keyId, algorithm: kind })
    const signature = await signer.sign(utf8('a statement'))
    expect(loadPublicKey(signer.publicKeyPem).verify(utf8('a statement'), signature)).toBe(true)
  })

  test.each([
    ['plugin://file/broken', 'service-error', /ended with code 3: no token\\u\{1b\}\[31m present/],
    ['plugin://file/polite', 'service-error', /said: the token is locked/],
    ['plugin://file/mute', 'service-error', /the whole/],
    ['plugin://other/k.pem', 'tool-missing', /tally-signer-other/],
    ['pkcs11:token=polite', 'service-error', /code 1/],
  ])('at %s fails as it should', async (uri, code, why) => {
    const opening = open(uri)
    await expect(opening).rejects.toThrow(expect.objectContaining({ code }))
    await expect(opening).rejects.toThrow(why)
  })

  test.each(['plugin:file/k', 'plugin://../k', 'plugin://FILE/k', 'plugin://file/', 'plugin://file/a b', 'pkcs11:'])(
    '%s names none',
    (uri) => {
      expect(() => parsePlugInUri(uri)).toThrow(expect.objectContaining({ code: 'usage' }))
    },
  )
})
