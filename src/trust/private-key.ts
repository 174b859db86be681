import type { KeyObject } from 'node:crypto'
import { TallyError, fail } from '../kernel/errors.ts'
import type { Deps } from '../kernel/deps.ts'
import { isCosignKey, openCosignKey } from './cosign-key.ts'
import { exportPrivateKey, isEncryptedKey, loadSigner, openKey } from './keys.ts'
import { findPassphrase } from './passphrase.ts'
import type { PassphraseSources } from './passphrase.ts'
import type { Signer } from './signer.ts'

/** Whether the text of a private key is of no use without its passphrase, in whichever form it is. */
export function isLockedKey(pem: string): boolean {
  return isEncryptedKey(pem) || isCosignKey(pem)
}

/**
 * Opens a private key of any form that is read: PKCS#8 plain or encrypted, PKCS#1, SEC1, cosign's own. A passphrase is looked for only when
 * the key is locked. cosign makes keys with no passphrase at all when COSIGN_PASSWORD is set and empty; so are its keys opened. Throws
 * `passphrase-missing`, `passphrase-wrong` (saying where the passphrase was from), `key-invalid`.
 */
export async function unlockKey(
  deps: Pick<Deps, 'env' | 'fs'>,
  pem: string,
  sources: PassphraseSources,
  where: string,
): Promise<KeyObject> {
  if (!isLockedKey(pem)) return openKey(pem, undefined, where)
  const isEmpty = isCosignKey(pem) && deps.env['COSIGN_PASSWORD'] === '' && (deps.env['TALLY_KEY_PASSPHRASE'] ?? '') === ''
  const passphrase = isEmpty ? { text: '', from: 'COSIGN_PASSWORD, which is empty' } : await findPassphrase(deps, sources)
  try {
    return await openLockedKey(pem, passphrase?.text, where)
  } catch (error) {
    if (passphrase === undefined || !(error instanceof TallyError) || error.code !== 'passphrase-wrong') throw error
    throw fail('passphrase-wrong', `does not open with the passphrase from ${passphrase.from}`, { where, cause: error })
  }
}

/** A signer of an opened private key. */
export function signerOf(key: KeyObject, where: string): Signer {
  return loadSigner(exportPrivateKey(key, undefined), undefined, where)
}

async function openLockedKey(pem: string, passphrase: string | undefined, where: string): Promise<KeyObject> {
  if (!isCosignKey(pem)) return openKey(pem, passphrase, where)
  const key = await openCosignKey(pem, passphrase, where)
  // Through the same door as every other key, which refuses the kinds that are not supported, by name.
  return openKey(exportPrivateKey(key, undefined), undefined, where)
}
