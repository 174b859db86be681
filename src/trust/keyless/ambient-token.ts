import { z } from 'zod'
import { textOf } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { fail } from '../../kernel/errors.ts'
import { readFileIfThere } from '../../kernel/read-file.ts'
import { callService, serviceUrl } from '../signers/service-call.ts'
import type { ServiceDeps } from '../signers/service-call.ts'

export type AmbientDeps = ServiceDeps & Pick<Deps, 'fs' | 'env' | 'spawn'>

/** Gets a token of the CI system this runs in. Undefined where it is another one. */
type Provider = (deps: AmbientDeps, audience: string) => Promise<string | undefined>

/** Where cosign's filesystem provider has its token. */
const TOKEN_FILE = '/var/run/sigstore/cosign/oidc-token'

/** The providers by cosign's names, in the order they are tried. Adding one is a line here. */
export const AMBIENT_PROVIDERS: Readonly<Record<string, Provider>> = {
  envvar: fromVariable,
  'github-actions': fromGitHub,
  'buildkite-agent': fromBuildkite,
  filesystem: fromFile,
}

/** Whether some provider would answer; asks nobody. A file that somebody mounted counts, as it does for cosign. */
export async function hasAmbientToken({ env, fs }: Pick<Deps, 'env' | 'fs'>): Promise<boolean> {
  if (['SIGSTORE_ID_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL', 'BUILDKITE_JOB_ID'].some((name) => (env[name] ?? '') !== '')) return true
  return await fs.stat(TOKEN_FILE).then(
    (found) => found.isFile(),
    () => false, // What cannot be looked at is no offer to sign with.
  )
}

/**
 * A token from the surroundings. In: the audience, and the provider where only one is meant. Throws `login-needed` when no provider has
 * one, `flag-unsupported` for a provider cosign knows and this does not.
 */
export async function findAmbientToken(
  deps: AmbientDeps,
  audience: string,
  only?: string,
): Promise<{ readonly text: string; readonly from: string }> {
  if (only !== undefined && !Object.hasOwn(AMBIENT_PROVIDERS, only)) {
    throw fail('flag-unsupported', `tokens of \`${only.slice(0, 40)}\` are not supported`, {
      where: '--oidc-provider',
      hint: `one of ${Object.keys(AMBIENT_PROVIDERS).join(', ')}; or give the token with --identity-token`,
    })
  }
  for (const [name, provider] of Object.entries(AMBIENT_PROVIDERS)) {
    if (only !== undefined && only !== name) continue
    const text = await provider(deps, audience)
    if (text !== undefined && text !== '') return { text, from: name }
  }
  throw fail('login-needed', only === undefined ? 'has no identity token around it' : `has no identity token by ${only}`, {
    where: 'keyless signing',
    hint: 'give one with --identity-token or SIGSTORE_ID_TOKEN; on GitHub, grant the job `id-token: write`',
  })
}

/** GitLab's `id_tokens` and others put it there. */
function fromVariable({ env }: AmbientDeps): Promise<string | undefined> {
  return Promise.resolve(env['SIGSTORE_ID_TOKEN'])
}

/** GitHub Actions: the runner names an address and a secret to show there. */
async function fromGitHub(deps: AmbientDeps, audience: string): Promise<string | undefined> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = deps.env
  if (address === undefined || address === '') return undefined
  const url = serviceUrl(address, 'ACTIONS_ID_TOKEN_REQUEST_URL')
  url.searchParams.set('audience', audience)
  const call = { url, headers: { authorization: `Bearer ${secret ?? ''}` }, service: 'the tokens of GitHub Actions', repeatable: true }
  return (await callService(deps, call, z.object({ value: z.string().min(1) }))).value
}

/** Buildkite: its agent is a program on the machine. */
async function fromBuildkite(deps: AmbientDeps, audience: string): Promise<string | undefined> {
  if ((deps.env['BUILDKITE_JOB_ID'] ?? '') === '') return undefined
  const program = 'buildkite-agent'
  const { exitCode, stdout } = await deps.spawn(program, ['oidc', 'request-token', '--audience', audience], {
    maxOutput: 64 * 1024,
    timeoutMs: 60_000,
  })
  if (exitCode !== 0)
    throw fail('login-needed', `gave no token: \`${program} oidc request-token\` ended with code ${exitCode}`, { where: program })
  return textOf(stdout, 'service-error', program).trim()
}

/** A token somebody mounted where cosign looks for one. */
async function fromFile(deps: AmbientDeps): Promise<string | undefined> {
  const bytes = await readFileIfThere(deps, TOKEN_FILE, 'keyFileBytes')
  return bytes === undefined ? undefined : textOf(bytes, 'usage', TOKEN_FILE).trim()
}
