import { fail } from '../kernel/errors.ts'
import { withoutUserInfo } from '../kernel/redact.ts'

/** What a build may see of the environment. `names` is what evidence says; values stand in no evidence. */
export type BuildEnvironment = {
  readonly env: Readonly<Record<string, string>>
  /** Names of all variables set, sorted. */
  readonly names: readonly string[]
  /** Standard variables held back because their value holds credentials; `build.env` lets them through. */
  readonly withheld: readonly string[]
}

/** Variables every build may see: what programs need to run at all, and where package clients find caches and registries. */
export const STANDARD_VARIABLES: readonly string[] = [
  'PATH HOME LANG TMPDIR TZ SOURCE_DATE_EPOCH XDG_CACHE_HOME',
  'HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS npm_config_registry npm_config_cache npm_config_userconfig npm_config_offline',
  'npm_config_prefer_offline npm_config_ignore_scripts NPM_CONFIG_REGISTRY NPM_CONFIG_CACHE NPM_CONFIG_USERCONFIG',
  'PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_CACHE_DIR PIP_CONFIG_FILE PIP_CERT PIP_NO_INDEX PIP_FIND_LINKS',
  'UV_CACHE_DIR UV_INDEX_URL UV_DEFAULT_INDEX CARGO_HOME CARGO_NET_OFFLINE RUSTUP_HOME RUSTUP_TOOLCHAIN',
  'GOPROXY GOSUMDB GONOSUMDB GONOPROXY GOPRIVATE GOFLAGS GOCACHE GOMODCACHE GOPATH GOROOT GOTOOLCHAIN',
  'JAVA_HOME MAVEN_USER_HOME GRADLE_USER_HOME',
].flatMap((line) => line.split(' '))

/** What opens our own keys is let through to no build, asked for or not. */
const NEVER = new Set(['TALLY_KEY_PASSPHRASE', 'COSIGN_PASSWORD', 'TALLY_DATABASE_URL'])

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/

/**
 * The environment of a build: an allow-list, plus what the project declares (`build.env`), plus TALLY_OUT and
 * TALLY_NODE (the Node.js that runs tally, for builds that want no other), plus SOURCE_DATE_EPOCH (seconds) as the commit's time when there is a commit. Throws `config-invalid` for a declared name
 * that is none or that may never reach a build.
 */
export function buildEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  wanted: { readonly declared: readonly string[]; readonly outDir: string; readonly node: string; readonly commitTime?: string },
): BuildEnvironment {
  for (const name of wanted.declared) refuseName(name)
  const found: Record<string, string> = {}
  const withheld: string[] = []
  for (const name of STANDARD_VARIABLES) {
    const value = env[name]
    if (value === undefined) continue
    if (holdsCredentials(value) && !wanted.declared.includes(name)) withheld.push(name)
    else found[name] = value
  }
  for (const name of wanted.declared) {
    const value = env[name]
    if (value !== undefined) found[name] = value
  }
  if (wanted.commitTime !== undefined) found['SOURCE_DATE_EPOCH'] = String(Math.floor(Date.parse(wanted.commitTime) / 1000))
  found['TALLY_OUT'] = wanted.outDir
  found['TALLY_NODE'] = wanted.node
  return { env: found, names: Object.keys(found).toSorted(), withheld: withheld.toSorted() }
}

function refuseName(name: string): void {
  if (!NAME.test(name))
    throw fail('config-invalid', `names the variable ${JSON.stringify(name)}, which cannot be one`, { where: 'build.env' })
  if (NEVER.has(name)) {
    throw fail('config-invalid', `asks for ${name}, which no build may see`, {
      where: 'build.env',
      hint: `take ${name} out of \`build.env\``,
    })
  }
}

/** A registry or proxy address with a user or password in it, alone or in a list. */
function holdsCredentials(value: string): boolean {
  return value.split(/[\s,|]+/).some((part) => part.includes('://') && part.includes('@') && hasUserInfo(part))
}

function hasUserInfo(url: string): boolean {
  return !URL.canParse(url) || withoutUserInfo(url) !== new URL(url).href
}
