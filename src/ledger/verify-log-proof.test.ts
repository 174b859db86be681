import { expect, test } from 'vitest'
import { toBase64, utf8 } from '../kernel/bytes.ts'
import type { LogEntry, LogProof } from '../kernel/log-proof.ts'
import { checkpointText } from './checkpoint.ts'
import { entriesFrom, entryOf, noteKeys } from './log-for-tests.ts'
import { entryBytes } from './entry.ts'
import { inclusionRanges, leafHash, treeHash } from './merkle.ts'
import { addSignature, signNote } from './note.ts'
import type { NoteVerifier } from './note.ts'
import { verifyLogProof } from './verify-log-proof.ts'

const SIZE = 11
const INDEX = 6
const log = noteKeys('log.example/one', 'ed25519')
const stranger = noteKeys('stranger.example')
const leaves = entriesFrom(0, SIZE).map((entry) => leafHash(entryBytes(entry)))
const root = treeHash(leaves)
const checkpoint = await signNote(checkpointText({ origin: 'log.example/one', size: SIZE, root }), [log.signer])
const hashes = inclusionRanges(INDEX, SIZE).map(({ start, end }) => toBase64(treeHash(leaves.slice(start, end))))
const proof: LogProof = { index: INDEX, hashes, checkpoint }
const entry = entryOf(INDEX)

test('a proof proves: in which log, of what size and root, by whose word', () => {
  expect(verifyLogProof(entry, proof, [log.verifier])).toEqual({
    origin: 'log.example/one',
    size: SIZE,
    root: toBase64(root),
    by: 'log.example/one',
  })
})

test('a cosigner who is unknown is ignored', async () => {
  const cosigned = { ...proof, checkpoint: await addSignature(checkpoint, stranger.signer) }
  expect(verifyLogProof(entry, cosigned, [log.verifier])).toMatchObject({ by: 'log.example/one' })
})

const larger = await signNote(checkpointText({ origin: 'log.example/one', size: 17, root }), [log.signer])
const otherRoot = await signNote(checkpointText({ origin: 'log.example/one', size: SIZE, root: leafHash(utf8('other')) }), [log.signer])
const byStranger = await signNote(checkpointText({ origin: 'log.example/one', size: SIZE, root }), [stranger.signer])

// In each row one thing is wrong, and only that.
test.each<[string, LogEntry, LogProof, readonly NoteVerifier[], RegExp]>([
  ['another envelope', { ...entry, envelope: entryOf(0).envelope }, proof, [log.verifier], /does not lead/],
  ['another predicate type', { ...entry, predicateType: 'https://example.com/other' }, proof, [log.verifier], /does not lead/],
  ['another subject', { ...entry, subjects: entry.subjects.toReversed() }, proof, [log.verifier], /does not lead/],
  ['another key', { ...entry, keyId: 'b2' }, proof, [log.verifier], /does not lead/],
  ['an entry that cannot be one', { ...entry, keyId: '\udc00' }, proof, [log.verifier], /the entry/],
  ['another index', entry, { ...proof, index: INDEX + 1 }, [log.verifier], /does not lead/],
  ['an index outside the log', entry, { ...proof, index: SIZE }, [log.verifier], /outside the log of 11/],
  ['a negative index', entry, { ...proof, index: -1 }, [log.verifier], /no count/],
  ['half an index', entry, { ...proof, index: 6.5 }, [log.verifier], /no count/],
  ['a hash too few', entry, { ...proof, hashes: hashes.slice(1) }, [log.verifier], /does not lead/],
  ['a hash too many', entry, { ...proof, hashes: [...hashes, toBase64(root)] }, [log.verifier], /does not lead/],
  ['hashes in another order', entry, { ...proof, hashes: hashes.toReversed() }, [log.verifier], /does not lead/],
  ['a hash that is none', entry, { ...proof, hashes: [...hashes.slice(1), 'AAAA'] }, [log.verifier], /no SHA-256 hash/],
  ['hexadecimal for base64', entry, { ...proof, hashes: ['00'.repeat(32), ...hashes.slice(1)] }, [log.verifier], /no SHA-256 hash/],
  ['endless hashes', entry, { ...proof, hashes: Array.from({ length: 65 }, () => toBase64(root)) }, [log.verifier], /cap proofHashes/],
  ['a checkpoint of another size', entry, { ...proof, checkpoint: larger }, [log.verifier], /does not lead/],
  ['a checkpoint of another root', entry, { ...proof, checkpoint: otherRoot }, [log.verifier], /does not lead/],
  ['a checkpoint signed by a stranger', entry, { ...proof, checkpoint: byStranger }, [log.verifier], /nobody who is known/],
  [
    'a checkpoint with another size written into it',
    entry,
    { ...proof, checkpoint: checkpoint.replace('\n11\n', '\n12\n') },
    [log.verifier],
    /does not match its text/,
  ],
  ['no checkpoint', entry, { ...proof, checkpoint: '' }, [log.verifier], /no signed note/],
  ['an endless checkpoint', entry, { ...proof, checkpoint: `${'x'.repeat(300_000)}\n\n` }, [log.verifier], /cap noteBytes/],
  ['nobody to trust', entry, proof, [], /nobody who is known/],
])('%s proves nothing', (_, claimed, given, verifiers, why) => {
  expect(verifyLogProof(claimed, given, verifiers)).toEqual({ why: expect.stringMatching(why) as unknown })
})

test('a proof of another log proves nothing to whoever knows which log it must be', () => {
  expect(verifyLogProof(entry, proof, [log.verifier], { origin: 'log.example/two' })).toEqual({
    why: 'the checkpoint is of the log log.example/one, not of log.example/two',
  })
})

test('an entry with members of its own is judged by those a log entry has', () => {
  const more: LogEntry & { readonly extra: string } = { ...entry, extra: 'x' }
  expect(verifyLogProof(more, proof, [log.verifier])).toMatchObject({ size: SIZE })
})
