import { sealArtifact } from '../../chain/seal-artifact.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { REGISTRY_OPTIONS, SIGNER_OPTIONS } from '../context.ts'
import { REFUSED_SIGNING } from '../cosign-flags.ts'
import { KEYLESS_OPTIONS } from '../keyless.ts'
import { PREDICATE_OPTIONS, readPredicate } from '../predicate-flags.ts'
import { SEAL_OPTIONS, blobRequestOf, printSealed } from '../sealing.ts'

/** `tally attest-blob FILE --predicate FILE --type TYPE`: signs an in-toto statement about a file, in the bundle cosign reads. */
export const attestBlob = defineCommand({
  name: 'attest-blob',
  summary: 'sign a statement about a file, as cosign does',
  usage: ['tally attest-blob FILE --predicate FILE --type TYPE --key KEY [--bundle OUT]'],
  examples: [
    ['tally attest-blob app.tgz --predicate sbom.json --type cyclonedx --key cosign.key --bundle app.tgz.sbom.json', 'an SBOM of a file'],
  ],
  options: { ...PREDICATE_OPTIONS, ...SIGNER_OPTIONS, ...KEYLESS_OPTIONS, ...SEAL_OPTIONS, ...REGISTRY_OPTIONS, format: FORMAT_TEXT_JSON },
  refused: {
    ...REFUSED_SIGNING,
    hash: 'give the file itself: what is signed is what was read',
    statement: 'sign what the statement says with --predicate and --type; the subject is the file',
    'output-attestation': 'the statement is in the bundle: --bundle',
    'output-signature': 'the signature is in the bundle: --bundle',
  },
  words: { min: 1, max: 1, names: 'one file' },
  run: async (context) => {
    const said = await readPredicate(context)
    const request = await blobRequestOf(context, context.words[0] ?? '')
    printSealed(context, await sealArtifact({ ...request, ...said }))
    return 0
  },
})
