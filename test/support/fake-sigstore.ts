import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { toBase64, utf8 } from '../../src/kernel/bytes.ts'
import { canonicalJson } from '../../src/kernel/json.ts'
import { leafHash, treeHash } from '../../src/ledger/merkle.ts'
import { DER, writeDer } from '../../src/trust/der.ts'
import { makeStamper, refusal, stamp } from './fake-timestamp.ts'
import { startHttpFake } from './http-fake.ts'
import type { FakeAnswer, HttpFake } from './http-fake.ts'
import { makeCertificate } from './make-certificate.ts'
import { startOidcIssuer } from './oidc-issuer.ts'
import type { OidcIssuer } from './oidc-issuer.ts'

/** Ways in which the fakes can misbehave, set by a test and taken back by it. */
export type Misbehaving = {
  certificate?: 'another key' | 'no certificate'
  log?: 'another digest' | 'another signature' | 'another root' | 'another index' | 'no proof'
  timestamp?: 'another digest' | 'another nonce' | 'refused' | 'no timestamp'
}

export type FakeSigstore = {
  readonly issuer: OidcIssuer
  readonly fulcio: HttpFake
  readonly rekor: HttpFake
  readonly tsa: HttpFake
  readonly misbehave: Misbehaving
  readonly signingConfig: Uint8Array
  readonly trustedRoot: Uint8Array
  readonly close: () => Promise<void>
}

const ORIGIN = 'log.test'

