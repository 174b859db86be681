import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { isLoopback } from '../../artifact/registry/hosts.ts'
import { textOf, utf8 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { TallyError, fail } from '../../kernel/errors.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { askService, callService, serviceUrl } from './service-call.ts'
import type { ServiceDeps } from './service-call.ts'
import type { AwsCredentials } from './sigv4.ts'

type AwsDeps = ServiceDeps & Pick<Deps, 'fs' | 'env'>

/**
 * Credentials for AWS, from the first place that has some, in the order of the AWS tools: the environment, the shared files (AWS_PROFILE),
 * a web identity token exchanged with STS, the container's endpoint, the machine's. Throws `login-needed` when there are none.
 */
export async function findAwsCredentials(deps: AwsDeps, region: string): Promise<AwsCredentials> {
  const found =
    fromEnvironment(deps.env) ??
    (await fromFiles(deps)) ??
    (await fromWebIdentity(deps, region)) ??
    (await fromContainer(deps)) ??
    (await fromMachine(deps))
  if (found !== undefined) return found
  throw fail('login-needed', 'has no credentials for AWS', {
    where: 'AWS KMS',
    hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  })
}

/** The region in force: AWS_REGION, AWS_DEFAULT_REGION, or the profile's. Undefined when nothing says. */
export async function findAwsRegion(deps: Pick<Deps, 'fs' | 'env'>): Promise<string | undefined> {
  const region = deps.env['AWS_REGION'] ?? deps.env['AWS_DEFAULT_REGION']
  if (region !== undefined && region !== '') return region
  return (await readProfile(deps)).get('region')
}

function fromEnvironment(env: Deps['env']): AwsCredentials | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env
  return credentialsOf(id, secret, token)
}

async function fromFiles(deps: Pick<Deps, 'fs' | 'env'>): Promise<AwsCredentials | undefined> {
  const profile = await readProfile(deps)
  return credentialsOf(profile.get('aws_access_key_id'), profile.get('aws_secret_access_key'), profile.get('aws_session_token'))
}

function credentialsOf(id = '', secret = '', token = ''): AwsCredentials | undefined {
  if (id === '' || secret === '') return undefined
  return { accessKeyId: id, secretAccessKey: secret, ...(token === '' ? {} : { sessionToken: token }) }
}

/** The settings of the profile in force, from the shared files; those of `credentials` win. */
async function readProfile(deps: Pick<Deps, 'fs' | 'env'>): Promise<ReadonlyMap<string, string>> {
  const { env } = deps
  const profile = env['AWS_PROFILE'] ?? 'default'
  const dir = join(env['HOME'] ?? homedir(), '.aws')
  const config = await readIfThere(deps, env['AWS_CONFIG_FILE'] ?? join(dir, 'config'))
  const credentials = await readIfThere(deps, env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(dir, 'credentials'))
  return new Map([...sectionOf(config, profile === 'default' ? profile : `profile ${profile}`), ...sectionOf(credentials, profile)])
}

function sectionOf(ini: string, name: string): readonly (readonly [string, string])[] {
  const settings: (readonly [string, string])[] = []
  let isInside = false
  for (const line of ini.split('\n').map((each) => each.trim())) {
    if (line.startsWith('[')) isInside = line.slice(1, line.indexOf(']')).trim() === name
    const equals = line.indexOf('=')
    if (isInside && equals > 0 && !line.startsWith('#')) settings.push([line.slice(0, equals).trim(), line.slice(equals + 1).trim()])
  }
  return settings
}

async function readIfThere(deps: Pick<Deps, 'fs'>, path: string): Promise<string> {
  try {
    return textOf(await readFileBounded(deps, path, 'configBytes'), 'config-invalid', path)
  } catch (error) {
    if (error instanceof TallyError && error.code === 'not-found') return ''
    throw error
  }
}

const stsSchema = z.object({
  AssumeRoleWithWebIdentityResponse: z.object({
    AssumeRoleWithWebIdentityResult: z.object({
      Credentials: z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string(), SessionToken: z.string() }),
    }),
  }),
})

