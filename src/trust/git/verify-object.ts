import { TallyError } from '../../kernel/errors.ts'
import type { AllowedSigner } from './allowed-signers.ts'
import { whoMaySign } from './allowed-signers.ts'
import { readSignedObject } from './signed-object.ts'
import type { GitObject, GitSignatureForm, SignedObject } from './signed-object.ts'
import { matchesSsh, readSshSignature } from './ssh-signature.ts'

/** Who may sign commits and tags. */
export type GitTrust = { readonly allowedSigners: readonly AllowedSigner[] }

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
 * throw; a `digest-mismatch` does, since then the repository is not what it says.
 */
export function verifyGitObject(object: GitObject, trust: GitTrust): GitVerified | GitRefused {
  try {
    const { payload, signature, maker, names } = readSignedObject(object)
    if (signature === undefined) return { ok: false, code: 'no-evidence', why: 'is not signed' }
    if (signature.form !== 'ssh')
      return { ok: false, code: 'untrusted', why: `is signed by ${FORM_NAMES[signature.form]}, which is not verified here` }
    const ssh = readSshSignature(signature.text, `the signature of ${object.type} ${object.id.slice(0, 12)}`)
    const who = whoMaySign(trust.allowedSigners, ssh.keyBlob, 'git', maker.seconds * 1000)
    // The signature itself comes first: what is said of its key counts only if the key made it.
    if (!matchesSsh(payload, ssh, 'git'))
      return { ok: false, code: 'signature-invalid', why: 'has a signature that does not match its bytes and the key it names' }
    if ('why' in who) return { ok: false, code: 'untrusted', why: who.why }
    return { ok: true, form: 'ssh', signer: who.principals, maker, ...(names === undefined ? {} : { names }) }
  } catch (error) {
    if (!(error instanceof TallyError)) throw error
    if (error.code === 'key-invalid') return { ok: false, code: 'untrusted', why: `is signed by what ${error.message}` }
    if (error.code !== 'evidence-malformed') throw error
    return { ok: false, code: 'evidence-malformed', why: error.message }
  }
}

const FORM_NAMES: Readonly<Record<Exclude<GitSignatureForm, 'ssh'>, string>> = { openpgp: 'OpenPGP', x509: 'X.509 (gitsign)' }
