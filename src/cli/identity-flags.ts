import { resolve } from 'node:path'
import type { Workspace } from '../chain/workspace.ts'
import { textOf } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { once } from '../kernel/once.ts'
import type { Matcher } from '../kernel/matcher.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import type { IdentityAuthority, Instance } from '../trust/authority.ts'
import { readPemCertificates } from '../trust/sigstore/pem-certificates.ts'
import type { CertificateAuthority } from '../trust/sigstore/chain.ts'
import type { FactName } from '../trust/sigstore/fulcio.ts'
import type { TrustedRoot } from '../trust/sigstore/trusted-root.ts'
import type { Context, OptionSpec } from './command.ts'
import { REFUSED_EVERYWHERE } from './cosign-flags.ts'
import { GITHUB_OPTIONS, GITHUB_REFUSED, exactly, githubFromFlags } from './github-flags.ts'

/** Flags that say whom a certificate must name, and whose word on that counts: cosign's, and those of `gh attestation verify`. */
export const IDENTITY_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'certificate-identity': { type: 'string', value: 'TEXT', help: 'identity the certificate must name, exactly' },
  'certificate-identity-regexp': { type: 'string', value: 'PATTERN', help: 'the same as a pattern, which must match the whole identity' },
  'certificate-oidc-issuer': { type: 'string', value: 'URL', help: 'issuer of the identity, exactly; an identity always needs one' },
  'certificate-oidc-issuer-regexp': { type: 'string', value: 'PATTERN', help: 'the same as a pattern, which must match the whole issuer' },
  'certificate-github-workflow-name': { type: 'string', value: 'TEXT', help: 'name of the workflow in the certificate' },
  'certificate-github-workflow-ref': { type: 'string', value: 'REF', help: 'git ref in the certificate' },
  'certificate-github-workflow-repository': { type: 'string', value: 'OWNER/NAME', help: 'repository in the certificate' },
  'certificate-github-workflow-sha': { type: 'string', value: 'SHA', help: 'commit in the certificate' },
  'certificate-github-workflow-trigger': { type: 'string', value: 'EVENT', help: 'event in the certificate' },
  ...GITHUB_OPTIONS,
  'trusted-root': {
    type: 'string',
    value: 'FILE',
    help: 'trusted root of the Sigstore instance',
    default: 'the public one, shipped and refreshed',
  },
  'certificate-chain': { type: 'string', value: 'FILE', help: 'certificate authority of one’s own, PEM: issuers first, the root last' },
  'ca-roots': { type: 'string', value: 'FILE', help: 'root of a certificate authority of one’s own, PEM' },
  'ca-intermediates': { type: 'string', value: 'FILE', help: 'with --ca-roots: certificates between, PEM' },
  'timestamp-certificate-chain': {
    type: 'string',
    value: 'FILE',
    help: 'timestamp authority of one’s own, PEM: its certificates, the root last',
  },
  'use-signed-timestamps': { type: 'boolean', help: 'a trusted timestamp must be there' },
  'insecure-ignore-sct': { type: 'boolean', help: 'a certificate need not be in a certificate log', noEnv: true },
  'insecure-ignore-tlog': { type: 'boolean', help: 'a signature need not be in a transparency log', noEnv: true },
  'private-infrastructure': { type: 'boolean', help: 'the same, for instances without a log', noEnv: true },
  'insecure-allow-stale-root': { type: 'boolean', help: 'use a trusted root that was not refreshed for too long', noEnv: true },
}

/** Flags cosign has for verifying and tally does not, each with what to do instead. */
export const REFUSED_VERIFYING: Readonly<Record<string, string>> = {
  sk: 'hardware keys are not used directly; export the public key',
  slot: 'hardware keys are not used directly; export the public key',
  'rekor-url': 'entries come with the evidence and are verified by the trusted root; nothing is looked up',
  sct: 'certificate timestamps are read from the certificate',
  'allow-certificate-chain': 'a 0.3 bundle with a chain is against its specification',
  'signature-digest-algorithm': 'the hash follows from the key',
  ...REFUSED_EVERYWHERE,
  ...GITHUB_REFUSED,
}

const GITHUB_FACTS: Readonly<Record<string, FactName>> = {
  'certificate-github-workflow-name': 'githubWorkflowName',
  'certificate-github-workflow-ref': 'githubWorkflowRef',
  'certificate-github-workflow-repository': 'githubWorkflowRepository',
  'certificate-github-workflow-sha': 'githubWorkflowSha',
  'certificate-github-workflow-trigger': 'githubWorkflowTrigger',
  'source-ref': 'sourceRepositoryRef',
  'source-digest': 'sourceRepositoryDigest',
  'signer-digest': 'buildSignerDigest',
}