/** IAM roles for service accounts, and OIDC of CI systems: a token is exchanged for credentials; the question itself needs none. */
async function fromWebIdentity(deps: AwsDeps, region: string): Promise<AwsCredentials | undefined> {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role, AWS_ROLE_SESSION_NAME: session = 'tally' } = deps.env
  if (file === undefined || role === undefined) return undefined
  const token = textOf(await readFileBounded(deps, file, 'keyFileBytes'), 'config-invalid', file).trim()
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: session,
    WebIdentityToken: token,
  })
  const url = serviceUrl(deps.env['AWS_ENDPOINT_URL_STS'] ?? `https://sts.${region}.${awsDomain(region)}/`, 'AWS_ENDPOINT_URL_STS')
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const call = { url, body: utf8(form.toString()), headers, service: 'AWS STS', repeatable: true }
  const read = await callService(deps, call, stsSchema)
  const { AccessKeyId, SecretAccessKey, SessionToken } = read.AssumeRoleWithWebIdentityResponse.AssumeRoleWithWebIdentityResult.Credentials
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

const endpointSchema = z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string(), Token: z.string() })

/** ECS and EKS: the orchestrator names an address on this machine or its link-local network, and the token to show there. */
async function fromContainer(deps: AwsDeps): Promise<AwsCredentials | undefined> {
  const { env } = deps
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
  const text = relative === undefined ? env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] : `http://169.254.170.2${relative}`
  if (text === undefined) return undefined
  const url = metadataUrl(text, 'AWS_CONTAINER_CREDENTIALS_FULL_URI')
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
  const token =
    file === undefined
      ? env['AWS_CONTAINER_AUTHORIZATION_TOKEN']
      : textOf(await readFileBounded(deps, file, 'keyFileBytes'), 'config-invalid', file).trim()
  const headers: Record<string, string> = token === undefined ? {} : { authorization: token }
  const read = await callService(deps, { url, headers, service: 'the container’s credentials', repeatable: true }, endpointSchema)
  return { accessKeyId: read.AccessKeyId, secretAccessKey: read.SecretAccessKey, sessionToken: read.Token }
}

/** EC2: the machine's metadata service, version 2. Asked only when AWS_EC2_METADATA_SERVICE_ENDPOINT names it, since elsewhere nobody answers. */
async function fromMachine(deps: AwsDeps): Promise<AwsCredentials | undefined> {
  const base = deps.env['AWS_EC2_METADATA_SERVICE_ENDPOINT']
  if (base === undefined) return undefined
  const root = metadataUrl(base, 'AWS_EC2_METADATA_SERVICE_ENDPOINT')
  const service = 'the machine’s credentials'
  const ask = async (path: string, method: 'GET' | 'PUT', headers: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await askService(deps, { url: new URL(path, root), method, headers, service, repeatable: true }, '*/*')
    return textOf(await answer.bytes('serviceAnswerBytes'), 'service-error', service).trim()
  }
  const token = await ask('/latest/api/token', 'PUT', { 'x-aws-ec2-metadata-token-ttl-seconds': '300' })
  const headers = { 'x-aws-ec2-metadata-token': token }
  const path = '/latest/meta-data/iam/security-credentials/'
  const role = (await ask(path, 'GET', headers)).split('\n')[0] ?? ''
  const url = new URL(`${path}${encodeURIComponent(role)}`, root)
  const read = await callService(deps, { url, headers, service, repeatable: true }, endpointSchema)
  return { accessKeyId: read.AccessKeyId, secretAccessKey: read.SecretAccessKey, sessionToken: read.Token }
}

/** The addresses of orchestrators and machines speak plain http; they are on this machine or on its link-local network. */
function metadataUrl(text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isNear =
    url !== undefined && (isLoopback(url.hostname) || /^169\.254(?:\.\d{1,3}){2}$/.test(url.hostname) || url.hostname === '[fd00:ec2::23]')
  return isNear && url.protocol === 'http:' ? url : serviceUrl(text, where)
}

/** Regions of China are under a name of their own. */
export function awsDomain(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
}
