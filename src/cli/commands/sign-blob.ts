import { resolve } from 'node:path'
import { sealArtifact } from '../../chain/seal-artifact.ts'
import { PREDICATE } from '../../evidence/evidence.ts'
import { writeFileAtomic } from '../../kernel/atomic-file.ts'
import { utf8 } from '../../kernel/bytes.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { REGISTRY_OPTIONS, SIGNER_OPTIONS } from '../context.ts'
import { REFUSED_SIGNING } from '../cosign-flags.ts'
import { KEYLESS_OPTIONS } from '../keyless.ts'
import { SEAL_OPTIONS, blobRequestOf, printSealed } from '../sealing.ts'

/** `tally sign-blob FILE`: a signature over the bytes of a file themselves, in the bundle `cosign verify-blob` reads. */
export const signBlob = defineCommand({
  name: 'sign-blob',
  summary: 'sign the bytes of a file, as cosign does',
  usage: ['tally sign-blob FILE --key KEY [--bundle OUT]'],
  examples: [['tally sign-blob app.tgz --key cosign.key --bundle app.tgz.sigstore.json', 'the bundle lies beside it']],
  options: {
    ...SIGNER_OPTIONS,
    ...KEYLESS_OPTIONS,
    ...SEAL_OPTIONS,
    'output-signature': { type: 'string', value: 'FILE', help: 'also write the signature alone here, base64' },
    ...REGISTRY_OPTIONS,
    format: FORMAT_TEXT_JSON,
  },
  refused: { ...REFUSED_SIGNING, b64: 'signatures are written in base64', 'signing-algorithm': 'the algorithm is that of the key' },
  words: { min: 1, max: 1, names: 'one file' },
  run: async (context) => {
    const { deps, cwd, flags, words } = context
    const request = await blobRequestOf(context, words[0] ?? '')
    const sealed = await sealArtifact({ ...request, form: 'message', predicateType: PREDICATE.signature, predicate: {} })
    const file = flags.text('output-signature')
    if (file !== undefined && sealed.signature !== undefined) await writeFileAtomic(deps, resolve(cwd, file), utf8(sealed.signature))
    printSealed(context, sealed)
    return 0
  },
})
