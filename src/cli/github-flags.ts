import { fail } from '../kernel/errors.ts'
import type { Matcher } from '../kernel/matcher.ts'
import type { IdentityAuthority } from '../trust/authority.ts'
import type { FactName } from '../trust/sigstore/fulcio.ts'
import type { Flags, OptionSpec } from './command.ts'

/** Flags of `gh attestation verify` that say which workflow on GitHub must have signed, for whose repository. */
export const GITHUB_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  repo: { type: 'string', short: 'R', value: 'OWNER/NAME', help: 'signed by a workflow on GitHub for this repository, as for gh' },
  owner: { type: 'string', value: 'OWNER', help: 'signed by a workflow on GitHub for a repository of this owner, as for gh' },
  'signer-repo': { type: 'string', value: 'OWNER/NAME', help: 'with --repo or --owner: the repository of the workflow that signed' },
  'signer-workflow': {
    type: 'string',
    value: 'OWNER/NAME/PATH[@REF]',
    help: 'with --repo or --owner: the workflow that signed',
  },
  hostname: { type: 'string', value: 'HOST', help: 'with --repo or --owner: TENANT.ghe.com instead of github.com' },
  'source-ref': { type: 'string', value: 'REF', help: 'git ref it was built from, in the certificate, as for gh' },
  'source-digest': { type: 'string', value: 'SHA', help: 'commit it was built from, in the certificate, as for gh' },
  'signer-digest': { type: 'string', value: 'SHA', help: 'commit of the workflow that signed, in the certificate, as for gh' },
  'deny-self-hosted-runners': { type: 'boolean', help: 'signed on a machine of GitHub’s, as for gh' },
}

/** Flags of `gh attestation verify` that tally does not have, each with what to do instead. */
export const GITHUB_REFUSED: Readonly<Record<string, string>> = {
  'cert-identity': 'say --certificate-identity',
  'cert-identity-regex': 'say --certificate-identity-regexp',
  i: 'say --certificate-identity-regexp',
  'cert-oidc-issuer': 'say --certificate-oidc-issuer',
  'custom-trusted-root': 'say --trusted-root',
  'bundle-from-oci': 'evidence in the registry is always looked for',
  b: 'say --bundle',
  'no-public-good': 'name the one root that counts with --trusted-root',
  'digest-alg': 'digests are always sha256',
  limit: 'all that is there is looked at',
  L: 'all that is there is looked at',
  jq: 'pipe --format json into a program of yours',
  template: 'pipe --format json into a program of yours',
}

export type GithubIdentity = Pick<IdentityAuthority, 'subject' | 'issuer' | 'facts'>

/** Where a GitHub is, and who issues the identities of its workflows. */
type GithubHost = { readonly host: string; readonly issuer: string }

/** What narrows which workflow of a repository or owner signed. */
const SIGNERS = ['signer-repo', 'signer-workflow'] as const
const NAMES_SIGNER = ['certificate-identity', 'certificate-identity-regexp', ...SIGNERS] as const

/**
 * gh's flags: whose repository it was built for, and which workflow signed, by default any of that repository or owner. Every name is
 * compared character for character. Undefined without any; throws `usage` for a flag that would otherwise say nothing.
 */
export function githubFromFlags(flags: Flags): GithubIdentity | undefined {
  const [repo, owner] = [flags.text('repo'), flags.text('owner')]
  const [named, also] = NAMES_SIGNER.filter((flag) => flags.text(flag) !== undefined)
  if (also !== undefined && SIGNERS.some((flag) => flag === also)) {
    throw fail('usage', `and --${also} both say who signed`, { where: `--${named}` })
  }
  if (repo === undefined && owner === undefined) {
    const alone = [...SIGNERS, 'hostname'].find((flag) => flags.text(flag) !== undefined)
    if (alone === undefined) return undefined
    throw fail('usage', 'needs --repo or --owner', { where: `--${alone}` })
  }
  if (repo !== undefined && owner !== undefined) throw fail('usage', 'and --owner say the same thing twice', { where: '--repo' })
  const { host, issuer } = hostOf(flags.text('hostname'))
  const of = repo === undefined ? ownerOf(owner ?? '') : repositoryOf(repo, '--repo')
  const url = (path: string): string => `https://${host}/${path}`
  const facts: { readonly name: FactName; readonly is: Matcher }[] = [
    { name: 'sourceRepositoryOwnerUri', is: exactly(url(of.split('/')[0] ?? '')) },
  ]
  if (repo !== undefined) facts.push({ name: 'sourceRepositoryUri', is: exactly(url(of)) })
  const [workflow, signerRepo] = [flags.text('signer-workflow'), flags.text('signer-repo')]
  const within = signerRepo === undefined ? of : repositoryOf(signerRepo, '--signer-repo')
  return { subject: workflow === undefined ? under(url(within)) : workflowOf(workflow, host), issuer: exactly(issuer), facts }
}

export function exactly(text: string): Matcher {
  return { text, matches: (value) => value === text }
}

/** GitHub itself, or a tenant of its cloud that has data residency: names and issuer are the tenant's (gh: GitHubTenantOIDCIssuer). */
function hostOf(hostname: string | undefined): GithubHost {
  if (hostname === undefined || hostname === 'github.com') {
    return { host: 'github.com', issuer: 'https://token.actions.githubusercontent.com' }
  }
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.ghe\.com$/.test(hostname)) {
    return { host: hostname, issuer: `https://token.actions.${hostname}` }
  }
  throw fail('usage', 'is neither github.com nor TENANT.ghe.com: a GitHub Enterprise Server attests nothing, and gh refuses it too', {
    where: '--hostname',
    hint: 'for an issuer of one’s own say --certificate-identity and --certificate-oidc-issuer',
  })
}

function ownerOf(owner: string): string {
  if (!/^[\w.-]+$/.test(owner)) throw fail('usage', 'is not the name of an owner', { where: '--owner' })
  return owner
}

function repositoryOf(repository: string, where: string): string {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw fail('usage', 'is not OWNER/NAME', { where })
  return repository
}

function under(url: string): Matcher {
  return { text: `${url}/*`, matches: (value) => value.startsWith(`${url}/`) }
}

/** What ends the name of a workflow. Names of workflow files hold `@` too, but no slash, and always a dot. */
const REF = /^(?:refs\/.+|[0-9a-f]{40}|[0-9a-f]{64})$/

/** A workflow at any ref, or at the one that is named behind `@`. */
function workflowOf(text: string, host: string): Matcher {
  const where = '--signer-workflow'
  const [, before, path = text] = /^(?:https:\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)\/(.+)$/i.exec(text) ?? []
  if (before !== undefined && before !== host) {
    throw fail('usage', `names ${before}, and not ${host}`, { where, hint: 'say which with --hostname' })
  }
  if (!/^[\w.-]+\/[\w.-]+\/.+$/.test(path)) throw fail('usage', 'is not OWNER/NAME/PATH', { where })
  const url = `https://${host}/${path}`
  if (/@(?:refs\/.+|[0-9a-f]{40}|[0-9a-f]{64})$/.test(path)) return exactly(url)
  return { text: `${url}@*`, matches: (value) => value.startsWith(`${url}@`) && REF.test(value.slice(url.length + 1)) }
}
