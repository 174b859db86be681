import { mkdir, mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shipReceiptSchema } from '../../src/chain/receipt-schema.ts'
import type { ShipReceipt } from '../../src/chain/receipt-schema.ts'
import { VERSION } from '../../src/kernel/version.ts'
import { runProgram } from '../support/run-tally.ts'
import type { Said } from '../support/run-tally.ts'
import { REPOSITORY, childEnvironment, makeSample } from '../support/sample-project.ts'
import { startServer } from '../support/tally-server.ts'

// This repository ships itself, as its README says, from two clones that have nothing in common but the commit. What comes out of it
// is then installed elsewhere and used. What is not committed is in no clone.

type Clone = { readonly dir: string; readonly env: Readonly<Record<string, string>>; readonly umask: string }
type Shipped = { readonly said: Said; readonly receipt: ShipReceipt; readonly seconds: number }

let top: string
let one: Clone
let two: Clone
let first: Shipped
let second: Shipped

beforeAll(async () => {
  top = await realpath(await mkdtemp(join(tmpdir(), 'tally-')))
  one = await clone('one', '022', { TZ: 'Asia/Tokyo', LANG: 'C' })
  two = await clone('another place/with a space', '077', { TZ: 'America/Lima', LANG: 'tr_TR.UTF-8', LC_ALL: 'C.UTF-8' })
  first = await shipFrom(one)
  second = await shipFrom(two)
}, 300_000)
afterAll(() => rm(top, { recursive: true, force: true }))

/** A clone under a umask, with a home of its own; the dependencies are those that are installed here. */
async function clone(name: string, umask: string, more: Readonly<Record<string, string>>): Promise<Clone> {
  const home = join(top, name, 'home')
  await mkdir(home, { recursive: true })
  const env = childEnvironment({ HOME: home, ...more })
  const dir = join(top, name, 'tallystick')
  const cloned = await inShell({ dir: top, env, umask }, 'git', 'clone', '--quiet', REPOSITORY, dir)
  expect(cloned).toMatchObject({ exitCode: 0 })
  await symlink(await realpath(join(REPOSITORY, 'node_modules')), join(dir, 'node_modules'))
  return { dir, env, umask }
}

async function inShell(place: Clone, ...words: readonly string[]): Promise<Said> {
  const command = `umask ${place.umask} && exec "$0" "$@"`
  return await runProgram('sh', ['-c', command, ...words], { cwd: place.dir, env: { ...place.env } })
}

async function shipFrom(place: Clone): Promise<Shipped> {
  const began = performance.now()
  const said = await inShell(place, './tally', 'ship', '--format', 'json')
  const seconds = (performance.now() - began) / 1000
  expect(said.stderr).not.toContain('error[')
  return { said, receipt: shipReceiptSchema.parse(JSON.parse(said.stdout)), seconds }
}

describe('this repository, shipped from two clones', () => {
  test('each is in prod, under its own policy', () => {
    for (const { said, receipt } of [first, second]) {
      expect(said.exitCode).toBe(0)
      expect(receipt).toMatchObject({
        project: 'tallystick',
        reached: 'prod',
        source: { dirty: false },
        sbom: { completeness: 'complete' },
      })
      expect(receipt.verdict?.clauses.filter((clause) => clause.result !== 'met')).toEqual([])
    }
  })

  test('other path, time zone, umask and locale: the same artifact and the same SBOM, byte for byte', async () => {
    expect(second.receipt.artifact).toMatchObject({
      digest: first.receipt.artifact.digest,
      manifestDigest: first.receipt.artifact.manifestDigest,
      name: first.receipt.artifact.name,
    })
    expect(second.receipt.sbom.digest).toBe(first.receipt.sbom.digest)
    expect(await readFile(second.receipt.sbom.path, 'utf8')).toBe(await readFile(first.receipt.sbom.path, 'utf8'))
    expect(first.receipt.sbom.components).toBeGreaterThan(5)
    // The machine's keys differ, and with them everything that is signed.
    expect(second.receipt.signer.keyId).not.toBe(first.receipt.signer.keyId)
  })

  test('the second run of an unchanged clone adds nothing', async () => {
    const again = await shipFrom(one)
    expect(again.receipt).toMatchObject({ reached: 'prod', log: { index: first.receipt.log.index, size: first.receipt.log.size } })
    console.log(`this repository ships in ${first.seconds.toFixed(1)} s at first, and in ${again.seconds.toFixed(1)} s again`)
  })
})

