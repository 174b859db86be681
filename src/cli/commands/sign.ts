import { sealArtifact } from '../../chain/seal-artifact.ts'
import { PREDICATE } from '../../evidence/evidence.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { REGISTRY_OPTIONS, SIGNER_OPTIONS } from '../context.ts'
import { REFUSED_REGISTRY, REFUSED_SIGNING } from '../cosign-flags.ts'
import { annotationsOf } from '../annotation-flags.ts'
import { KEYLESS_OPTIONS } from '../keyless.ts'
import { SEAL_OPTIONS, printSealed, sealRequestOf } from '../sealing.ts'

/** `tally sign ARTIFACT`: a signature in cosign 3's form, logged, kept and attached. */
export const sign = defineCommand({
  name: 'sign',
  summary: 'sign an artifact',
  usage: ['tally sign ARTIFACT [--key KEY] [--bundle OUT] [--to REPOSITORY]'],
  examples: [
    ['tally sign app.tgz --key team.pem --bundle app.tgz.sigstore.json', 'a file; the bundle lies beside it'],
    ['tally sign registry.example/app@sha256:…', 'an image; the signature is attached to it'],
    ['tally sign app.tgz --to registry.example/app', 'a file; kept and found in a registry'],
  ],
  options: {
    ...SIGNER_OPTIONS,
    ...KEYLESS_OPTIONS,
    ...SEAL_OPTIONS,
    annotations: { type: 'string', short: 'a', value: 'NAME=VALUE', multiple: true, help: 'say this too, under the signature' },
    upload: { type: 'boolean', help: 'attach it to the image; --upload=false keeps it on this machine, and in --bundle', default: 'true' },
    ...REGISTRY_OPTIONS,
    format: FORMAT_TEXT_JSON,
  },
  refused: {
    ...REFUSED_SIGNING,
    ...REFUSED_REGISTRY,
    recursive: 'sign each image of an index by its own digest',
    r: 'sign each image of an index by its own digest',
  },
  words: { min: 1, max: 1, names: 'one artifact' },
  run: async (context) => {
    const request = await sealRequestOf(context, context.words[0] ?? '')
    const annotations = annotationsOf(context.flags.list('annotations'))
    printSealed(context, await sealArtifact({ ...request, ...annotations, predicateType: PREDICATE.signature, predicate: {} }))
    return 0
  },
})
