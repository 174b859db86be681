import { PREDICATE } from '../../evidence/evidence.ts'
import { BLOB_OPTIONS, DETACHED_OPTIONS, blobEvidence, openBlob } from '../blob-evidence.ts'
import { defineCommand } from '../command.ts'
import { openWorkspaceOf } from '../context.ts'
import { COSIGN_VERIFY_OPTIONS, COSIGN_VERIFY_REFUSED, answerCosign, cosignTrust, printBlobAnswer } from '../cosign-verify.ts'

/** `tally verify-blob FILE`: is this file signed by this key or identity, asked in cosign's words. */
export const verifyBlob = defineCommand({
  name: 'verify-blob',
  summary: 'is a file signed by a key or identity, in cosign’s words',
  usage: [
    'tally verify-blob FILE --key KEY [--bundle FILE]',
    'tally verify-blob FILE --certificate-identity TEXT --certificate-oidc-issuer URL [--bundle FILE]',
  ],
  examples: [
    [
      'tally verify-blob app.tgz --bundle app.tgz.sigstore.json --certificate-identity me@example.com --certificate-oidc-issuer https://accounts.example.com',
      'by identity',
    ],
    ['tally verify-blob app.tgz --key cosign.pub --signature app.tgz.sig --insecure-ignore-tlog', 'by key, with a signature of its own'],
    ['tally verify-blob sha256:… --key cosign.pub --bundle app.tgz.sigstore.json', 'by the digest of the file alone'],
  ],
  options: { ...BLOB_OPTIONS, ...DETACHED_OPTIONS, ...COSIGN_VERIFY_OPTIONS },
  refused: COSIGN_VERIFY_REFUSED,
  words: { min: 1, max: 1, names: 'one file, - for stdin, or sha256:…' },
  notes: ['Patterns must match the whole identity, where cosign is content with a part of it.'],
  run: async (context) => {
    const workspace = await openWorkspaceOf(context, true)
    const trust = await cosignTrust(context, workspace)
    const blob = await openBlob(context, workspace, context.words[0] ?? '')
    const found = await blobEvidence(context, blob)
    const { artifact, content } = blob
    const predicateType = PREDICATE.signature
    const answer = await answerCosign({ artifact, ...(content === undefined ? {} : { content }), found, trust, predicateType })
    return printBlobAnswer(context, artifact, answer)
  },
})
