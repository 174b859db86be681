import { z } from 'zod'
import { isLoopback } from '../../artifact/registry/hosts.ts'
import { textOf, utf8 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { fail } from '../../kernel/errors.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { callService, serviceUrl } from './service-call.ts'
import type { ServiceDeps } from './service-call.ts'

type AzureDeps = ServiceDeps & Pick<Deps, 'fs' | 'env'>

/** A cloud of Azure: where one logs in, and what the token is for. */
export type AzureCloud = { readonly authority: string; readonly resource: string }

const tokenSchema = z.object({ access_token: z.string().min(1) })

/**
 * A token for Key Vault: of a workload identity (AZURE_FEDERATED_TOKEN_FILE), of a service principal (AZURE_CLIENT_SECRET), or of the
 * managed identity of this machine or app (IDENTITY_ENDPOINT, AZURE_POD_IDENTITY_AUTHORITY_HOST). Throws `login-needed` when there is none.
 */
export async function findAzureToken(deps: AzureDeps, cloud: AzureCloud): Promise<string> {
  const { env } = deps
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client, AZURE_CLIENT_SECRET: secret, AZURE_FEDERATED_TOKEN_FILE: file } = env
  if (tenant !== undefined && client !== undefined && file !== undefined) {
    const assertion = textOf(await readFileBounded(deps, file, 'keyFileBytes'), 'config-invalid', file).trim()
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    return await logIn(deps, cloud, tenant, { client_id: client, client_assertion_type: type, client_assertion: assertion })
  }
  if (tenant !== undefined && client !== undefined && secret !== undefined) {
    return await logIn(deps, cloud, tenant, { client_id: client, client_secret: secret })
  }
  const managed = await fromManagedIdentity(deps, cloud)
  if (managed !== undefined) return managed
  throw fail('login-needed', 'has no credentials for Azure', {
    where: 'Azure Key Vault',
    hint: 'set AZURE_TENANT_ID and AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE',
  })
}

async function logIn(deps: AzureDeps, cloud: AzureCloud, tenant: string, who: Readonly<Record<string, string>>): Promise<string> {
  if (!/^[A-Za-z0-9.-]{1,128}$/.test(tenant)) throw fail('usage', 'is not the id of a tenant', { where: 'AZURE_TENANT_ID' })
  const authority = serviceUrl(deps.env['AZURE_AUTHORITY_HOST'] ?? cloud.authority, 'AZURE_AUTHORITY_HOST')
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope: `${cloud.resource}/.default`, ...who })
  const call = {
    url: new URL(`/${tenant}/oauth2/v2.0/token`, authority),
    body: utf8(form.toString()),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    service: 'the login of Azure',
    repeatable: true,
  }
  return (await callService(deps, call, tokenSchema)).access_token
}

/** App Service and Functions name an endpoint and a secret to show; virtual machines answer on the link-local network when asked to by name. */
async function fromManagedIdentity(deps: AzureDeps, cloud: AzureCloud): Promise<string | undefined> {
  const {
    IDENTITY_ENDPOINT: endpoint,
    IDENTITY_HEADER: secret,
    AZURE_POD_IDENTITY_AUTHORITY_HOST: machine,
    AZURE_CLIENT_ID: client,
  } = deps.env
  const isApp = endpoint !== undefined && secret !== undefined
  const text = isApp ? endpoint : machine === undefined ? undefined : `${machine.replace(/\/$/, '')}/metadata/identity/oauth2/token`
  if (text === undefined) return undefined
  const url = nearUrl(text, isApp ? 'IDENTITY_ENDPOINT' : 'AZURE_POD_IDENTITY_AUTHORITY_HOST')
  url.searchParams.set('api-version', isApp ? '2019-08-01' : '2018-02-01')
  url.searchParams.set('resource', cloud.resource)
  if (client !== undefined) url.searchParams.set('client_id', client)
  const headers: Record<string, string> = isApp ? { 'x-identity-header': secret } : { metadata: 'true' }
  const call = { url, headers, service: 'the managed identity', repeatable: true }
  return (await callService(deps, call, tokenSchema)).access_token
}

function nearUrl(text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isNear = url !== undefined && (isLoopback(url.hostname) || /^169\.254(?:\.\d{1,3}){2}$/.test(url.hostname))
  return isNear && url.protocol === 'http:' ? url : serviceUrl(text, where)
}
