import { join } from 'node:path'
import { flushDirectory, writeFileAtomic } from '../kernel/atomic-file.ts'
import { textOf, toHex, utf8 } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { readFileBounded, readFileIfThere } from '../kernel/read-file.ts'
import { exportPrivateKey, generateKey, loadPublicKey, loadSigner } from './keys.ts'
import type { PublicKey } from './keys.ts'
import type { Signer } from './signer.ts'

export type LocalKey = {
  readonly signer: Signer
  readonly publicKeyFile: string
  /** Whether this call made it. */
  readonly created: boolean
}

type KeyDeps = Pick<Deps, 'fs' | 'randomBytes'>

/**
 * The key of this data directory, made once: `<dir>/keys/local.pem` (ECDSA P-256, mode 0600, no passphrase: it proves only this
 * machine), its public half beside it in `local.pub.pem`. Several processes may ask at once; all get the one key. Throws
 * `key-invalid` when others may read the private key.
 */
export async function openLocalKey(deps: KeyDeps, dir: string): Promise<LocalKey> {
  const keysDir = join(dir, 'keys')
  const path = join(keysDir, 'local.pem')
  const publicKeyFile = publicKeyPath(dir)
  try {
    await deps.fs.mkdir(keysDir, { recursive: true, mode: 0o700 })
    const created = !(await exists(deps, path)) && (await createOnce(deps, keysDir, path))
    const signer = loadSigner(await readPrivateFile(deps, path), undefined, path)
    if ((await readIfThere(deps, publicKeyFile)) !== signer.publicKeyPem) {
      await writeFileAtomic(deps, publicKeyFile, utf8(signer.publicKeyPem))
    }
    return { signer, publicKeyFile, created }
  } catch (error) {
    throw asTallyError(error, path)
  }
}

/** The public half of the data directory's key; undefined when none was made yet. Makes nothing. */
export async function readLocalPublicKey(deps: Pick<Deps, 'fs'>, dir: string): Promise<PublicKey | undefined> {
  const path = publicKeyPath(dir)
  const pem = await readIfThere(deps, path)
  return pem === undefined ? undefined : loadPublicKey(pem, path)
}

function publicKeyPath(dir: string): string {
  return join(dir, 'keys', 'local.pub.pem')
}

/** Links a finished file to its name, which fails for all but one: nobody ever sees half a key, and no key replaces another. */
async function createOnce(deps: KeyDeps, keysDir: string, path: string): Promise<boolean> {
  const temporary = join(keysDir, `.tmp-${toHex(deps.randomBytes(8))}`)
  try {
    const handle = await deps.fs.open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(exportPrivateKey(generateKey('ecdsa-p256'), undefined))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await deps.fs.link(temporary, path)
    await flushDirectory(deps, keysDir)
    return true
  } catch (error) {
    if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await deps.fs.rm(temporary, { force: true })
  }
}

async function readPrivateFile(deps: Pick<Deps, 'fs'>, path: string): Promise<string> {
  const { mode } = await deps.fs.stat(path)
  if ((mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0')
    throw fail('key-invalid', `is a private key that others may read or write (mode ${shown})`, {
      where: path,
      hint: `if nobody else had it, run \`chmod 600 ${path}\`; if unsure, move it away and a new one is made`,
    })
  }
  return textOf(await readFileBounded(deps, path, 'keyFileBytes'), 'key-invalid', path)
}

async function exists(deps: Pick<Deps, 'fs'>, path: string): Promise<boolean> {
  try {
    await deps.fs.stat(path)
    return true
  } catch (error) {
    if (asTallyError(error, path).code === 'not-found') return false
    throw error
  }
}

async function readIfThere(deps: Pick<Deps, 'fs'>, path: string): Promise<string | undefined> {
  const bytes = await readFileIfThere(deps, path, 'keyFileBytes')
  return bytes === undefined ? undefined : textOf(bytes, 'key-invalid', path)
}
