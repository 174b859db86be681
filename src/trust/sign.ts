import { fromHex, toBase64 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { fail } from '../kernel/errors.ts'
import { makeBundle } from '../evidence/bundle.ts'
import { IN_TOTO, preAuthEncoding } from '../evidence/dsse.ts'
import { checkPredicate } from '../evidence/predicates/index-table.ts'
import { parseStatement } from '../evidence/statement.ts'
import { loadPublicKey } from './keys.ts'
import type { Signer } from './signer.ts'

/**
 * Signs a statement. In: signer and the statement's bytes (`statementBytes`). Out: the bundle (Sigstore 0.3, DSSE) and its digest. The
 * signature is verified before it is handed out, so a faulty key or key service is noticed here (`signature-invalid`). Throws
 * `evidence-malformed` for a statement or predicate that nobody could verify later.
 */
export async function signStatement(
  signer: Signer,
  statement: Uint8Array,
): Promise<{ readonly bundle: Uint8Array; readonly digest: Digest }> {
  const { predicateType, predicate } = parseStatement(statement, 'the statement to sign')
  const check = checkPredicate(predicateType, predicate)
  if (!check.ok)
    throw fail('evidence-malformed', `has a predicate that is not one of ${predicateType}: ${check.why}`, {
      where: 'the statement to sign',
    })
  const signed = preAuthEncoding(IN_TOTO, statement)
  const sig = await signer.sign(signed)
  if (!loadPublicKey(signer.publicKeyPem).verify(signed, sig)) {
    throw fail('signature-invalid', 'gave a signature that its own public key does not accept', {
      where: `key ${signer.keyId.slice(0, 16)}`,
    })
  }
  const bundle = makeBundle(
    { payloadType: IN_TOTO, payload: statement, signatures: [{ keyid: '', sig }] },
    { publicKeyHint: toBase64(fromHex(signer.keyId)) },
  )
  return { bundle, digest: digestOf(bundle) }
}
