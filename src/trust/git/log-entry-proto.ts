import { addToGroup } from '../../kernel/groups.ts'
import { textOf } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import type { BundleLogEntry } from '../../evidence/bundle.ts'

type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>

/**
 * Reads a TransparencyLogEntry in protobuf (sigstore_rekor.proto). gitsign leaves the body out, since it follows from the signature: it
 * is passed in. Throws `evidence-malformed`.
 */
export function readLogEntryProto(bytes: Uint8Array, body: Uint8Array, where: string): BundleLogEntry {
  const entry = fieldsOf(bytes, where)
  const kind = messageOf(entry, 3, where)
  const promise = bytesAt(messageOf(entry, 5, where), 1)
  const proof = messageOf(entry, 6, where)
  const checkpoint = bytesAt(messageOf(proof, 5, where), 1)
  return {
    logIndex: numberAt(entry, 1),
    logId: bytesAt(messageOf(entry, 2, where), 1) ?? new Uint8Array(0),
    kind: textOf(bytesAt(kind, 1) ?? new Uint8Array(0), 'evidence-malformed', where),
    version: textOf(bytesAt(kind, 2) ?? new Uint8Array(0), 'evidence-malformed', where),
    integratedTime: numberAt(entry, 4),
    ...(promise === undefined ? {} : { promise }),
    ...(proof.size === 0
      ? {}
      : {
          proof: {
            logIndex: numberAt(proof, 1),
            rootHash: bytesAt(proof, 2) ?? new Uint8Array(0),
            treeSize: numberAt(proof, 3),
            hashes: (proof.get(4) ?? []).filter((hash) => typeof hash !== 'number').slice(0, 64),
            ...(checkpoint === undefined ? {} : { checkpoint: textOf(checkpoint, 'evidence-malformed', where) }),
          },
        }),
    body,
  }
}

/** The fields of a message by number: varints and bytes; other kinds do not occur here. */
function fieldsOf(bytes: Uint8Array, where: string): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at]
      at += 1
      if (byte === undefined || shift > 2 ** 49) throw fail('evidence-malformed', 'has a log entry that is no protobuf', { where })
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.byteLength) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    const kind = tag % 8
    const length = kind === 0 ? 0 : varint()
    if ((kind !== 0 && kind !== 2) || at + length > bytes.byteLength)
      throw fail('evidence-malformed', 'has a log entry that is no protobuf', { where })
    const value = kind === 0 ? varint() : bytes.subarray(at, at + length)
    at += length
    addToGroup(fields, number, value)
  }
  return fields
}

function messageOf(fields: Fields, number: number, where: string): Fields {
  return fieldsOf(bytesAt(fields, number) ?? new Uint8Array(0), where)
}

/** The last of its number counts, as protobuf has it. */
function bytesAt(fields: Fields, number: number): Uint8Array | undefined {
  const value = fields.get(number)?.at(-1)
  return typeof value === 'number' ? undefined : value
}

function numberAt(fields: Fields, number: number): number {
  const value = fields.get(number)?.at(-1)
  return typeof value === 'number' ? value : 0
}
