import { predicateTypeOf } from '../../evidence/predicates/index-table.ts'
import { isDigest } from '../../kernel/digest.ts'
import { fail } from '../../kernel/errors.ts'
import { BLOB_OPTIONS, blobEvidence, openBlob } from '../blob-evidence.ts'
import { defineCommand } from '../command.ts'
import type { Context } from '../command.ts'
import { openWorkspaceOf } from '../context.ts'
import { COSIGN_VERIFY_OPTIONS, COSIGN_VERIFY_REFUSED, answerCosign, cosignTrust, printBlobAnswer } from '../cosign-verify.ts'

/** `tally verify-blob-attestation FILE`: did this key or identity attest this about a file, asked in cosign's words. */
export const verifyBlobAttestation = defineCommand({
  name: 'verify-blob-attestation',
  summary: 'who attested what about a file, in cosign’s words',
  usage: [
    'tally verify-blob-attestation FILE --bundle FILE --type TYPE (--key KEY | --certificate-identity TEXT --certificate-oidc-issuer URL)',
  ],
  examples: [
    [
      'tally verify-blob-attestation app.tgz --bundle app.tgz.sigstore.json --type slsaprovenance1 --repo example/app',
      'provenance made on GitHub',
    ],
  ],
  options: {
    ...BLOB_OPTIONS,
    type: { type: 'string', value: 'TYPE', help: 'predicate type: an alias of cosign’s or ours, or a URI', default: 'custom' },
    digest: { type: 'string', value: 'HEX', help: 'sha256 of the file, in place of the file' },
    digestAlg: { type: 'string', value: 'NAME', choices: ['sha256'], help: 'algorithm of --digest: sha256', default: 'sha256' },
    ...COSIGN_VERIFY_OPTIONS,
  },
  refused: {
    ...COSIGN_VERIFY_REFUSED,
    signature: 'a bundle holds the envelope: --bundle',
    certificate: 'a bundle holds the certificate: --bundle',
  },
  words: { min: 0, max: 1, names: 'one file, - for stdin, or sha256:…' },
  run: async (context) => {
    const workspace = await openWorkspaceOf(context, true)
    const trust = await cosignTrust(context, workspace)
    const blob = await openBlob(context, workspace, wordOf(context))
    const found = await blobEvidence(context, blob)
    const { artifact, content } = blob
    const predicateType = predicateTypeOf(context.flags.text('type') ?? 'custom')
    const answer = await answerCosign({ artifact, ...(content === undefined ? {} : { content }), found, trust, predicateType })
    return printBlobAnswer(context, artifact, answer)
  },
})

function wordOf({ words, flags }: Context): string {
  const [word] = words
  const hex = flags.text('digest')
  if ((word === undefined) === (hex === undefined))
    throw fail('usage', 'needs either a file or --digest', { where: 'tally verify-blob-attestation' })
  if (word !== undefined) return word
  const digest = `sha256:${hex?.replace(/^sha256:/, '').toLowerCase()}`
  if (!isDigest(digest)) throw fail('usage', 'is not 64 hexadecimal digits', { where: '--digest' })
  return digest
}
