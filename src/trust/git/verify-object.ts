import { TallyError } from '../../kernel/errors.ts'
import type { IdentityAuthority } from '../authority.ts'
import type { AllowedSigner } from './allowed-signers.ts'
import { verifyGitsign } from './gitsign.ts'
import type { SigningKey } from './openpgp/keyring.ts'
import { verifyOpenPgp } from './openpgp/verify-openpgp.ts'
import { whoMaySign } from './allowed-signers.ts'
import { readSignedObject } from './signed-object.ts'
import type { GitObject, GitSignatureForm, SignedObject } from './signed-object.ts'
import { matchesSsh, readSshSignature } from './ssh-signature.ts'

/** Who may sign commits and tags: by SSH keys, by OpenPGP keys, by identity. */
export type GitTrust = {
  readonly allowedSigners: readonly AllowedSigner[]
  readonly openPgpKeys: readonly SigningKey[]
  readonly identities: readonly IdentityAuthority[]
}

export type GitVerified = {
  readonly ok: true
  readonly form: GitSignatureForm
  /** Who signed, as the trust list names them. */
  readonly signer: string
} & Pick<SignedObject, 'maker' | 'names'>

export type GitRefused = {
  readonly ok: false
  readonly code: 'no-evidence' | 'untrusted' | 'signature-invalid' | 'evidence-malformed'
  readonly why: string
}

/**
 * Verifies the signature of a commit or tag from its raw bytes, offline. Out: who signed, or why that is not proven. Hostile bytes never
 * throw; a `digest-mismatch` does, since then the repository is not what it says, and so does a trusted root that cannot be read.
 */
export async function verifyGitObject(object: GitObject, trust: GitTrust): Promise<GitVerified | GitRefused> {
  try {
    const { payload, signature, maker, names } = readSignedObject(object)
    if (signature === undefined) return { ok: false, code: 'no-evidence', why: 'is not signed' }
    const where = `the signature of ${object.type} ${object.id.slice(0, 12)}`
    const found = await signerOf(payload, signature, maker.seconds * 1000, trust, where)
    if ('why' in found) return { ok: false, ...found }
    return { ok: true, form: signature.form, signer: found.signer, maker, ...(names === undefined ? {} : { names }) }
  } catch (error) {
    if (!(error instanceof TallyError)) throw error
    if (error.code === 'key-invalid') return { ok: false, code: 'untrusted', why: `is signed by what ${error.message}` }
    if (error.code !== 'evidence-malformed' && error.code !== 'limit-exceeded') throw error
    return { ok: false, code: 'evidence-malformed', why: error.message }
  }
}

type Found = { readonly signer: string } | Pick<GitRefused, 'code' | 'why'>

async function signerOf(
  payload: Uint8Array,
  { form, text }: Required<SignedObject>['signature'],
  at: number,
  trust: GitTrust,
  where: string,
): Promise<Found> {
  if (form === 'openpgp') return verifyOpenPgp(payload, text, trust.openPgpKeys, where)
  if (form === 'x509') return await verifyGitsign(payload, text, trust.identities, where)
  const ssh = readSshSignature(text, where)
  // The signature itself comes first: what is said of its key counts only if the key made it.
  if (!matchesSsh(payload, ssh, 'git'))
    return { code: 'signature-invalid', why: 'has a signature that does not match its bytes and the key it names' }
  const who = whoMaySign(trust.allowedSigners, ssh.keyBlob, 'git', at)
  return 'why' in who ? { code: 'untrusted', why: who.why } : { signer: who.principals }
}
