import { describe, expect, test } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { checkpointText, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { noteKeys } from './log-for-tests.ts'
import { EMPTY_ROOT, leafHash } from './merkle.ts'
import { signNote } from './note.ts'

const ROOT = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I='
const log = noteKeys('log.example/one', 'ed25519')
const alice = noteKeys('alice.example')

test('the checkpoint of the specification (C2SP tlog-checkpoint) is read, and written the same', () => {
  const text = `example.com/behind-the-sofa\n20852163\n${ROOT}\n`
  const checkpoint = parseCheckpoint(text)
  if ('why' in checkpoint) throw new Error(checkpoint.why)
  expect(checkpoint).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20852163 })
  expect(checkpointText(checkpoint)).toBe(text)
})

test('extension lines are allowed, and mean nothing', () => {
  expect(parseCheckpoint(`log\n7\n${ROOT}\nmore\n`)).toMatchObject({ origin: 'log', size: 7 })
})

test.each([
  ['two lines', 'log\n7\n'],
  ['an empty origin', `\n7\n${ROOT}\n`],
  ['an empty extension line', `log\n7\n${ROOT}\n\nmore\n`],
  ['a leading zero', `log\n07\n${ROOT}\n`],
  ['a sign', `log\n-7\n${ROOT}\n`],
  ['a plus sign', `log\n+7\n${ROOT}\n`],
  ['an exponent', `log\n1e3\n${ROOT}\n`],
  ['hexadecimal', `log\n0x7\n${ROOT}\n`],
  ['a space', `log\n7 \n${ROOT}\n`],
  ['a size beyond exact numbers', `log\n9999999999999999\n${ROOT}\n`],
  ['a short root', 'log\n7\nAAAA\n'],
  ['a root with bits left over', `log\n7\n${ROOT.replace('I=', 'J=')}\n`],
  ['an empty tree with a root', `log\n0\n${ROOT}\n`],
  ['no last line feed', `log\n7\n${ROOT}`],
])('%s is no checkpoint', (_, text) => {
  expect(parseCheckpoint(text)).toHaveProperty('why')
})

describe('whose word counts', () => {
  const checkpoint = { origin: 'log.example/one', size: 1, root: leafHash(utf8('a')) }

  test('that of the log, and of anyone who is known and signed too', async () => {
    const note = await signNote(checkpointText(checkpoint), [log.signer, alice.signer])
    expect(openCheckpoint(note, [log.verifier, alice.verifier])).toEqual({
      ...checkpoint,
      root: expect.anything(),
      by: ['log.example/one', 'alice.example'],
    })
    expect(openCheckpoint(note, [alice.verifier])).toMatchObject({ by: ['alice.example'] })
  })

  test("a log's own key does not vouch for another log", async () => {
    const verifier = { ...log.verifier, origin: 'log.example/one' }
    const foreign = await signNote(checkpointText({ ...checkpoint, origin: 'log.example/two' }), [log.signer])
    expect(openCheckpoint(foreign, [verifier])).toEqual({
      why: 'is signed for the log log.example/two by a key that speaks for another log',
    })
    expect(openCheckpoint(await signNote(checkpointText(checkpoint), [log.signer]), [verifier])).toHaveProperty('by')
  })

  test('the origin is the one the caller knows', async () => {
    const note = await signNote(checkpointText(checkpoint), [alice.signer])
    expect(openCheckpoint(note, [alice.verifier], { origin: 'log.example/two' })).toEqual({
      why: 'is of the log log.example/one, not of log.example/two',
    })
  })

  test('a signed note that is no checkpoint is none', async () => {
    expect(openCheckpoint(await signNote('hello\n', [log.signer]), [log.verifier])).toHaveProperty('why')
    const empty = await signNote(checkpointText({ origin: 'log', size: 0, root: EMPTY_ROOT }), [log.signer])
    expect(openCheckpoint(empty, [log.verifier])).toMatchObject({ size: 0 })
  })
})
