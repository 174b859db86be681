import { utf8 } from '../../src/kernel/bytes.ts'
import { TIMESTAMPING, certificateOf, extension, newPair } from '../../test/support/sigstore-in-memory/certificates.ts'
import { authority, keys, leafOf, signedBundle, stamp, trustedRootJson } from '../../test/support/sigstore-in-memory/instance.ts'

// A Sigstore instance with the kinds of key the public one has: authorities on P-384, leaves and logs on P-256, Rekor v2 on Ed25519.

const [root, issuer, tsaRoot, tsa] = [newPair('p384'), newPair('p384'), newPair('p384'), newPair('p384')]
const issuers = [authority('issuer', issuer, 'root', root), authority('root', root, 'root', root)]
const tsaCertificate = certificateOf({
  subject: 'tsa',
  issuer: 'tsa root',
  key: tsa,
  signer: tsaRoot,
  from: '2025-01-01T00:00:00Z',
  to: '2035-01-01T00:00:00Z',
  serial: 9,
  extensions: [extension.keyUsage(0), extension.purpose(TIMESTAMPING, true)],
})

export const MESSAGE = utf8('the released file\n')
export const ROOT_JSON = trustedRootJson({ issuers, tsa: [tsaCertificate, authority('tsa root', tsaRoot, 'tsa root', tsaRoot)] })

/** A bundle, and how many signatures whoever verifies it must check when the chains of the authorities are known. */
export type Signed = { readonly text: string; readonly operations: number }

/**
 * A bundle by a new key with a new certificate. Rekor v1: the certificate by its issuer, its SCT, the log's promise and its
 * checkpoint, and the message. Rekor v2: no promise, and a timestamp by its authority.
 */
export function newBundle(log: 'v1' | 'v2'): Signed {
  const key = newPair()
  const scts = [{ log: keys.certificateLog, time: '2026-01-01T00:00:00Z', issuer }]
  const bundle = signedBundle(MESSAGE, {
    key,
    leaf: leafOf(key, { signer: issuer, scts }),
    log,
    stampWith: (signature) => stamp(signature, { signer: tsa, certificate: tsaCertificate }),
  })
  return { text: JSON.stringify(bundle), operations: 5 }
}
