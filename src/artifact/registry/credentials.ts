import { dirname, join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../kernel/atomic-file.ts'
import { fromBase64, textOf, toBase64, utf8 } from '../../kernel/bytes.ts'
import type { Deps } from '../../kernel/deps.ts'
import { asTallyError, fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { readFileIfThere } from '../../kernel/read-file.ts'

/** Who asks: a name and password (or token used as one), or an identity token that only a token server takes. */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity'; readonly token: string }

type CredentialDeps = Pick<Deps, 'fs' | 'env' | 'spawn' | 'log' | 'randomBytes'>

const authSchema = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
})
const configSchema = z.looseObject({
  auths: z.record(z.string(), authSchema).optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
})
type DockerConfig = z.infer<typeof configSchema>

const helperAnswerSchema = z.object({ Username: z.string(), Secret: z.string() })
const HELPER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const HELPER_MS = 30_000
/** What Docker's helpers print when they hold nothing for a host; also on stdout, with a failing exit code. */
const NOTHING_HELD = /credentials not found/i

/**
 * What the Docker configuration (`$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`) holds for exactly this
 * host: from the host's credential helper, the credential store, or the file. Undefined when there is nothing, or a
 * helper fails (said in the log). Throws `config-invalid` for a file that cannot be read as what it is.
 */
export async function readCredential(deps: CredentialDeps, host: string): Promise<Credential | undefined> {
  const path = configPath(deps.env)
  const config = path === undefined ? undefined : await readConfig(deps, path)
  if (config === undefined || path === undefined) return undefined
  const helper = helperFor(config, host)
  const held = helper === undefined ? undefined : await askHelper(deps, helper, keysOf(host)[0] ?? host)
  if (held !== undefined) return held
  for (const key of keysOf(host)) {
    const entry = ownValue(config.auths, key)
    const credential = entry === undefined ? undefined : fileCredential(entry, `${path}: auths.${key}`)
    if (credential !== undefined) return credential
  }
  return undefined
}

/**
 * Keeps a credential for a host where Docker would look for it: in its credential helper or store, else in the
 * configuration file (mode 0600, its other content kept). Out: where it was put, for people. Throws `usage` for a name
 * that cannot be sent, `config-invalid`, and what the disk or the helper says.
 */
export async function storeCredential(
  deps: CredentialDeps,
  host: string,
  credential: { readonly username: string; readonly password: string },
): Promise<string> {
  const { username, password } = credential
  if (username === '' || username.includes(':')) throw fail('usage', 'a user name is not empty and has no colon', { where: host })
  if (password === '') throw fail('usage', 'the password is empty', { where: host })
  const path = configPath(deps.env)
  if (path === undefined) throw fail('config-invalid', 'neither DOCKER_CONFIG nor HOME says where credentials are kept', { where: host })
  const config = (await readConfig(deps, path)) ?? {}
  const key = keysOf(host)[0] ?? host
  const helper = helperFor(config, host)
  if (helper !== undefined) {
    await callHelper(deps, helper, 'store', JSON.stringify({ ServerURL: key, Username: username, Secret: password }))
    return `docker-credential-${helper}`
  }
  const entry = { auth: toBase64(utf8(`${username}:${password}`)) }
  const next = { ...config, auths: { ...config.auths, [key]: entry } }
  try {
    await deps.fs.mkdir(dirname(path), { recursive: true, mode: 0o700 })
    // A link (dotfiles in a repository) stays a link; its target is written.
    await writeFileAtomic(deps, await realPath(deps, path), utf8(`${JSON.stringify(next, undefined, '\t')}\n`), 0o600)
  } catch (error) {
    throw asTallyError(error, path)
  }
  return path
}