/** The Sigstore instance the flags name: whose root, and how many witnesses a certificate needs. */
export function instanceFromFlags(context: Context, workspace: Workspace): Instance {
  const { flags, cwd, deps } = context
  const file = flags.text('trusted-root')
  // Read when first needed, and so is what reads it: most keys need no root.
  const root = once(async () => {
    if (file !== undefined) return await (await import('../trust/trust-policy.ts')).rootAt(deps, resolve(cwd, file))()
    const { publicRootOf } = await import('../chain/trust-of.ts')
    return await publicRootOf(workspace, { allowStale: flags.on('insecure-allow-stale-root') })()
  })
  const logs = flags.on('insecure-ignore-tlog') || flags.on('private-infrastructure') ? 0 : 1
  const timestamps = flags.on('use-signed-timestamps') ? 1 : 0
  const certificateLogs = flags.on('insecure-ignore-sct') ? 0 : 1
  // Without a log and a timestamp nothing says when: the certificate must be valid now, as cosign has it.
  const now = logs === 0 && timestamps === 0 ? { now: deps.now().valueOf() } : {}
  return { root: withOwnAuthority(context, root), needs: { logs, timestamps, certificateLogs, ...now } }
}

/** Puts certificate and timestamp authorities of the flags in the place of those of the root. */
function withOwnAuthority(context: Context, root: () => Promise<TrustedRoot>): () => Promise<TrustedRoot> {
  const times = context.flags.text('timestamp-certificate-chain')
  const [chain, roots, between] = ['certificate-chain', 'ca-roots', 'ca-intermediates'].map((name) => context.flags.text(name))
  if (chain !== undefined && roots !== undefined)
    throw fail('usage', 'and --ca-roots say the same thing twice', { where: '--certificate-chain' })
  if (between !== undefined && roots === undefined) throw fail('usage', 'needs --ca-roots', { where: '--ca-intermediates' })
  const file = chain ?? roots
  if (file === undefined && times === undefined) return root
  return once(async () => {
    const { ownAuthorities } = await import('../trust/sigstore/own-authority.ts')
    const chainOf = async (path: string): Promise<readonly CertificateAuthority[]> => {
      const certificates = await readCertificates(context, path)
      return ownAuthorities(certificates.slice(-1), certificates.slice(0, -1), path)
    }
    const own: { authorities?: readonly CertificateAuthority[]; timestampAuthorities?: readonly CertificateAuthority[] } = {}
    if (chain !== undefined) own.authorities = await chainOf(chain)
    else if (roots !== undefined) {
      const issuers = between === undefined ? [] : await readCertificates(context, between)
      own.authorities = ownAuthorities(await readCertificates(context, roots), issuers, roots)
    }
    if (times !== undefined) own.timestampAuthorities = await chainOf(times)
    return { ...(await root()), ...own }
  })
}

async function readCertificates({ deps, cwd }: Context, file: string): Promise<readonly Uint8Array[]> {
  return readPemCertificates(textOf(await readFileBounded(deps, resolve(cwd, file), 'keyFileBytes'), 'config-invalid', file), file)
}

/** The identity the flags name, as an authority that may say anything; undefined when they name none. Throws `usage` for half of one. */
export async function identityFromFlags(context: Context, instance: Instance): Promise<IdentityAuthority | undefined> {
  const { flags } = context
  const github = githubFromFlags(flags)
  const subject = (await matcherOf(context, 'certificate-identity')) ?? github?.subject
  const issuer = (await matcherOf(context, 'certificate-oidc-issuer')) ?? github?.issuer
  const facts = Object.entries(GITHUB_FACTS).flatMap(([flag, name]) => {
    const value = flags.text(flag)
    return value === undefined ? [] : [{ name, is: exactly(value) }]
  })
  if (flags.on('deny-self-hosted-runners')) facts.push({ name: 'runnerEnvironment', is: exactly('github-hosted') })
  if (subject === undefined && issuer === undefined && facts.length === 0) return undefined
  if (subject === undefined)
    throw fail('usage', 'is missing: an issuer alone would be everybody it knows', { where: '--certificate-identity' })
  if (issuer === undefined) {
    throw fail('usage', 'is missing: without an issuer anybody who runs one could claim the identity', {
      where: '--certificate-oidc-issuer',
    })
  }
  return { name: subject.text, kind: 'identity', subject, issuer, facts: [...facts, ...(github?.facts ?? [])], may: ['any'], instance }
}

async function matcherOf({ flags }: Context, flag: string): Promise<Matcher | undefined> {
  const [text, pattern] = [flags.text(flag), flags.text(`${flag}-regexp`)]
  if (text !== undefined && pattern !== undefined)
    throw fail('usage', `and --${flag}-regexp say the same thing twice`, { where: `--${flag}` })
  if (text !== undefined) {
    if (text === '') throw fail('usage', 'is empty', { where: `--${flag}` })
    return exactly(text)
  }
  if (pattern === undefined) return undefined
  const { compileLinearRegex } = await import('../kernel/linear-regex.ts')
  const regex = compileLinearRegex(pattern, `--${flag}-regexp`)
  if (regex.matchesWhole('')) throw fail('usage', 'matches the empty text, and so says nothing', { where: `--${flag}-regexp` })
  return { text: pattern, matches: regex.matchesWhole }
}
