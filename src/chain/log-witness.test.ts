import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testDeps } from '../../test/support/deps.ts'
import { newSigner } from '../../test/support/signed-evidence.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import { readLogWitness } from './log-witness.ts'
import { sealArtifact } from './seal-artifact.ts'
import { openWorkspace } from './workspace.ts'
import type { Workspace } from './workspace.ts'

let dir: string
let workspace: Workspace
let checkpoint: string
const at = (name: string): string => join(dir, name)

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  workspace = await openWorkspace(testDeps({ env: { HOME: dir } }), { dataDir: at('data'), offline: true, allowHttp: false })
  await fs.writeFile(at('app'), 'app\n')
  await sealArtifact({
    workspace,
    reference: { scheme: 'file', path: at('app') },
    signer: newSigner(),
    signerKind: 'key',
    predicateType: PREDICATE.signature,
    predicate: {},
    bundleFile: at('app.sigstore.json'),
    to: `oci:${at('layout')}`,
  })
  checkpoint = await (await workspace.ledger()).checkpoint()
})
afterAll(() => fs.rm(dir, { recursive: true }))

/** What a file with this text is a witness of. */
async function witnessOf(text: string | Uint8Array) {
  await fs.writeFile(at('kept'), text)
  return await readLogWitness(workspace, at('kept'), 'kept')
}
const body = (note: string): string => note.split('\n\n')[0] ?? ''

describe('what somebody kept of a log', () => {
  test('is in a receipt of ship, whatever else stands there', async () => {
    expect(await witnessOf(JSON.stringify({ schema: 'x', log: { checkpoint, size: 1 }, more: true }))).toEqual([{ checkpoint }])
  })

  test('is a checkpoint as it is', async () => {
    expect(await witnessOf(checkpoint)).toEqual([{ checkpoint }])
  })

  test('is in the proofs beside a bundle, one for each', async () => {
    const proofs = await fs.readFile(at('app.sigstore.json.proof.json'), 'utf8')
    const witnesses = await witnessOf(proofs)
    expect(witnesses.map((each) => body(each.checkpoint))).toEqual([body(checkpoint)])
  })

  test('is in the evidence of a reference, and of a file with evidence beside it, however large', async () => {
    for (const name of [at('app'), `oci:${at('layout')}`]) {
      const witnesses = await readLogWitness(workspace, name, name)
      expect(
        witnesses.map((each) => body(each.checkpoint)),
        name,
      ).toEqual([body(checkpoint)])
    }
  })

  test.each([
    ['JSON that holds none', '{"log":{}}', 'no-evidence'],
    ['JSON that is cut off', '{"log":{"checkpoint":', 'evidence-malformed'],
    ['an artifact without evidence', new Uint8Array([0, 159, 146, 150]), 'no-evidence'],
    ['nothing', '', 'no-evidence'],
  ])('is not in %s', async (_, text, code) => {
    await expect(witnessOf(text)).rejects.toMatchObject({ code })
  })

  test('a file or reference that is not there is said', async () => {
    await expect(readLogWitness(workspace, at('gone'), at('gone'))).rejects.toMatchObject({ code: 'not-found' })
  })
})
