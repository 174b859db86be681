import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { dirname, join } from 'node:path'
import { flushDirectory } from '../kernel/atomic-file.ts'
import { textOf, toHex } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { TallyError, asTallyError, fail } from '../kernel/errors.ts'
import { readFileIfThere } from '../kernel/read-file.ts'
import { makeNoteSigner, makeNoteVerifier } from './note.ts'
import type { NoteSigner, NoteVerifier } from './note.ts'

/** The Ed25519 key of a log, and what follows from it. `origin` names the log and is its own: it is derived from the key. */
export type LogKey = {
  readonly origin: string
  readonly signer: NoteSigner
  readonly verifier: NoteVerifier
  readonly publicKeyPem: string
}

type KeyDeps = Pick<Deps, 'fs' | 'randomBytes' | 'log'>

/**
 * Opens the key of the log, `log.pem` in the directory `keys` (PKCS#8 PEM, mode 0600; outside the log's own directory),
 * making it when there is none. Of several processes that make one at once, one wins and all use its key. Throws `key-invalid` for anything but an
 * Ed25519 private key, `permission` or `disk` when it cannot be read or written.
 */
export async function openLogKey(deps: KeyDeps, keys: string): Promise<LogKey> {
  const path = join(keys, 'log.pem')
  try {
    const pem = (await readPem(deps, path)) ?? (await createPem(deps, path))
    await warnIfOpen(deps, path)
    return logKeyOf(parsePem(pem, path))
  } catch (error) {
    throw asTallyError(error, path)
  }
}

/** The verifier and origin of a log from its public key (SubjectPublicKeyInfo PEM): what others need to check its checkpoints. Throws `key-invalid`. */
export function logVerifierOf(publicKeyPem: string): NoteVerifier & { readonly origin: string } {
  const key = parsePublic(publicKeyPem)
  const origin = originOf(key)
  return { ...makeNoteVerifier(origin, key, origin), origin }
}

function logKeyOf(privateKey: KeyObject): LogKey {
  const publicKey = createPublicKey(privateKey)
  const origin = originOf(publicKey)
  return {
    origin,
    signer: makeNoteSigner(origin, privateKey, publicKey),
    verifier: makeNoteVerifier(origin, publicKey, origin),
    publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  }
}

/** `local.tallystick.dev/<first 16 hexadecimal digits of the key's SHA-256>`: unlike in every data directory, and the same as long as the key is. */
function originOf(publicKey: KeyObject): string {
  const digest = createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex')
  return `local.tallystick.dev/${digest.slice(0, 16)}`
}

async function readPem(deps: KeyDeps, path: string): Promise<string | undefined> {
  const bytes = await readFileIfThere(deps, path, 'keyFileBytes')
  return bytes === undefined ? undefined : textOf(bytes, 'key-invalid', path)
}

/** Writes a new key under a name of its own and gives it its place with a link, which fails where a place is taken: nobody's key is ever replaced. */
async function createPem(deps: KeyDeps, path: string): Promise<string> {
  const directory = dirname(path)
  await deps.fs.mkdir(directory, { recursive: true, mode: 0o700 })
  const temporary = join(directory, `.tmp-${process.pid}-${toHex(deps.randomBytes(6))}`)
  const { privateKey } = generateKeyPairSync('ed25519')
  try {
    const handle = await deps.fs.open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(privateKey.export({ format: 'pem', type: 'pkcs8' }))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await linkUnlessThere(deps, temporary, path)
  } finally {
    await deps.fs.rm(temporary, { force: true })
  }
  await flushDirectory(deps, directory)
  const pem = await readPem(deps, path)
  if (pem === undefined) throw fail('not-found', 'was removed while it was made', { where: path })
  return pem
}

async function linkUnlessThere(deps: KeyDeps, from: string, to: string): Promise<void> {
  try {
    await deps.fs.link(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

async function warnIfOpen(deps: KeyDeps, path: string): Promise<void> {
  const { mode } = await deps.fs.stat(path)
  if ((mode & 0o077) !== 0) deps.log('warn', `${path} can be read by others; run \`chmod 600 ${path}\``)
}

function parsePem(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
    throw fail('key-invalid', `is a key of kind ${key.asymmetricKeyType}; the log signs with Ed25519`, { where: path })
  } catch (cause) {
    if (cause instanceof TallyError) throw cause
    throw fail('key-invalid', 'holds no private key in PEM', { where: path, cause })
  }
}

function parsePublic(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
    throw fail('key-invalid', `is a key of kind ${key.asymmetricKeyType}; a log signs with Ed25519`)
  } catch (cause) {
    if (cause instanceof TallyError) throw cause
    throw fail('key-invalid', 'is no public key in PEM', { cause })
  }
}
