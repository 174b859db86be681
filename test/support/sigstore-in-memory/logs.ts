import { createHash } from 'node:crypto'
import { concatBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from '../../../src/kernel/bytes.ts'
import { canonicalJson } from '../../../src/kernel/json.ts'
import { leafHash, nodeHash } from '../../../src/ledger/merkle.ts'
import { signBytes } from './certificates.ts'
import type { Pair } from './certificates.ts'

/** A fake log: its key and what its checkpoints call it. */
export type FakeLog = { readonly name: string; readonly pair: Pair; readonly kind: 'v1' | 'v2' }

/** Its id: of the key alone (Rekor v1), or of name and key (C2SP signed-note, Ed25519). */
export function logIdOf({ name, pair, kind }: FakeLog): Uint8Array {
  const hash = createHash('sha256')
  if (kind === 'v1') return new Uint8Array(hash.update(pair.spki).digest())
  return new Uint8Array(hash.update(concatBytes([utf8(`${name}\n`), Uint8Array.of(1), pair.spki.subarray(-32)])).digest())
}

export type EntryPlan = {
  readonly log: FakeLog
  readonly body: object
  readonly time?: string
  /** Left out of the entry. */
  readonly without?: readonly ('promise' | 'proof')[]
  /** Signature lines before and after the log's own. */
  readonly lines?: { readonly before?: string; readonly after?: string }
}

const SIBLING = fromHex('ab'.repeat(32))

/** An entry at index 1 of a tree of two (shard index in v1; the first index there is 5 more). Proto JSON. */
export function entryOf({ log, body, time = '2026-01-01T00:05:00Z', without = [], lines = {} }: EntryPlan): FakeEntry {
  const bytes = utf8(JSON.stringify(body))
  const root = nodeHash(SIBLING, leafHash(bytes))
  const logIndex = log.kind === 'v1' ? 6 : 1
  const { kind, apiVersion } = body as { kind: string; apiVersion: string }
  const origin = log.kind === 'v1' ? `${log.name} - 123` : log.name
  const note = `${origin}\n2\n${toBase64(root)}\n`
  const line = `— ${log.name} ${toBase64(concatBytes([logIdOf(log).subarray(0, 4), signBytes(log.pair, utf8(note))]))}\n`
  const entry: FakeEntry = {
    logIndex: String(logIndex),
    logId: { keyId: toBase64(logIdOf(log)) },
    kindVersion: { kind, version: apiVersion },
    integratedTime: log.kind === 'v1' ? String(Date.parse(time) / 1000) : '0',
    canonicalizedBody: toBase64(bytes),
  }
  if (log.kind === 'v1' && !without.includes('promise')) entry.inclusionPromise = { signedEntryTimestamp: promise(log, entry) }
  if (!without.includes('proof')) {
    const envelope = `${note}\n${lines.before ?? ''}${line}${lines.after ?? ''}`
    entry.inclusionProof = { logIndex: '1', rootHash: toBase64(root), treeSize: '2', hashes: [toBase64(SIBLING)], checkpoint: { envelope } }
  }
  return entry
}

export type FakeEntry = {
  logIndex: string
  logId: { keyId: string }
  kindVersion: { kind: string; version: string }
  integratedTime: string
  inclusionPromise?: { signedEntryTimestamp: string }
  inclusionProof?: { logIndex: string; rootHash: string; treeSize: string; hashes: string[]; checkpoint: { envelope: string } }
  canonicalizedBody: string
}

/** The promise over an entry as it now is. */
export function promise(log: FakeLog, entry: FakeEntry): string {
  const payload = {
    body: entry.canonicalizedBody,
    integratedTime: Number(entry.integratedTime),
    logIndex: Number(entry.logIndex),
    logID: toHex(fromBase64(entry.logId.keyId)),
  }
  return toBase64(signBytes(log.pair, utf8(canonicalJson(payload))))
}
