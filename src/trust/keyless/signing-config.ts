import { z } from 'zod'
import { fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { readShape } from '../../kernel/shape.ts'
import { serviceUrl } from '../signers/service-call.ts'

/** A service of a Sigstore instance: where it is, who runs it, which version of its API it speaks, and when it is in use. */
export type Service = {
  readonly url: URL
  readonly operator: string
  readonly version: number
  readonly start: number
  readonly end: number
}

/** How many services are asked, each of another operator. */
export type ServiceRule = { readonly kind: 'any' } | { readonly kind: 'all' } | { readonly kind: 'exact'; readonly count: number }

/** Which services sign: certificate authorities, issuers of identities, logs, timestamp authorities. */
export type SigningConfig = {
  readonly authorities: readonly Service[]
  readonly issuers: readonly Service[]
  readonly logs: readonly Service[]
  readonly logRule: ServiceRule
  readonly timestampAuthorities: readonly Service[]
  readonly timestampRule: ServiceRule
}

const MEDIA_TYPE = 'application/vnd.dev.sigstore.signingconfig.v0.2+json'
const MOST_SERVICES = 64

const time = z.iso.datetime({ offset: true })
const service = z.object({
  url: z.string().min(1).max(2048),
  majorApiVersion: z.number().int().min(1).max(100),
  validFor: z.object({ start: time, end: time.nullish() }),
  operator: z.string().max(256).default(''),
})
const services = z.array(service).max(MOST_SERVICES).default([])
/** By name, or by number, as protobuf JSON may also write it. */
const SELECTORS = { ALL: 'all', ANY: 'any', EXACT: 'exact', '1': 'all', '2': 'any', '3': 'exact' } as const
const rule = z
  .object({ selector: z.union([z.string(), z.number()]).optional(), count: z.number().int().min(0).max(MOST_SERVICES).optional() })
  .default({})

const configSchema = z.object({
  mediaType: z.string(),
  caUrls: services,
  oidcUrls: services,
  rekorTlogUrls: services,
  rekorTlogConfig: rule,
  tsaUrls: services,
  tsaConfig: rule,
})

/**
 * Reads a signing configuration (sigstore_trustroot.proto, SigningConfig 0.2), as `cosign signing-config create` writes it. Throws
 * `config-invalid`, `version-unsupported`, and what `serviceUrl` throws for an address that is not https.
 */
export function parseSigningConfig(bytes: Uint8Array, where: string): SigningConfig {
  const json = parseJson(bytes, where, { code: 'config-invalid', limitName: 'configBytes' })
  const read = readShape(configSchema, json, where, 'config-invalid')
  if (read.mediaType !== MEDIA_TYPE) {
    throw fail('version-unsupported', 'is not a signing configuration of version 0.2', {
      where,
      hint: 'make one with `cosign signing-config create`',
    })
  }
  const list = (each: readonly z.infer<typeof service>[]): readonly Service[] => each.map((one) => serviceOf(one, where))
  const config: SigningConfig = {
    authorities: list(read.caUrls),
    issuers: list(read.oidcUrls),
    logs: list(read.rekorTlogUrls),
    logRule: ruleOf(read.rekorTlogConfig, read.rekorTlogUrls.length, `${where}: rekorTlogConfig`),
    timestampAuthorities: list(read.tsaUrls),
    timestampRule: ruleOf(read.tsaConfig, read.tsaUrls.length, `${where}: tsaConfig`),
  }
  return config
}

/**
 * The services to ask now: valid at this time, of a version that is spoken here, at most one for each operator (its highest version),
 * and as many as the rule says. Throws `config-invalid` when there are too few; none at all, where none is listed, is none.
 */
export function selectServices(
  all: readonly Service[],
  rule: ServiceRule,
  versions: readonly number[],
  now: Date,
  what: string,
): readonly Service[] {
  if (all.length === 0) return []
  const usable = all
    .filter((one) => versions.includes(one.version) && one.start <= now.valueOf() && now.valueOf() < one.end)
    .toSorted((a, b) => b.version - a.version || b.start - a.start)
  const byOperator = new Map<string, Service>()
  for (const one of usable) if (!byOperator.has(one.operator)) byOperator.set(one.operator, one)
  const found = [...byOperator.values()]
  const needed = rule.kind === 'exact' ? rule.count : 1
  if (found.length < needed) {
    throw fail('config-invalid', `lists ${found.length} ${what} that can be used now, where ${needed} are asked for`, {
      where: 'the signing configuration',
      hint: `usable are those valid today that speak version ${versions.join(' or ')}`,
    })
  }
  return rule.kind === 'all' ? found : found.slice(0, needed)
}

function serviceOf(read: z.infer<typeof service>, where: string): Service {
  const { start, end } = read.validFor
  return {
    url: serviceUrl(read.url, `${where}: ${read.url.slice(0, 100)}`),
    operator: read.operator,
    version: read.majorApiVersion,
    start: Date.parse(start),
    end: end === undefined || end === null ? Infinity : Date.parse(end),
  }
}

function ruleOf(read: z.infer<typeof rule>, listed: number, where: string): ServiceRule {
  const name = String(read.selector ?? '')
  const kind = Object.hasOwn(SELECTORS, name) ? SELECTORS[name as keyof typeof SELECTORS] : undefined
  if (kind === undefined) {
    if (listed === 0) return { kind: 'any' }
    throw fail('config-invalid', 'does not say how many services to ask: its selector is none of ALL, ANY, EXACT', { where })
  }
  if (kind !== 'exact') return { kind }
  if (read.count === undefined || read.count < 1) throw fail('config-invalid', 'says EXACT and not how many', { where })
  return { kind, count: read.count }
}
