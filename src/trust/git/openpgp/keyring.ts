import { concatBytes } from '../../../kernel/bytes.ts'
import { fail } from '../../../kernel/errors.ts'
import { PACKET, readArmor, readPackets } from './packets.ts'
import type { Packet } from './packets.ts'
import { readPgpKey } from './key.ts'
import type { PgpKey } from './key.ts'
import { SAYS, TYPE, matchesPgp, numberOf, readPgpSignature } from './signature.ts'
import type { PgpSignature } from './signature.ts'

/** A key that may sign, with what its owner's primary key says of it. Times in seconds since 1970. */
export type SigningKey = {
  readonly key: PgpKey
  /** The owner: user id and fingerprint of the primary key. */
  readonly owner: string
  readonly fingerprint: string
  readonly start: number
  readonly end: number
  readonly isRevoked: boolean
}

const MAY_SIGN = 0x02

/**
 * Reads a file of armored public keys: every primary key and subkey that may sign, each bound to its owner by signatures that hold.
 * Throws `key-invalid` for a file in which nothing may sign.
 */
export function parseKeyring(text: string, where: string): readonly SigningKey[] {
  const packets = readArmor(text, 'PGP PUBLIC KEY BLOCK', where, 'key-invalid').flatMap((block) => readPackets(block, where, 'key-invalid'))
  const keys = ownersOf(packets).flatMap(signingKeysOf)
  if (keys.length === 0) {
    throw fail('key-invalid', 'holds no OpenPGP key of a supported kind that may sign', {
      where,
      hint: 'supported are RSA from 2048 bits, ECDSA and Ed25519, self-signed with SHA-256 or better',
    })
  }
  return keys
}

/** The packets of one owner: primary key first, then what belongs to it. */
function ownersOf(packets: readonly Packet[]): readonly (readonly Packet[])[] {
  const owners: Packet[][] = []
  for (const packet of packets) {
    if (packet.type === PACKET.publicKey) owners.push([packet])
    else owners.at(-1)?.push(packet)
  }
  return owners
}

/** A packet and the signatures that follow it. */
type Part = { readonly packet: Packet; readonly signatures: readonly PgpSignature[] }

function partsOf(packets: readonly Packet[]): readonly Part[] {
  const parts: { packet: Packet; signatures: PgpSignature[] }[] = []
  for (const packet of packets) {
    const signature = packet.type === PACKET.signature ? readPgpSignature(packet.body) : undefined
    if (packet.type !== PACKET.signature) parts.push({ packet, signatures: [] })
    else if (signature !== undefined) parts.at(-1)?.signatures.push(signature)
  }
  return parts
}

function signingKeysOf(packets: readonly Packet[]): readonly SigningKey[] {
  const [first, ...rest] = partsOf(packets)
  const primary = first === undefined ? undefined : readPgpKey(first.packet.body)
  if (first === undefined || primary === undefined) return []
  const user = ownUser(primary, rest)
  const direct = newest(first.signatures.filter((one) => one.type === TYPE.direct && matchesPgp(one, primary.hashed, primary)))
  const said = newest([direct, user?.signature].filter((one) => one !== undefined))
  if (said === undefined || user === undefined) return []
  const isRevoked = first.signatures.some((one) => one.type === TYPE.revokeKey && matchesPgp(one, primary.hashed, primary))
  const owner = { owner: user.name, fingerprint: primary.fingerprint }
  const life = lifeOf(primary, said)
  // Without flags a primary key may do everything, as before there were any.
  const keys: SigningKey[] = flagsOf(said, MAY_SIGN) ? [{ ...owner, key: primary, ...life, isRevoked }] : []
  for (const { packet, signatures } of rest) {
    const subkey = packet.type === PACKET.publicSubkey ? readPgpKey(packet.body) : undefined
    const bound = subkey === undefined ? undefined : subkeyOf(primary, subkey, signatures)
    if (bound === undefined) continue
    keys.push({
      ...owner,
      ...bound,
      start: Math.max(bound.start, life.start),
      end: Math.min(bound.end, life.end),
      isRevoked: isRevoked || bound.isRevoked,
    })
  }
  return keys
}

/** The user id that the key itself certifies: the one it calls primary, else the one it certified last. */
function ownUser(primary: PgpKey, parts: readonly Part[]): { readonly name: string; readonly signature: PgpSignature } | undefined {
  const users = parts.flatMap(({ packet, signatures }) => {
    if (packet.type !== PACKET.userId) return []
    const length = Buffer.alloc(4)
    length.writeUInt32BE(packet.body.byteLength)
    const content = concatBytes([primary.hashed, Uint8Array.of(0xb4), length, packet.body])
    const own = signatures.filter(
      (one) => (TYPE.certifications as readonly number[]).includes(one.type) && matchesPgp(one, content, primary),
    )
    const signature = newest(own)
    if (signatures.some((one) => one.type === TYPE.revokeUser && matchesPgp(one, content, primary))) return []
    return signature === undefined ? [] : [{ name: Buffer.from(packet.body).toString('utf8'), signature }]
  })
  const isPrimary = (signature: PgpSignature): number => signature.said.get(SAYS.primaryUser)?.[0] ?? 0
  return users.toSorted((a, b) => isPrimary(b.signature) - isPrimary(a.signature) || b.signature.created - a.signature.created)[0]
}

/** A subkey that may sign: the primary key binds it, and it binds itself to the primary key, so that nobody adopts another's. */
function subkeyOf(
  primary: PgpKey,
  subkey: PgpKey,
  signatures: readonly PgpSignature[],
): Pick<SigningKey, 'key' | 'start' | 'end' | 'isRevoked'> | undefined {
  const content = concatBytes([primary.hashed, subkey.hashed])
  const binding = newest(signatures.filter((one) => one.type === TYPE.subkey && matchesPgp(one, content, primary)))
  if (binding === undefined || binding.said.get(SAYS.flags) === undefined || !flagsOf(binding, MAY_SIGN)) return undefined
  const back = readPgpSignature(binding.embedded ?? new Uint8Array(0))
  if (back?.type !== TYPE.primary || !matchesPgp(back, content, subkey)) return undefined
  const isRevoked = signatures.some((one) => one.type === TYPE.revokeSubkey && matchesPgp(one, content, primary))
  return { key: subkey, ...lifeOf(subkey, binding), isRevoked }
}

function lifeOf({ created }: PgpKey, said: PgpSignature): { readonly start: number; readonly end: number } {
  const seconds = numberOf(said.said.get(SAYS.keyExpires)) ?? 0
  return { start: created, end: seconds === 0 ? Infinity : created + seconds }
}

function flagsOf(signature: PgpSignature, flag: number): boolean {
  const flags = signature.said.get(SAYS.flags)
  return flags === undefined || ((flags[0] ?? 0) & flag) !== 0
}

function newest(signatures: readonly PgpSignature[]): PgpSignature | undefined {
  return signatures.toSorted((a, b) => b.created - a.created)[0]
}
