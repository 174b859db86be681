import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { digestOf, hexOf } from '../../src/kernel/digest.ts'
import { utf8 } from '../../src/kernel/bytes.ts'
import type { Json } from '../../src/kernel/json.ts'
import { tufCanonicalBytes } from '../../src/trust/sigstore/tuf/canonical.ts'

export type TufKey = { readonly id: string; readonly privateKey: KeyObject; readonly entry: Json }

/** A new key of a TUF repository. `id` is its own unless given, so that one key can be listed under two. */
export function newTufKey(kind: 'ecdsa' | 'ed25519' = 'ecdsa'): TufKey {
  const { publicKey, privateKey } =
    kind === 'ecdsa' ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }) : generateKeyPairSync('ed25519')
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const value = kind === 'ecdsa' ? String(publicKey.export({ type: 'spki', format: 'pem' })) : spki.subarray(-32).toString('hex')
  const scheme = kind === 'ecdsa' ? 'ecdsa-sha2-nistp256' : 'ed25519'
  return { id: hexOf(digestOf(spki)), privateKey, entry: { keytype: kind, scheme, keyval: { public: value } } }
}

/** Signs metadata with keys. */
export function signTuf(signed: Json, keys: readonly TufKey[]): Uint8Array {
  const bytes = tufCanonicalBytes(signed)
  const signatures = keys.map(({ id, privateKey }) => ({
    keyid: id,
    sig: sign(privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, privateKey).toString('hex'),
  }))
  return utf8(JSON.stringify({ signed, signatures }, undefined, 1))
}

export type TufPlan = {
  readonly version?: number
  readonly root: readonly TufKey[]
  readonly online: TufKey
  readonly threshold?: number
  readonly expires?: string
  readonly target: Uint8Array
  /** A second target, the services that sign. */
  readonly signing?: Uint8Array
  /** What is another than the plan says in one role's metadata. */
  readonly roles?: { readonly [R in 'timestamp' | 'snapshot' | 'targets']?: RolePlan }
  /** Metadata names versions only, as the specification allows. */
  readonly bare?: boolean
}

type RolePlan = {
  readonly version?: number
  readonly expires?: string
  readonly keys?: readonly TufKey[]
  /** The version that the metadata above promises. */
  readonly promised?: number
}

const SIGNING = 'signing_config.v0.2.json'
const LATER = '2099-01-01T00:00:00Z'
const fileOf = (bytes: Uint8Array, version: number) => ({ version, length: bytes.byteLength, hashes: { sha256: hexOf(digestOf(bytes)) } })

/** Root metadata of a plan, unsigned. */
export function tufRoot({ version = 1, root, online, threshold = root.length, expires = LATER }: TufPlan): Json {
  const all = [...root, online]
  return {
    _type: 'root',
    spec_version: '1.0.31',
    version,
    expires,
    consistent_snapshot: true,
    keys: Object.fromEntries(all.map((key) => [key.id, key.entry])),
    roles: {
      root: { keyids: root.map((key) => key.id), threshold },
      targets: { keyids: root.map((key) => key.id), threshold },
      snapshot: { keyids: [online.id], threshold: 1 },
      timestamp: { keyids: [online.id], threshold: 1 },
    },
  }
}

/** Every file of a repository that serves one target, all of one version, by path. */
export function tufFiles(plan: TufPlan): Map<string, Uint8Array> {
  const { version = 1, root, online, target } = plan
  const served = new Map([['trusted_root.json', target], ...(plan.signing === undefined ? [] : [[SIGNING, plan.signing] as const])])
  const hashOf = (bytes: Uint8Array): string => hexOf(digestOf(bytes))
  const listed = [...served].map(([name, bytes]) => [name, { length: bytes.byteLength, hashes: { sha256: hashOf(bytes) } }] as const)
  const make = (role: 'timestamp' | 'snapshot' | 'targets', keys: readonly TufKey[], content: Readonly<Record<string, Json>>) => {
    const own: RolePlan = plan.roles?.[role] ?? {}
    const head = { spec_version: '1.0.31', version: own.version ?? version, expires: own.expires ?? plan.expires ?? LATER }
    const bytes = signTuf({ ...head, _type: role, ...content }, own.keys ?? keys)
    const promised = own.promised ?? head.version
    return { bytes, promised, file: plan.bare === true ? { version: promised } : fileOf(bytes, promised) }
  }
  const targets = make('targets', root, { targets: Object.fromEntries(listed) })
  const snapshot = make('snapshot', [online], { meta: { 'targets.json': targets.file } })
  const timestamp = make('timestamp', [online], { meta: { 'snapshot.json': snapshot.file } })
  return new Map([
    [`${version}.root.json`, signTuf(tufRoot(plan), root)],
    ['timestamp.json', timestamp.bytes],
    [`${snapshot.promised}.snapshot.json`, snapshot.bytes],
    [`${targets.promised}.targets.json`, targets.bytes],
    ...[...served].map(([name, bytes]) => [`targets/${hashOf(bytes)}.${name}`, bytes] as const),
  ])
}

const ENDLESS = Buffer.from('...')

/** Writes for as long as somebody reads. */
function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', more)
  more()
}

export type FakeTuf = {
  readonly url: string
  readonly files: Map<string, Uint8Array>
  readonly asked: { readonly path: string; readonly headers: IncomingHttpHeaders }[]
  readonly close: () => Promise<void>
}

/** Serves files on loopback, as they are at that moment. A file of the text `-> URL` is a redirect, one of the text `...` never ends. */
export async function startFakeTuf(files: Map<string, Uint8Array>): Promise<FakeTuf> {
  const asked: FakeTuf['asked'] = []
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice('/tuf/'.length)
    asked.push({ path, headers: request.headers })
    const bytes = files.get(path)
    const redirect = bytes === undefined ? undefined : /^-> (\S+)$/.exec(Buffer.from(bytes).toString('latin1'))?.[1]
    if (bytes !== undefined && Buffer.from(bytes).equals(ENDLESS)) pour(response)
    else if (redirect !== undefined) response.writeHead(302, { location: redirect }).end()
    else response.writeHead(bytes === undefined ? 404 : 200).end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/tuf`,
    files,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
