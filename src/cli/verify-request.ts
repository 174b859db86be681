import { resolve } from 'node:path'
import type { VerifyRequest } from '../chain/verify-artifact.ts'
import type { Workspace } from '../chain/workspace.ts'
import { readSidecar } from '../evidence/sidecar.ts'
import type { Found } from '../evidence/collect.ts'
import type { JudgeContext } from '../gate/judge.ts'
import { fail } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import type { SummaryAsk } from '../policy/accept-summary.ts'
import type { Policy } from '../policy/document.ts'
import type { Context, OptionSpec } from './command.ts'
import { annotated, refuseUnchecked } from './cosign-verify.ts'
import { trustFromFlags } from './trust-flags.ts'
import type { NamedTrust } from './trust-flags.ts'

/** Flags that take somebody else's verdict. */
export const SUMMARY_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'verdict-from': {
    type: 'string',
    value: 'NAME',
    multiple: true,
    noEnv: true,
    help: 'take a passed verification summary (VSA) of this authority; with --policy only one by that very policy, else it is judged here',
  },
  resource: { type: 'string', value: 'URI', noEnv: true, help: 'what such a summary must be for; exact, or pattern:' },
  level: { type: 'string', value: 'LEVEL', multiple: true, noEnv: true, help: 'a level it must state, as SLSA_BUILD_LEVEL_2' },
  'verifier-id': { type: 'string', value: 'URI', noEnv: true, help: 'its verifier.id', default: 'the id of the key that signed' },
  'verdict-max-age': { type: 'string', value: 'AGE', noEnv: true, help: 'how old it may be: 90m, 12h, 30d', default: '24h with --policy' },
}

/** What the flags of `verify` and `gate` ask of every artifact, and who is trusted by what they say. */
export async function verifyRequestOf(
  context: Context,
  workspace: Workspace,
): Promise<{ readonly request: VerifyRequest; readonly named: NamedTrust }> {
  const { flags } = context
  refuseUnchecked(context)
  const policyFile = flags.text('policy')
  const policy = policyFile === undefined ? undefined : await readPolicy(context, policyFile)
  const named = await trustFromFlags(context, workspace, policy)
  const from = flags.text('from')
  const summary = summaryOf(context, policy)
  const request: VerifyRequest = {
    trust: named.trust,
    given: await readBundles(context),
    ...(from === undefined ? {} : { from }),
    dataDirectory: !flags.on('isolated'),
    ...(policy === undefined ? {} : { policy }),
    ...(summary === undefined ? {} : { summary }),
    context: await judgeContextOf(context, policy),
    only: (proof) => annotated(proof, flags.list('annotations')),
    memory: new WeakMap(),
  }
  return { request, named }
}

async function readPolicy({ deps, cwd }: Context, file: string): Promise<Policy> {
  const { parsePolicy } = await import('../policy/document.ts')
  return parsePolicy(await readFileBounded(deps, resolve(cwd, file), 'configBytes'), file)
}

async function readBundles({ flags, deps, cwd }: Context): Promise<Found> {
  const parts: Found[] = []
  for (const file of flags.list('bundle')) parts.push(await readSidecar(deps, resolve(cwd, file)))
  return {
    found: parts.flatMap((part) => part.found),
    unreadable: parts.flatMap((part) => part.unreadable),
    looked: parts.flatMap((part) => part.looked),
  }
}

function summaryOf({ flags }: Context, policy: Policy | undefined): SummaryAsk | undefined {
  const from = flags.list('verdict-from')
  if (from.length === 0) {
    const other = ['resource', 'level', 'verifier-id', 'verdict-max-age'].find((name) => flags.list(name).length > 0)
    if (other === undefined) return undefined
    throw fail('usage', 'says what a verification summary must say, and not whose: --verdict-from NAME', { where: `--${other}` })
  }
  const resource = flags.text('resource')
  if (resource === undefined) {
    throw fail('usage', 'is missing: a verification summary is for one resource, and says nothing of any other', {
      where: '--resource',
      hint: "--resource oci://registry.example/app, or --resource 'pattern:oci://registry.example/app:*'",
    })
  }
  const verifier = flags.text('verifier-id')
  const maxAge = flags.text('verdict-max-age') ?? (policy === undefined ? undefined : '24h')
  return {
    from,
    resource,
    levels: flags.list('level'),
    ...(verifier === undefined ? {} : { verifier }),
    ...(maxAge === undefined ? {} : { maxAge }),
  }
}

async function judgeContextOf({ flags, deps, cwd }: Context, policy: Policy | undefined): Promise<JudgeContext> {
  const named = flags.text('commit')
  const asked = policy?.rules.require.provenance?.commit === 'head'
  const git = named === undefined && asked ? await (await import('../build/git-facts.ts')).gitFacts(deps, cwd) : undefined
  const headCommit = named ?? (git?.present === true ? git.commit : undefined)
  return { now: deps.now(), ...(headCommit === undefined ? {} : { headCommit }) }
}
