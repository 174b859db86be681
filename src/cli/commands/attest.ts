import { sealArtifact } from '../../chain/seal-artifact.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { REGISTRY_OPTIONS, SIGNER_OPTIONS } from '../context.ts'
import { REFUSED_REGISTRY, REFUSED_SIGNING } from '../cosign-flags.ts'
import { KEYLESS_OPTIONS } from '../keyless.ts'
import { PREDICATE_OPTIONS, readPredicate } from '../predicate-flags.ts'
import { SEAL_OPTIONS, printSealed, sealRequestOf } from '../sealing.ts'

/** `tally attest ARTIFACT --predicate FILE --type TYPE`: signs an in-toto statement about an artifact. */
export const attest = defineCommand({
  name: 'attest',
  summary: 'sign a statement about an artifact',
  usage: ['tally attest ARTIFACT --predicate FILE --type TYPE [--key KEY] [--bundle OUT] [--to REPOSITORY]'],
  examples: [
    ['tally attest app.tgz --predicate sbom.json --type cyclonedx', 'this SBOM is about this file'],
    ['tally sbom . -f cyclonedx-json | tally attest app.tgz --predicate - --type cyclonedx', 'the same through a pipe'],
  ],
  options: {
    ...PREDICATE_OPTIONS,
    ...SIGNER_OPTIONS,
    ...KEYLESS_OPTIONS,
    ...SEAL_OPTIONS,
    'no-upload': { type: 'boolean', help: 'do not attach it to the image: keep it on this machine, and in --bundle' },
    ...REGISTRY_OPTIONS,
    format: FORMAT_TEXT_JSON,
  },
  refused: {
    ...REFUSED_SIGNING,
    ...REFUSED_REGISTRY,
    replace: 'what was attested stays; verifying names what is wanted',
    statement: 'sign what the statement says with --predicate and --type; the subject is the artifact',
  },
  words: { min: 1, max: 1, names: 'one artifact' },
  run: async (context) => {
    const said = await readPredicate(context)
    const request = await sealRequestOf(context, context.words[0] ?? '')
    printSealed(context, await sealArtifact({ ...request, ...said }))
    return 0
  },
})
