import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shipReceiptSchema } from '../../src/chain/receipt-schema.ts'
import { ONE_OF_EACH, attachedKinds, loggedKinds } from '../support/chain-facts.ts'
import { runTally } from '../support/run-tally.ts'
import { makeSample, tallyYaml } from '../support/sample-project.ts'
import { openSample } from '../support/ship-inside.ts'
import { startServer } from '../support/tally-server.ts'

type Signed = {
  readonly artifact: string
  readonly bundle: string
  readonly log: { readonly index: number }
  readonly signer: { readonly keyId: string }
}

test('eight signers at once beside a running server, in a data directory that has no key yet: all land', { timeout: 120_000 }, async () => {
  await using project = await makeSample()
  await using server = await startServer(project)
  const head = async (): Promise<unknown> => (await fetch(`${server.origin}/api/v1/log`)).json()
  expect(await head()).toMatchObject({ error: { code: 'not-found' } })

  const files = Array.from({ length: 8 }, (_, at) => `parcel-${at}`)
  await Promise.all(files.map((file) => writeFile(join(project.dir, file), `what is in ${file}`)))
  const said = await Promise.all(files.map((file) => runTally(project, 'sign', file, '--format', 'json')))
  expect(said.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(files.map(() => ({ exitCode: 0, stderr: '' })))

  const signed = said.map(({ stdout }) => JSON.parse(stdout) as Signed)
  expect(new Set(signed.map((one) => one.signer.keyId)).size).toBe(1)
  expect(signed.map((one) => one.log.index).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  const workspace = await openSample(project)
  const ledger = await workspace.ledger()
  expect(await ledger.check()).toMatchObject({ size: 8, problems: [], unfinished: [] })
  const entries = await Array.fromAsync(ledger.entries())
  for (const one of signed) expect(entries[one.log.index]?.entry).toMatchObject({ envelope: one.bundle })

  // The server reads what others wrote, and each file is verified by what was signed here.
  expect(await head()).toMatchObject({ size: 8 })
  const verified = await runTally(project, 'verify', 'parcel-5', '--format', 'json')
  expect(JSON.parse(verified.stdout)).toMatchObject({
    receipts: [{ matched: 'manifest', log: { index: signed[5]?.log.index } }],
    exitCode: 0,
  })
  expect(await server.stop()).toBe(0)
})

test(
  'three runs of one commit at once, beside a run of another project: each ends in prod, with one of each',
  { timeout: 120_000 },
  async () => {
    await using project = await makeSample({ yaml: { run: `'head -c 16 /dev/urandom > "$TALLY_OUT/greet"'` } })
    await using other = await makeSample({ files: { 'greet.sh': 'echo from elsewhere\n' } })
    await other.write('tally.yaml', tallyYaml().replace('name: greet\n', 'name: elsewhere\n'))
    await other.commit()
    const places = [project, project, project, { dir: other.dir, env: project.env }]
    const said = await Promise.all(places.map((place) => runTally(place, 'ship', '--format', 'json')))
    expect(said.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0])
    const receipts = said.map(({ stdout }) => shipReceiptSchema.parse(JSON.parse(stdout)))
    expect(receipts.map(({ reached }) => reached)).toEqual(['prod', 'prod', 'prod', 'prod'])
    // One of the three built, the others took what it had made.
    expect(new Set(receipts.map(({ artifact }) => artifact.digest)).size).toBe(2)
    const workspace = await openSample(project)
    for (const environment of ['dev', 'prod'])
      expect(await attachedKinds(workspace, environment, receipts[0]?.artifact.manifestDigest ?? '')).toEqual(ONE_OF_EACH)
    expect((await loggedKinds(workspace)).toSorted()).toEqual([...ONE_OF_EACH, ...ONE_OF_EACH].toSorted())
  },
)