/** The keys a host has in the configuration. Docker Hub's is a URL of its first API; `docker login https://…` wrote others as URLs. */
function keysOf(host: string): readonly string[] {
  if (['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host))
    return ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io']
  return [host, `https://${host}`, `https://${host}/`, `https://${host}/v1/`, `https://${host}/v2/`]
}

function configPath(env: Deps['env']): string | undefined {
  const folder = env['DOCKER_CONFIG']
  if (folder !== undefined && folder !== '') return join(folder, 'config.json')
  const home = env['HOME']
  return home === undefined || home === '' ? undefined : join(home, '.docker', 'config.json')
}

async function readConfig(deps: CredentialDeps, path: string): Promise<DockerConfig | undefined> {
  const bytes = await readFileIfThere(deps, path, 'configBytes')
  if (bytes === undefined) return undefined
  const parsed = configSchema.safeParse(parseJson(bytes, path, { code: 'config-invalid', limitName: 'configBytes' }))
  if (parsed.success) return parsed.data
  throw fail('config-invalid', `${parsed.error.issues[0]?.path.map(String).join('.') ?? ''}: has another shape than Docker's`, {
    where: path,
  })
}

function helperFor(config: DockerConfig, host: string): string | undefined {
  for (const key of keysOf(host)) {
    const helper = ownValue(config.credHelpers, key)
    if (helper !== undefined && helper !== '') return helper
  }
  return config.credsStore === '' ? undefined : config.credsStore
}

async function askHelper(deps: CredentialDeps, helper: string, key: string): Promise<Credential | undefined> {
  try {
    const answer = await callHelper(deps, helper, 'get', key)
    if (answer === undefined) return undefined
    const { Username, Secret } = answer
    if (Secret === '') return undefined
    return Username === '<token>' ? { kind: 'identity', token: Secret } : { kind: 'basic', username: Username, password: Secret }
  } catch (error) {
    const known = asTallyError(error)
    if (known.code === 'interrupted') throw known
    // A configuration made for a desktop often names a helper that is not here; public images need none.
    deps.log('warn', `docker-credential-${helper} gave no credentials for ${key}: ${known.message}`)
    return undefined
  }
}

/** Calls a helper by Docker's protocol (docker-credential-helpers): a verb, a text on stdin, JSON on stdout. Its output is never repeated. */
async function callHelper(
  deps: CredentialDeps,
  helper: string,
  verb: 'get' | 'store',
  input: string,
): Promise<z.infer<typeof helperAnswerSchema> | undefined> {
  const where = `docker-credential-${helper}`
  if (!HELPER_NAME.test(helper)) throw fail('config-invalid', 'is no name of a credential helper', { where: helper.slice(0, 100) })
  const result = await deps.spawn(where, [verb], { input: utf8(input), maxOutput: 64 * 1024, timeoutMs: HELPER_MS })
  if (result.exitCode !== 0) {
    const isNothing = verb === 'get' && NOTHING_HELD.test(`${latin1(result.stdout)}${latin1(result.stderr)}`)
    if (isNothing) return undefined
    throw fail('login-needed', `ended with exit code ${result.exitCode}`, { where })
  }
  if (verb === 'store') return undefined
  const parsed = helperAnswerSchema.safeParse(parseJson(result.stdout, where, { code: 'config-invalid' }))
  if (!parsed.success) throw fail('config-invalid', 'answered with something else than a credential', { where })
  return parsed.data
}

function fileCredential(entry: z.infer<typeof authSchema>, where: string): Credential | undefined {
  if (entry.identitytoken !== undefined && entry.identitytoken !== '') return { kind: 'identity', token: entry.identitytoken }
  if (entry.auth !== undefined && entry.auth !== '') {
    const text = textOf(fromBase64(entry.auth, 'config-invalid', where), 'config-invalid', where).replace(/\0+$/, '')
    const colon = text.indexOf(':')
    if (colon <= 0) throw fail('config-invalid', 'does not hold a user name and a password', { where })
    return { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) }
  }
  if (entry.username === undefined || entry.password === undefined || entry.username === '') return undefined
  return { kind: 'basic', username: entry.username, password: entry.password }
}

function ownValue<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined
}

async function realPath(deps: CredentialDeps, path: string): Promise<string> {
  try {
    return await deps.fs.realpath(path)
  } catch (error) {
    if (asTallyError(error, path).code === 'not-found') return path
    throw error
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