describe('examples/image, in a clone', () => {
  test('an image through the same chain: in prod, with an SBOM of its layers', async () => {
    const place = { ...one, dir: join(one.dir, 'examples/image') }
    const said = await inShell(place, '../../tally', 'ship', '--format', 'json')
    const receipt = shipReceiptSchema.parse(JSON.parse(said.stdout))
    expect(said.exitCode).toBe(0)
    expect(receipt).toMatchObject({ project: 'example-image', reached: 'prod', artifact: { version: '1.0.0' } })
    // An image is its own manifest, and the packages in its layers are what it contains.
    expect(receipt.artifact.manifestDigest).toBe(receipt.artifact.digest)
    expect(receipt.sbom.components).toBeGreaterThanOrEqual(3)
    expect(await readFile(receipt.sbom.path, 'utf8')).toContain('demo-greeter')
    const judged = await inShell(place, '../../tally', 'gate', receipt.promoted?.reference ?? '', '--policy', 'policy/prod.yaml')
    expect(judged.exitCode).toBe(0)
    // The archive the build made is the same image, and is verified by what was attached to it.
    const archive = await inShell(place, '../../tally', 'verify', `oci-archive:${receipt.artifact.path}`, '--policy', 'policy/prod.yaml')
    expect(archive.exitCode).toBe(0)
  })
})

describe('the packed program, installed elsewhere', () => {
  const elsewhere = (...path: readonly string[]): string => join(top, 'elsewhere', ...path)
  const UNREACHABLE = /E(?:NOTFOUND|CONNREFUSED|AI_AGAIN|NETUNREACH|NOTCACHED|TIMEDOUT)/

  test('it has its page and needs nothing of the clone', { timeout: 180_000 }, async ({ skip }) => {
    await mkdir(elsewhere(), { recursive: true })
    const words = ['install', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', first.receipt.artifact.path]
    const installed = await runProgram('npm', words, { cwd: elsewhere(), env: { ...process.env, npm_config_update_notifier: 'false' } })
    if (installed.exitCode !== 0 && UNREACHABLE.test(installed.stderr)) return skip('no package registry can be reached')
    expect(installed).toMatchObject({ exitCode: 0 })

    const program = elsewhere('node_modules/tallystick/dist/tally.js')
    await using project = await makeSample()
    const tally = (...given: readonly string[]): Promise<Said> =>
      runProgram(process.execPath, [program, ...given], { cwd: project.dir, env: { ...project.env } })
    expect((await tally('--version')).stdout).toBe(`tally ${VERSION} (node ${process.versions.node})\n`)

    const said = await tally('ship', '--format', 'json')
    const receipt = shipReceiptSchema.parse(JSON.parse(said.stdout))
    expect({ exitCode: said.exitCode, reached: receipt.reached }).toEqual({ exitCode: 0, reached: 'prod' })
    // The receipt says how to start the program that made it.
    expect(receipt.tool).toMatchObject({ node: process.execPath, executable: program })

    await using server = await startServer(project, program)
    const page = await fetch(server.origin)
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    const html = await page.text()
    const [, script = ''] = /<script[^>]+src="([^"]+)"/.exec(html) ?? []
    expect((await fetch(server.origin + script)).headers.get('content-type')).toMatch(/javascript/)
    const artifacts = (await (await fetch(`${server.origin}/api/v1/artifacts`)).json()) as { items: readonly { digest: string }[] }
    expect(artifacts.items.map((artifact) => artifact.digest)).toEqual([receipt.artifact.manifestDigest])
    return undefined
  })
})
