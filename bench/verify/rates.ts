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

/** A rate that verified nothing would be no rate: a no throws. */
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

async function cpuOf(pass: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage()
  await pass()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

type Bundle = { readonly text: string; readonly evidence: UnverifiedEvidence; readonly operations: number }

/** New bundles. Each verifier starts from what it takes: ours from the bytes as they were found, the other from JSON. */
function newBundles(log: 'v1' | 'v2'): readonly Bundle[] {
  return Array.from({ length: BUNDLES }, () => newBundle(log)).map((one) => ({ ...one, evidence: evidenceOf(utf8(one.text)) }))
}

async function inTurn(bundles: readonly Bundle[], verify: (bundle: Bundle) => Promise<void> | void): Promise<void> {
  for (const bundle of bundles) await verify(bundle)
}

/** CPU microseconds of one pass over new bundles, in each of the ways. */
type Least = Readonly<Record<'cold' | 'known' | 'seen' | 'floor' | 'theirsCold' | 'theirsWarm', number>>

/** The least of many rounds, the ways in turns, so that what else runs here disturbs little. */
async function leastOf(log: 'v1' | 'v2'): Promise<Least> {
  const [trust, other, verifier] = [ourTrust(), ourTrust(), theirVerifier()]
  await inTurn([...newBundles(log)], async ({ evidence }) => {
    for (const one of [trust, other]) await verifyOurs(evidence, one)
  })
  let least: Least = { cold: Infinity, known: Infinity, seen: Infinity, floor: Infinity, theirsCold: Infinity, theirsWarm: Infinity }
  for (let round = 0; round < ROUNDS; round += 1) {
    const bundles = newBundles(log)
    const operations = await recordOperations(async () => await inTurn(bundles, ({ evidence }) => verifyOurs(evidence, other)))
    const needed = bundles.reduce((sum, one) => sum + one.operations, 0)
    if (operations.length !== needed) throw new Error(`${operations.length} signatures were checked where ${needed} are needed`)
    const known = (): Promise<void> => inTurn(bundles, ({ evidence }) => verifyOurs(evidence, trust))
    const took: Least = {
      known: await cpuOf(known),
      seen: await cpuOf(known),
      cold: await cpuOf(() => inTurn(bundles, ({ evidence }) => verifyOurs(evidence, ourTrust()))),
      theirsWarm: await cpuOf(() => inTurn(bundles, ({ text }) => verifyTheirs(text, verifier))),
      theirsCold: await cpuOf(() => inTurn(bundles, ({ text }) => verifyTheirs(text, theirVerifier()))),
      floor: await cpuOf(() => {
        if (!operations.every((operation) => operation())) throw new Error('a signature that held does not hold any more')
      }),
    }
    least = Object.fromEntries(Object.entries(least).map(([way, cpu]) => [way, Math.min(cpu, took[way as keyof Least])])) as Least
  }
  return least
}

/**
 * Bundles per second with one kind of log: ours against @sigstore/verify, and against the bare signature checks. `known`: each
 * certificate is new and the chains of the authorities are not; `seen`: so are the certificates not; `cold`: each bundle with the
 * root read anew.
 */
export async function measureRates(log: 'v1' | 'v2'): Promise<readonly Goal[]> {
  const { cold, known, seen, floor, theirsCold, theirsWarm } = await leastOf(log)
  const rate = (cpu: number): string => `${((BUNDLES / cpu) * 1e6).toFixed(0)}/s`
  const against = (ours: number, theirs: number) =>
    ({ measured: `${rate(ours)} against ${rate(theirs)} of @sigstore/verify`, value: theirs / ours, unit: 'x' }) as const
  return [
    { what: `Rekor ${log}, chains and certificates seen before`, ...against(seen, theirsWarm), atLeast: 5 },
    { what: `Rekor ${log}, chains known, certificates new`, ...against(known, theirsWarm) },
    { what: `Rekor ${log}, nothing known`, ...against(cold, theirsCold), atLeast: 2.5 },
    {
      what: `Rekor ${log}, chains known, of bare node:crypto`,
      measured: `${rate(known)} against ${rate(floor)}`,
      value: (floor / known) * 100,
      unit: '%',
      atLeast: 70,
    },
  ]
}
