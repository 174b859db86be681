import { resolve } from 'node:path'
import { sealArtifact } from '../../chain/seal-artifact.ts'
import { checkPredicate, predicateTypeOf } from '../../evidence/predicates/index-table.ts'
import { readAll } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { REGISTRY_OPTIONS, SIGNER_OPTIONS } from '../context.ts'
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
    predicate: { type: 'string', value: 'FILE', help: 'the predicate, JSON; - for stdin' },
    type: { type: 'string', value: 'TYPE', help: 'slsaprovenance1, cyclonedx, spdxjson, vuln, openvex, … or a URI' },
    ...SIGNER_OPTIONS,
    ...SEAL_OPTIONS,
    ...REGISTRY_OPTIONS,
    format: FORMAT_TEXT_JSON,
  },
  words: { min: 1, max: 1, names: 'one artifact' },
  run: async (context) => {
    const { flags, deps, cwd } = context
    const file = flags.text('predicate')
    const type = flags.text('type')
    if (file === undefined) throw fail('usage', 'is missing', { where: '--predicate', hint: 'see `tally attest --help`' })
    if (type === undefined) throw fail('usage', 'is missing', { where: '--type', hint: 'see `tally attest --help`' })
    const bytes =
      file === '-'
        ? await readAll(context.stdin(), LIMITS.bundleBytes, 'bundleBytes', 'stdin')
        : await readFileBounded(deps, resolve(cwd, file), 'bundleBytes')
    const predicate = parseJson(bytes, file === '-' ? 'stdin' : file)
    const predicateType = predicateTypeOf(type)
    const checked = checkPredicate(predicateType, predicate)
    if (!checked.ok)
      throw fail('evidence-malformed', `is not a predicate of type ${predicateType}: ${checked.why}`, {
        where: file,
        hint: 'check --type, or make the predicate again with the tool that wrote it',
      })
    const request = await sealRequestOf(context, context.words[0] ?? '')
    printSealed(context, await sealArtifact({ ...request, predicateType, predicate }))
    return 0
  },
})
