import { createHash, sign } from 'node:crypto'
import { utf8 } from '../../src/kernel/bytes.ts'
import { DER, contextTag, readDer, readDerList, writeDer, writeDerInteger, writeDerOid } from '../../src/trust/der.ts'
import { makeCertificate } from './make-certificate.ts'
import type { Certified } from './make-certificate.ts'

const SHA256 = writeDer(DER.sequence, writeDerOid('2.16.840.1.101.3.4.2.1'), writeDer(DER.null))
const ECDSA_SHA256 = writeDer(DER.sequence, writeDerOid('1.2.840.10045.4.3.2'))
const TST_INFO = writeDerOid('1.2.840.113549.1.9.16.1.4')

/** A timestamp authority: its root, and the certificate it signs with. */
export type Stamper = { readonly root: Certified; readonly leaf: Certified }

export function makeStamper(): Stamper {
  const root = makeCertificate({ name: 'test timestamp root', isAuthority: true })
  return { root, leaf: makeCertificate({ name: 'test timestamp', issuer: root, usage: '1.3.6.1.5.5.7.3.8', usageIsCritical: true }) }
}

/** Answers a TimeStampReq (RFC 3161) as an authority does. `change` puts other things into the answer than were asked for. */
export function stamp(
  request: Uint8Array,
  { leaf, root }: Stamper,
  now: Date,
  change: { readonly digest?: Uint8Array; readonly nonce?: Uint8Array } = {},
): Uint8Array {
  const [, imprint, nonce] = readDerList(readDer(request)?.content ?? new Uint8Array(0)) ?? []
  const digest = readDerList(imprint?.content ?? new Uint8Array(0))?.[1]?.content ?? new Uint8Array(0)
  const info = writeDer(
    DER.sequence,
    writeDerInteger(1),
    writeDerOid('1.3.6.1.4.1.57264.2'),
    writeDer(DER.sequence, SHA256, writeDer(DER.octets, change.digest ?? digest)),
    writeDerInteger(7),
    writeDer(DER.generalizedTime, utf8(now.toISOString().replace(/[-:T]|\.\d+/g, ''))),
    writeDer(DER.integer, change.nonce ?? nonce?.content ?? new Uint8Array(0)),
  )
  const signingCertificate = writeDer(
    DER.sequence,
    writeDer(DER.sequence, writeDer(DER.sequence, writeDer(DER.octets, sha256(leaf.certificate)))),
  )
  const attributes = [
    attribute('1.2.840.113549.1.9.3', TST_INFO),
    attribute('1.2.840.113549.1.9.4', writeDer(DER.octets, sha256(info))),
    attribute('1.2.840.113549.1.9.16.2.47', signingCertificate),
  ]
  const signature = sign('sha256', writeDer(DER.set, ...attributes), leaf.key)
  const signerInfo = writeDer(
    DER.sequence,
    writeDerInteger(1),
    writeDer(DER.sequence, root.name, writeDer(DER.integer, leaf.serial)),
    SHA256,
    writeDer(contextTag(0), ...attributes),
    ECDSA_SHA256,
    writeDer(DER.octets, signature),
  )
  const signedData = writeDer(
    DER.sequence,
    writeDerInteger(3),
    writeDer(DER.set, SHA256),
    writeDer(DER.sequence, TST_INFO, writeDer(contextTag(0), writeDer(DER.octets, info))),
    writeDer(contextTag(0), leaf.certificate),
    writeDer(DER.set, signerInfo),
  )
  const token = writeDer(DER.sequence, writeDerOid('1.2.840.113549.1.7.2'), writeDer(contextTag(0), signedData))
  return writeDer(DER.sequence, writeDer(DER.sequence, writeDerInteger(0)), token)
}

/** The answer of an authority that does not want to. */
export function refusal(): Uint8Array {
  return writeDer(DER.sequence, writeDer(DER.sequence, writeDerInteger(2)))
}

function attribute(oid: string, value: Uint8Array): Uint8Array {
  return writeDer(DER.sequence, writeDerOid(oid), writeDer(DER.set, value))
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}
