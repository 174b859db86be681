import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runTally } from '../support/run-tally.ts'
import { makeSample } from '../support/sample-project.ts'
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
