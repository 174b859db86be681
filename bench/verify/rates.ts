import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { Verifier, toSignedEntity, toTrustMaterial } from '@sigstore/verify'
import { utf8 } from '../../src/kernel/bytes.ts'
import { digestOf } from '../../src/kernel/digest.ts'
import type { UnverifiedEvidence } from '../../src/evidence/evidence.ts'
import type { Trust } from '../../src/trust/authority.ts'
import { parseTrustedRoot } from '../../src/trust/sigstore/trusted-root.ts'
import { verifyEvidence } from '../../src/trust/verify.ts'
import { IDENTITY, ISSUER } from '../../test/support/sigstore-in-memory/instance.ts'
import { byIdentity, fakeInstance } from '../../test/support/sigstore-in-memory/verify.ts'
import { evidenceOf } from '../../test/support/signed-evidence.ts'
import { MESSAGE, ROOT_JSON, newBundle } from './bundles.ts'
import type { Goal } from './goal.ts'

const BUNDLES = 40
const ROUNDS = 25
const ROOT = utf8(JSON.stringify(ROOT_JSON))
const SUBJECT = new RegExp(`^${IDENTITY.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')}$`)
const artifact = { kind: 'file', digest: digestOf(MESSAGE), size: MESSAGE.byteLength, name: 'release.txt' } as const

/** What came of one pass over all bundles; a rate that verified nothing would be no rate. */
type Pass = () => Promise<void> | void

async function verifyOurs(evidence: UnverifiedEvidence, trust: Trust): Promise<void> {
  const content = async function* () {
    yield MESSAGE
  }
  const result = await verifyEvidence(evidence, artifact, trust, { content })
  if (!result.ok) throw new Error(`we refuse a bundle of our own making: ${result.rejection.why}`)
}

const ourTrust = (): Trust => byIdentity(fakeInstance(parseTrustedRoot(ROOT, 'root')))
const theirVerifier = (): Verifier => new Verifier(toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(new TextDecoder().decode(ROOT)))))

function verifyTheirs(text: string, verifier: Verifier): void {
  const entity = toSignedEntity(bundleFromJSON(JSON.parse(text)), Buffer.from(MESSAGE))
  verifier.verify(entity, { subjectAlternativeName: SUBJECT, extensions: { issuer: ISSUER } })
}

type Operation = () => boolean

/**
 * The signature checks some work makes, to be made again alone. Two of Node's own functions are replaced meanwhile, which the types
 * do not foresee.
 */
async function recordOperations(work: () => Promise<void>): Promise<readonly Operation[]> {
  const node: Record<'verify' | 'createVerify', unknown> = crypto
  const { verify, createVerify } = crypto
  const made: Operation[] = []
  node.verify = (algorithm: string | null, bytes: Uint8Array, key: crypto.KeyObject, signature: Uint8Array): boolean => {
    made.push(() => verify(algorithm, bytes, key, signature))
    return verify(algorithm, bytes, key, signature)
  }
  node.createVerify = (algorithm: string) => {
    const parts: Uint8Array[] = []
    return {
      update: (bytes: Uint8Array) => parts.push(bytes),
      verify: (key: crypto.KeyObject, signature: Uint8Array) => {
        const check = (): boolean => verify(algorithm, Buffer.concat(parts), key, signature)
        made.push(check)
        return check()
      },
    }
  }
  syncBuiltinESMExports()
  try {
    await work()
  } finally {
    Object.assign(node, { verify, createVerify })
    syncBuiltinESMExports()
  }
  return made
}

async function cpuOf(pass: Pass): Promise<number> {
  const before = process.cpuUsage()
  await pass()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** CPU microseconds of each pass, taken in turns; the least of many, so that what else runs here disturbs little. */
async function leastOf<K extends string>(passes: Readonly<Record<K, Pass>>): Promise<Readonly<Record<K, number>>> {
  const least = Object.fromEntries(Object.keys(passes).map((name) => [name, Infinity])) as Record<K, number>
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of Object.keys(passes) as K[]) least[name] = Math.min(least[name], await cpuOf(passes[name]))
  }
  return least
}

/** Bundles per second: ours against @sigstore/verify, and against the bare signature checks. */
export async function measureRates(log: 'v1' | 'v2'): Promise<readonly Goal[]> {
  // Each verifier starts from what it takes: ours from the bytes as they were found, the other from JSON.
  const bundles = Array.from({ length: BUNDLES }, () => newBundle(log)).map((one) => ({ ...one, evidence: evidenceOf(utf8(one.text)) }))
  const [trust, verifier] = [ourTrust(), theirVerifier()]
  const each = (verify: (bundle: (typeof bundles)[number]) => Promise<void> | void): Pass => {
    return async () => {
      for (const bundle of bundles) await verify(bundle)
    }
  }
  const warm = each(({ evidence }) => verifyOurs(evidence, trust))
  await warm()
  const operations = await recordOperations(async () => await warm())
  const needed = bundles.reduce((sum, one) => sum + one.operations, 0)
  if (operations.length !== needed) throw new Error(`${operations.length} signatures were checked where ${needed} are needed`)
  const least = await leastOf({
    warm,
    cold: each(({ evidence }) => verifyOurs(evidence, ourTrust())),
    theirsWarm: each(({ text }) => verifyTheirs(text, verifier)),
    theirsCold: each(({ text }) => verifyTheirs(text, theirVerifier())),
    floor: () => {
      if (!operations.every((operation) => operation())) throw new Error('a signature that held does not hold any more')
    },
  })
  const rate = (cpu: number): string => `${((BUNDLES / cpu) * 1e6).toFixed(0).padStart(5)}/s`
  const share = (least.floor / least.warm) * 100
  return [
    {
      what: `bundles with Rekor ${log}, chains known`,
      measured: `${rate(least.warm)} against ${rate(least.theirsWarm)} of @sigstore/verify`,
      value: least.theirsWarm / least.warm,
      unit: 'x',
      atLeast: 5,
    },
    {
      what: `bundles with Rekor ${log}, nothing known`,
      measured: `${rate(least.cold)} against ${rate(least.theirsCold)} of @sigstore/verify`,
      value: least.theirsCold / least.cold,
      unit: 'x',
      atLeast: 2.5,
    },
    {
      what: `bundles with Rekor ${log}, of bare node:crypto`,
      measured: `${rate(least.warm)} against ${rate(least.floor)}`,
      value: share,
      unit: '%',
      atLeast: 70,
    },
  ]
}
