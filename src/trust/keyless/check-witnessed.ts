import { parseLogEntry } from '../../evidence/bundle.ts'
import { fail } from '../../kernel/errors.ts'
import type { Signer, Witnessed } from '../signer.ts'
import type { TrustedRoot } from '../sigstore/trusted-root.ts'
import { readClaimed, verifyCertificate } from '../sigstore/verify-certificate.ts'
import { verifyWitnesses } from '../sigstore/witness.ts'

/**
 * A signer whose certificates, log entries and timestamps are verified by a trusted root before a signature is handed out: what nobody
 * with that root could verify is not signed. Throws `service-error` saying why not.
 */
export function checkedBy(signer: Signer, root: TrustedRoot): Signer {
  const { voucher } = signer
  const witness = voucher?.witness
  if (voucher === undefined || witness === undefined) return signer
  return {
    ...signer,
    voucher: {
      ...voucher,
      witness: async (signed) => {
        const witnessed = await witness(signed)
        const problem = problemOf(witnessed, signed.signature, signed.verifier, root)
        if (problem === undefined) return witnessed
        throw fail('service-error', `was witnessed, but by the trusted root it ${problem}`, {
          where: 'the signature',
          hint: 'check that --trusted-root and --signing-config are of the same Sigstore instance',
        })
      },
    },
  }
}

function problemOf(
  { logEntries, timestamps }: Witnessed,
  signature: Uint8Array,
  verifier: { readonly kind: 'certificate' | 'key'; readonly der: Uint8Array },
  root: TrustedRoot,
): string | undefined {
  const needs = {
    logs: Math.min(1, logEntries.length),
    timestamps: Math.min(1, timestamps.length),
    certificateLogs: Math.min(1, root.certificateLogs.length),
  }
  const entries = logEntries.map((entry) => parseLogEntry(entry, 'the log'))
  const found = verifyWitnesses({ logEntries: entries, timestamps, entryNeed: 'proof' }, signature, root, needs, true)
  if ('why' in found) return found.why
  if (verifier.kind === 'key') return undefined
  return verifyCertificate(readClaimed([verifier.der]), root, found.times, needs)
}
