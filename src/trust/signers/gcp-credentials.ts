import { createPrivateKey, sign } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { isLoopback } from '../../artifact/registry/hosts.ts'
import { textOf, utf8 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { TallyError, fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { readShape } from '../../kernel/shape.ts'
import { callService } from './service-call.ts'
import type { ServiceDeps } from './service-call.ts'

type GcpDeps = ServiceDeps & Pick<Deps, 'fs' | 'env'>

const SCOPE = 'https://www.googleapis.com/auth/cloudkms'
const tokenSchema = z.object({ access_token: z.string().min(1) })

const fileSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('service_account'),
    client_email: z.string(),
    private_key: z.string(),
    private_key_id: z.string().optional(),
  }),
  z.object({ type: z.literal('authorized_user'), client_id: z.string(), client_secret: z.string(), refresh_token: z.string() }),
  z.object({
    type: z.literal('external_account'),
    audience: z.string(),
    subject_token_type: z.string(),
    service_account_impersonation_url: z.string().optional(),
    credential_source: z.object({ file: z.string() }),
  }),
])
type CredentialsFile = z.infer<typeof fileSchema>

/**
 * An access token for Cloud KMS by the application default credentials: a ready token (GOOGLE_OAUTH_ACCESS_TOKEN), the file of
 * GOOGLE_APPLICATION_CREDENTIALS (service account, user, workload identity federation by a token file), the one `gcloud auth
 * application-default login` leaves, the machine's metadata (GCE_METADATA_HOST). Every secret is sent to Google's fixed addresses only,
 * whatever the file names. Throws `login-needed` when there is nothing.
 */
export async function findGcpToken(deps: GcpDeps): Promise<string> {
  const ready = deps.env['GOOGLE_OAUTH_ACCESS_TOKEN']
  if (ready !== undefined && ready !== '') return ready
  const file = await readCredentials(deps)
  if (file !== undefined) return await tokenOf(deps, file)
  const machine = await fromMachine(deps)
  if (machine !== undefined) return machine
  throw fail('login-needed', 'has no credentials for Google Cloud', {
    where: 'Google Cloud KMS',
    hint: 'set GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`',
  })
}

async function readCredentials(deps: GcpDeps): Promise<CredentialsFile | undefined> {
  const { GOOGLE_APPLICATION_CREDENTIALS: named, HOME: home, CLOUDSDK_CONFIG: config } = deps.env
  const path = named ?? join(config ?? join(home ?? homedir(), '.config', 'gcloud'), 'application_default_credentials.json')
  try {
    const json = parseJson(await readFileBounded(deps, path, 'configBytes'), path, { code: 'config-invalid' })
    return readShape(fileSchema, json, path, 'config-invalid')
  } catch (error) {
    if (named === undefined && error instanceof TallyError && error.code === 'not-found') return undefined
    throw error
  }
}

async function tokenOf(deps: GcpDeps, file: CredentialsFile): Promise<string> {
  if (file.type === 'service_account') {
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertionOf(file, deps.now()) }
    return await exchange(deps, 'https://oauth2.googleapis.com/token', grant)
  }
  if (file.type === 'authorized_user') {
    const { client_id, client_secret, refresh_token } = file
    return await exchange(deps, 'https://oauth2.googleapis.com/token', {
      grant_type: 'refresh_token',
      client_id,
      client_secret,
      refresh_token,
    })
  }
  return await federated(deps, file)
}

/** RFC 7523: the service account says, signed with its key, that it wants a token. */
function assertionOf(file: Extract<CredentialsFile, { type: 'service_account' }>, now: Date): string {
  const issued = Math.floor(now.getTime() / 1000)
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = { alg: 'RS256', typ: 'JWT', ...(file.private_key_id === undefined ? {} : { kid: file.private_key_id }) }
  const claims = { iss: file.client_email, scope: SCOPE, aud: 'https://oauth2.googleapis.com/token', iat: issued, exp: issued + 300 }
  const text = `${encode(header)}.${encode(claims)}`
  try {
    return `${text}.${sign('sha256', utf8(text), createPrivateKey(file.private_key)).toString('base64url')}`
  } catch (cause) {
    throw fail('config-invalid', 'holds a private key that cannot be used', { where: 'GOOGLE_APPLICATION_CREDENTIALS', cause })
  }
}

/** Workload identity federation: a token of another issuer becomes one of Google's (RFC 8693), and that one, if asked for, a service account's. */
async function federated(deps: GcpDeps, file: Extract<CredentialsFile, { type: 'external_account' }>): Promise<string> {
  const source = file.credential_source.file
  const subject = textOf(await readFileBounded(deps, source, 'keyFileBytes'), 'config-invalid', source).trim()
  const token = await exchange(deps, 'https://sts.googleapis.com/v1/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: file.audience,
    scope: file.service_account_impersonation_url === undefined ? SCOPE : 'https://www.googleapis.com/auth/cloud-platform',
    subject_token_type: file.subject_token_type,
    subject_token: subject,
  })
  if (file.service_account_impersonation_url === undefined) return token
  const [, account] =
    /^https:\/\/iamcredentials\.googleapis\.com\/v1\/projects\/-\/serviceAccounts\/([A-Za-z0-9@._-]{1,256}):generateAccessToken$/.exec(
      file.service_account_impersonation_url,
    ) ?? []
  if (account === undefined) {
    throw fail('config-invalid', 'names a service account at an address that is not Google’s', { where: 'GOOGLE_APPLICATION_CREDENTIALS' })
  }
  const url = new URL(`https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:generateAccessToken`)
  const call = {
    url,
    body: { scope: [SCOPE] },
    headers: { authorization: `Bearer ${token}` },
    service: 'IAM of Google Cloud',
    repeatable: true,
  }
  return (await callService(deps, call, z.object({ accessToken: z.string().min(1) }))).accessToken
}

async function exchange(deps: ServiceDeps, address: string, form: Readonly<Record<string, string>>): Promise<string> {
  const call = {
    url: new URL(address),
    body: utf8(new URLSearchParams(form).toString()),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    service: 'the login of Google',
    repeatable: true,
  }
  return (await callService(deps, call, tokenSchema)).access_token
}

/** GCE, GKE, Cloud Run: asked only where GCE_METADATA_HOST names it, since elsewhere nobody answers. */
async function fromMachine(deps: GcpDeps): Promise<string | undefined> {
  const host = deps.env['GCE_METADATA_HOST']
  if (host === undefined || host === '') return undefined
  const url = URL.canParse(`http://${host}/`)
    ? new URL(`http://${host}/computeMetadata/v1/instance/service-accounts/default/token`)
    : undefined
  const isNear = url !== undefined && (isLoopback(url.hostname) || ['169.254.169.254', 'metadata.google.internal'].includes(url.hostname))
  if (!isNear) throw fail('usage', 'is not where a machine of Google Cloud has its metadata', { where: 'GCE_METADATA_HOST' })
  const call = { url, headers: { 'metadata-flavor': 'Google' }, service: 'the machine’s metadata', repeatable: true }
  return (await callService(deps, call, tokenSchema)).access_token
}