/** A Sigstore instance in this process: an issuer, and the least of Fulcio, Rekor v2 and a timestamp authority that clients and verifiers need. */
export async function startFakeSigstore(options: { readonly minutes?: number } = {}): Promise<FakeSigstore> {
  const misbehave: Misbehaving = {}
  const issuer = await startOidcIssuer()
  const root = makeCertificate({ name: 'test root', isAuthority: true })
  const stamper = makeStamper()
  const log = generateKeyPairSync('ed25519')
  const logKey = new Uint8Array(log.publicKey.export({ type: 'spki', format: 'der' }))
  const logId = createHash('sha256')
    .update(Buffer.concat([Buffer.from(`${ORIGIN}\n`), Buffer.of(1), logKey.subarray(-32)]))
    .digest()

  const fulcio = await startHttpFake(({ path, body }): FakeAnswer => {
    if (path !== '/api/v2/signingCert') return { status: 404 }
    const asked = JSON.parse(Buffer.from(body).toString()) as FulcioRequest
    const claims = issuer.open(asked.credentials.oidcIdentityToken)
    if (claims === undefined) return { status: 401, json: { code: 16, message: 'There was an error processing the identity token' } }
    const key = createPublicKey(asked.publicKeyRequest.publicKey.content)
    const proof = Buffer.from(asked.publicKeyRequest.proofOfPossession, 'base64')
    if (!verify('sha256', Buffer.from(claims.email), key, proof))
      return { status: 400, json: { code: 3, message: 'The signature supplied in the request could not be verified' } }
    if (misbehave.certificate === 'no certificate')
      return { json: { signedCertificateEmbeddedSct: { chain: { certificates: ['nothing'] } } } }
    const { certificate } = makeCertificate({
      name: '',
      email: claims.email,
      issuer: root,
      usage: '1.3.6.1.5.5.7.3.3',
      extensions: { '1.3.6.1.4.1.57264.1.8': writeDer(DER.utf8, utf8(claims.iss)) },
      minutes: options.minutes ?? 10,
      ...(misbehave.certificate === 'another key' ? {} : { spki: new Uint8Array(key.export({ type: 'spki', format: 'der' })) }),
    })
    const certificates = [certificate, root.certificate].map(pemOf)
    return { json: { signedCertificateEmbeddedSct: { chain: { certificates } } } }
  })

  const leaves: Uint8Array[] = []
  const rekor = await startHttpFake(({ path, body }): FakeAnswer => {
    if (path !== '/api/v2/log/entries') return { status: 404 }
    const { digest, signature } = (JSON.parse(Buffer.from(body).toString()) as RekorRequest).hashedRekordRequestV002
    const other = toBase64(new Uint8Array(32))
    const entry = utf8(
      canonicalJson({
        apiVersion: '0.0.2',
        kind: 'hashedrekord',
        spec: {
          hashedRekordV002: {
            data: { algorithm: 'SHA2_256', digest: misbehave.log === 'another digest' ? other : digest },
            signature: { ...signature, content: misbehave.log === 'another signature' ? other : signature.content },
          },
        },
      }),
    )
    leaves.push(entry)
    const index = leaves.length - 1
    const hash = misbehave.log === 'another root' ? new Uint8Array(32) : treeHash(leaves.map(leafHash))
    const text = `${ORIGIN}\n${leaves.length}\n${toBase64(hash)}\n`
    const line = Buffer.concat([logId.subarray(0, 4), sign(null, Buffer.from(text), log.privateKey)]).toString('base64')
    const proof = {
      // Zero is left out, as protobuf JSON does.
      ...(index === 0 ? {} : { logIndex: String(misbehave.log === 'another index' ? index - 1 : index) }),
      rootHash: toBase64(hash),
      treeSize: String(leaves.length),
      hashes: pathTo(index).map((each) => toBase64(each)),
      checkpoint: { envelope: `${text}\n\u2014 ${ORIGIN} ${line}\n` },
    }
    return {
      json: {
        ...(index === 0 ? {} : { logIndex: String(index) }),
        logId: { keyId: logId.toString('base64') },
        kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
        ...(misbehave.log === 'no proof' ? {} : { inclusionProof: proof }),
        canonicalizedBody: toBase64(entry),
      },
    }
  })
  /** The inclusion path of the last leaf: the hashes of the whole subtrees to its left, from the nearest. */
  function pathTo(index: number): readonly Uint8Array[] {
    const path: Uint8Array[] = []
    let end = index
    for (let size = 1; end > 0; size *= 2) {
      if ((end / size) % 2 !== 1) continue
      path.push(treeHash(leaves.slice(end - size, end).map(leafHash)))
      end -= size
    }
    return path
  }

  const tsa = await startHttpFake(({ path, headers, body }): FakeAnswer => {
    if (path !== '/api/v1/timestamp' || headers['content-type'] !== 'application/timestamp-query') return { status: 400 }
    const answer = (bytes: Uint8Array | string): FakeAnswer => ({
      status: 201,
      body: bytes,
      headers: { 'content-type': 'application/timestamp-reply' },
    })
    if (misbehave.timestamp === 'refused') return answer(refusal())
    if (misbehave.timestamp === 'no timestamp') return answer('nothing')
    const change = {
      ...(misbehave.timestamp === 'another digest' ? { digest: new Uint8Array(32) } : {}),
      ...(misbehave.timestamp === 'another nonce' ? { nonce: Uint8Array.of(7) } : {}),
    }
    return answer(stamp(body, stamper, new Date(), change))
  })

  const validFor = { start: new Date(Date.now() - 3_600_000).toISOString() }
  const service = (url: string, majorApiVersion: number) => ({ url, majorApiVersion, validFor, operator: 'test' })
  const chain = (...certificates: readonly Uint8Array[]) => ({ certificates: certificates.map((each) => ({ rawBytes: toBase64(each) })) })
  return {
    issuer,
    fulcio,
    rekor,
    tsa,
    misbehave,
    signingConfig: utf8(
      JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
        caUrls: [service(fulcio.origin, 1)],
        oidcUrls: [service(issuer.origin, 1)],
        rekorTlogUrls: [service(rekor.origin, 2)],
        tsaUrls: [service(`${tsa.origin}/api/v1/timestamp`, 1)],
        rekorTlogConfig: { selector: 'ANY' },
        tsaConfig: { selector: 'ANY' },
      }),
    ),
    trustedRoot: utf8(
      JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
        tlogs: [
          {
            baseUrl: `https://${ORIGIN}`,
            hashAlgorithm: 'SHA2_256',
            publicKey: { rawBytes: toBase64(logKey), keyDetails: 'PKIX_ED25519', validFor },
            logId: { keyId: logId.toString('base64') },
          },
        ],
        certificateAuthorities: [{ uri: fulcio.origin, certChain: chain(root.certificate), validFor }],
        timestampAuthorities: [{ uri: tsa.origin, certChain: chain(stamper.leaf.certificate, stamper.root.certificate), validFor }],
      }),
    ),
    close: async () => {
      await Promise.all([issuer, fulcio, rekor, tsa].map((each) => each.close()))
    },
  }
}

type FulcioRequest = {
  readonly credentials: { readonly oidcIdentityToken: string }
  readonly publicKeyRequest: { readonly publicKey: { readonly content: string }; readonly proofOfPossession: string }
}
type RekorRequest = {
  readonly hashedRekordRequestV002: {
    readonly digest: string
    readonly signature: { readonly content: string; readonly verifier: unknown }
  }
}

function pemOf(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${toBase64(der)}\n-----END CERTIFICATE-----\n`
}
