import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startOidcIssuer } from './oidc-issuer.ts'
import type { OidcIssuer } from './oidc-issuer.ts'
import { findPeer } from './peers.ts'

/** The three servers of a Sigstore instance; undefined, and a line on stderr, where one is not installed. */
export function findSigstore(): { readonly fulcio: string; readonly timestamp: string; readonly rekor: string } | undefined {
  const [fulcio, timestamp, rekor] = [findPeer('fulcio'), findPeer('timestamp-server'), findPeer('posix')]
  return fulcio === undefined || timestamp === undefined || rekor === undefined ? undefined : { fulcio, timestamp, rekor }
}

export type RealSigstore = {
  readonly issuer: OidcIssuer
  /** Files in a folder of its own. */
  readonly dir: string
  readonly signingConfig: string
  readonly trustedRoot: string
  /** Addresses, as flags of cosign 2 name them. */
  readonly urls: { readonly fulcio: string; readonly timestamp: string }
  readonly close: () => Promise<void>
}

/**
 * A whole Sigstore on loopback: an issuer of identities, the real Fulcio with a CA of its own, the real timestamp authority, the real
 * Rekor v2 on files, without a log of certificates. Out: a signing configuration and a trusted root for it.
 */
export async function startSigstore(programs: NonNullable<ReturnType<typeof findSigstore>>): Promise<RealSigstore> {
  const dir = await mkdtemp(join(tmpdir(), 'tally-'))
  const issuer = await startOidcIssuer()
  const [ca, caGrpc, caMetrics, tsa, log, logGrpc, logMetrics] = await freePorts(7)
  const children: ChildProcess[] = []
  const start = (program: string, args: readonly string[]): void => {
    children.push(spawn(program, [...args], { cwd: dir, stdio: 'ignore', env: { HOME: dir, PATH: process.env['PATH'] ?? '' } }))
  }
  await writeFile(
    join(dir, 'fulcio.yaml'),
    `oidc-issuers:\n  ${issuer.origin}:\n    issuer-url: ${issuer.origin}\n    client-id: sigstore\n    type: email\n`,
  )
  const key = generateKeyPairSync('ed25519')
  await writeFile(join(dir, 'rekor.pem'), key.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await mkdir(join(dir, 'rekor'))
  const here = ['--host', '127.0.0.1']
  const grpc = ['--grpc-host', '127.0.0.1', '--grpc-port', `${caGrpc}`, '--metrics-port', `${caMetrics}`]
  start(programs.fulcio, [
    'serve',
    '--ca=ephemeralca',
    '--ct-log-url=',
    '--config-path',
    join(dir, 'fulcio.yaml'),
    ...here,
    '--port',
    `${ca}`,
    ...grpc,
  ])
  start(programs.timestamp, ['serve', ...here, '--port', `${tsa}`, '--timestamp-signer', 'memory', '--disable-ntp-monitoring'])
  const ports = ['--http-port', `${log}`, '--grpc-port', `${logGrpc}`, '--http-metrics-port', `${logMetrics}`]
  const storage = ['--storage-dir', join(dir, 'rekor'), '--signer-filepath', join(dir, 'rekor.pem')]
  start(programs.rekor, [
    'serve',
    '--hostname',
    '127.0.0.1',
    ...ports,
    ...storage,
    '--checkpoint-interval',
    '1s',
    '--batch-max-age',
    '50ms',
  ])

  const at = (port: number | undefined): string => `http://127.0.0.1:${port}`
  const authority = JSON.parse(await whenReady(`${at(ca)}/api/v2/trustBundle`)) as { chains: { certificates: string[] }[] }
  const stampers = await whenReady(`${at(tsa)}/api/v1/timestamp/certchain`)
  await whenReady(`${at(log)}/healthz`, [200, 404])
  const validFor = { start: new Date(Date.now() - 3_600_000).toISOString() }
  const service = (url: string, version: number) => ({ url, majorApiVersion: version, validFor, operator: 'test' })
  const signingConfig = join(dir, 'signing-config.json')
  await writeFile(
    signingConfig,
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      caUrls: [service(at(ca), 1)],
      oidcUrls: [service(issuer.origin, 1)],
      rekorTlogUrls: [service(at(log), 2)],
      tsaUrls: [service(`${at(tsa)}/api/v1/timestamp`, 1)],
      rekorTlogConfig: { selector: 'ANY' },
      tsaConfig: { selector: 'ANY' },
    }),
  )
  const chainOf = (pems: readonly string[]) => ({ certificates: pems.map((pem) => ({ rawBytes: derOf(pem) })) })
  const spki = key.publicKey.export({ type: 'spki', format: 'der' })
  const trustedRoot = join(dir, 'trusted-root.json')
  await writeFile(
    trustedRoot,
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [
        {
          // The checkpoint names the log by this host, without a port.
          baseUrl: 'http://127.0.0.1',
          hashAlgorithm: 'SHA2_256',
          publicKey: { rawBytes: spki.toString('base64'), keyDetails: 'PKIX_ED25519', validFor },
          logId: { keyId: logIdOf('127.0.0.1', spki) },
        },
      ],
      certificateAuthorities: [{ uri: at(ca), certChain: chainOf(authority.chains[0]?.certificates ?? []), validFor }],
      timestampAuthorities: [
        { uri: at(tsa), certChain: chainOf(stampers.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? []), validFor },
      ],
    }),
  )
  return {
    issuer,
    dir,
    signingConfig,
    trustedRoot,
    urls: { fulcio: at(ca), timestamp: `${at(tsa)}/api/v1/timestamp` },
    close: async () => {
      await Promise.all(children.map(endOf))
      await issuer.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((done) => child.once('close', done))
  child.kill('SIGKILL')
  await ended
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}

async function whenReady(url: string, statuses: readonly number[] = [200]): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      const answer = await fetch(url)
      if (statuses.includes(answer.status)) return await answer.text()
    } catch {
      // Not listening yet.
    }
    await sleep(100)
  }
  throw new Error(`${url} did not become ready`)
}

function derOf(pem: string): string {
  return pem.replace(/-----[^-]*-----|\s/g, '')
}

/** The key id of a tiled log (C2SP signed-note): SHA-256 over its name and key, which Rekor v2 gives whole in its entries. */
function logIdOf(origin: string, spki: Buffer): string {
  return createHash('sha256')
    .update(Buffer.concat([Buffer.from(`${origin}\n`), Buffer.of(1), spki.subarray(-32)]))
    .digest('base64')
}
