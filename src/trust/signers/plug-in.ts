import { z } from 'zod'
import { fromBase64, textOf, toBase64, utf8 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import type { Json } from '../../kernel/json.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { readShape } from '../../kernel/shape.ts'
import { safeText, shorten } from '../../kernel/text.ts'
import type { Signer } from '../signer.ts'
import { byDigest, byMessage, serviceSigner } from './service-signer.ts'

/** What every question begins with; a plug-in that does not know it says so. */
export const PLUG_IN_PROTOCOL = 'tally-signer/1'

const answerSchema = z.union([
  z.strictObject({ publicKey: z.string().min(1) }),
  z.strictObject({ signature: z.string().min(1) }),
  z.strictObject({ error: z.string() }),
])

/**
 * A key behind a program: `plugin://NAME/KEY` runs `tally-signer-NAME` of PATH, and `pkcs11:…` runs `tally-signer-pkcs11` with the whole
 * URI as KEY. One question a run, JSON on its standard input; one answer, JSON on its standard output (docs/keys.md). Throws
 * `tool-missing`, or `service-error` with what the program said.
 */
export async function openPlugIn(deps: Pick<Deps, 'spawn'>, uri: string): Promise<Signer> {
  const { name, key } = parsePlugInUri(uri)
  const program = `tally-signer-${name}`
  const ask = async (question: Readonly<Record<string, Json>>): Promise<z.infer<typeof answerSchema>> => {
    const input = utf8(`${JSON.stringify({ protocol: PLUG_IN_PROTOCOL, key, ...question })}\n`)
    const { exitCode, stdout, stderr } = await deps.spawn(program, [], {
      input,
      maxOutput: LIMITS.keyFileBytes,
      timeoutMs: LIMITS.plugInMs,
    })
    if (exitCode !== 0) {
      const said = shorten(safeText(textOf(stderr, 'service-error', program).trim()), 300)
      throw fail('service-error', `ended with code ${exitCode}${said === '' ? '' : `: ${said}`}`, { where: program })
    }
    const answer = readShape(answerSchema, parseJson(stdout, program, { code: 'service-error' }), program, 'service-error')
    if ('error' in answer) throw fail('service-error', `said: ${shorten(safeText(answer.error), 300)}`, { where: program })
    return answer
  }
  const sign = async (question: Readonly<Record<string, Json>>): Promise<Uint8Array> => {
    const answer = await ask({ method: 'sign', ...question })
    if (!('signature' in answer)) throw fail('service-error', 'gave something else than a signature', { where: program })
    return fromBase64(answer.signature, 'service-error', program)
  }
  const half = await ask({ method: 'public-key' })
  if (!('publicKey' in half)) throw fail('service-error', 'gave something else than a public key', { where: program })
  // cosign accepts by key what is signed with SHA-256 only, and a token signs any digest.
  const digest = byDigest('sha256', (bytes, hash) => sign({ hash, digest: toBase64(bytes) }))
  const message = byMessage((bytes) => sign({ message: toBase64(bytes) }))
  return serviceSigner(half.publicKey, uri, program, {
    'ecdsa-p256': digest,
    'ecdsa-p384': digest,
    'ecdsa-p521': digest,
    rsa: digest,
    ed25519: message,
    'ml-dsa-44': message,
    'ml-dsa-65': message,
    'ml-dsa-87': message,
  })
}

/** Reads `plugin://NAME/KEY` and `pkcs11:…`. Throws `usage`. */
export function parsePlugInUri(uri: string): { readonly name: string; readonly key: string } {
  if (/^pkcs11:[\x21-\x7e]{1,1024}$/.test(uri)) return { name: 'pkcs11', key: uri }
  const [, name, key] = /^plugin:\/\/([a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?)\/([\x21-\x7e]{1,1024})$/.exec(uri) ?? []
  if (name === undefined || key === undefined) {
    throw fail('usage', 'does not name a key behind a program', { where: uri.slice(0, 100), hint: 'write plugin://NAME/KEY' })
  }
  return { name, key }
}
