import { guessReference } from '../../artifact/guess-reference.ts'
import { gather } from '../../chain/gather.ts'
import type { Workspace } from '../../chain/workspace.ts'
import { envelopeOf } from '../../evidence/describe.ts'
import { envelopeJson } from '../../evidence/dsse.ts'
import { predicateTypeOf } from '../../evidence/predicates/index-table.ts'
import type { UnverifiedEvidence } from '../../evidence/evidence.ts'
import { asTallyError, exitCodeOf } from '../../kernel/errors.ts'
import type { Trust } from '../../trust/authority.ts'
import type { Receipt } from '../../trust/receipt.ts'
import { defineCommand } from '../command.ts'
import type { Context } from '../command.ts'
import { REGISTRY_OPTIONS, openWorkspaceOf } from '../context.ts'
import { COSIGN_VERIFY_OPTIONS, COSIGN_VERIFY_REFUSED, answerCosign, cosignTrust, notePattern } from '../cosign-verify.ts'
import { renderError } from '../render/error.ts'
import { evidenceLines } from '../render/verdict.ts'

/** `tally verify-attestation IMAGE…`: did this key or identity attest this about an image, asked in cosign's words. */
export const verifyAttestation = defineCommand({
  name: 'verify-attestation',
  summary: 'who attested what about an image, in cosign’s words',
  usage: ['tally verify-attestation IMAGE… --type TYPE (--key KEY | --certificate-identity TEXT --certificate-oidc-issuer URL)'],
  examples: [
    ['tally verify-attestation registry.example/app@sha256:… --type slsaprovenance1 --repo example/app', 'provenance made on GitHub'],
    ['tally verify-attestation … | jq -r .payload | base64 -d', 'the statements themselves'],
  ],
  options: {
    type: { type: 'string', value: 'TYPE', help: 'predicate type: an alias of cosign’s or ours, or a URI', default: 'custom' },
    ...COSIGN_VERIFY_OPTIONS,
    ...REGISTRY_OPTIONS,
  },
  refused: {
    ...COSIGN_VERIFY_REFUSED,
    policy: 'CUE and Rego are not run; judge by a policy with `tally verify --policy`',
    'local-image': 'name a layout as oci:DIR',
  },
  words: { min: 1, max: 1000, names: 'images' },
  notes: ['Prints the envelopes that hold, one JSON a line, as cosign does; --output text prints who said it.'],
  run: async (context) => {
    const workspace = await openWorkspaceOf(context, true)
    const trust = await cosignTrust(context, workspace)
    const exitCodes: number[] = []
    for (const word of context.words) exitCodes.push(await verifyOne(context, workspace, trust, word))
    return exitCodes.find((code) => code !== 0) ?? 0
  },
})

/** One image; what is wrong with it is said, and the next is asked all the same. */
async function verifyOne(context: Context, workspace: Workspace, trust: Trust, word: string): Promise<number> {
  const { deps, terminal, flags } = context
  try {
    const gathered = await gather(workspace, { reference: await guessReference(deps, word), bundles: [], dataDirectory: false })
    const predicateType = predicateTypeOf(flags.text('type') ?? 'custom')
    const { proof, problem, exitCode } = await answerCosign({ ...gathered, found: gathered, trust, predicateType })
    if ((flags.text('output') ?? flags.text('format')) === 'text')
      terminal.out(evidenceLines({ ...proof, rejections: [], unreadable: [] }, terminal).join('\n'))
    else printEnvelopes(context, gathered.found, proof.receipts)
    if (problem !== undefined) terminal.note(renderError(problem, terminal))
    notePattern(context, problem)
    return exitCode
  } catch (error) {
    const known = asTallyError(error, word)
    if (known.code === 'interrupted' || known.code === 'bug') throw known
    terminal.note(renderError(known, terminal))
    return exitCodeOf(known)
  }
}

function printEnvelopes({ terminal }: Context, found: readonly UnverifiedEvidence[], receipts: readonly Receipt[]): void {
  const holding = new Set(receipts.map((receipt) => receipt.envelope))
  for (const evidence of found) {
    const envelope = holding.delete(evidence.digest) ? envelopeOf(evidence) : undefined
    if (envelope !== undefined) terminal.out(JSON.stringify(envelopeJson(envelope)))
  }
}
