import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../../test/support/command.ts'
import { startFakeRegistry } from '../../../test/support/fake-registry.ts'
import type { FakeRegistry } from '../../../test/support/fake-registry.ts'
import { makeImage, putImages } from '../../../test/support/images.ts'
import { newSigner } from '../../../test/support/signed-evidence.ts'
import { testDeps } from '../../../test/support/deps.ts'
import { openTarget } from '../../artifact/open.ts'
import { attachBundle } from '../../evidence/attach.ts'
import { PREDICATE } from '../../evidence/evidence.ts'
import { statementBytes } from '../../evidence/statement.ts'
import { digestOf, digestSetOf } from '../../kernel/digest.ts'
import { utf8 } from '../../kernel/bytes.ts'
import { verifierIdOf } from '../../policy/check-vsa.ts'
import { parsePolicy } from '../../policy/document.ts'
import { signStatement } from '../../trust/sign.ts'
import type { Signer } from '../../trust/signer.ts'
import { gate } from './gate.ts'
import { verify } from './verify.ts'

const [team, stranger] = [newSigner(), newSigner()]
let dir = ''

async function signFile(name: string, signer: Signer, predicateType: string = PREDICATE.signature, predicate: unknown = {}): Promise<void> {
  const digest = digestSetOf(digestOf(utf8(name)))
  const { bundle } = await signStatement(signer, statementBytes({ subject: [{ name, digest }], predicateType, predicate }))
  await fs.writeFile(join(dir, `${name}.sigstore.json`), bundle)
}

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  for (const name of ['a.tgz', 'b.tgz', 'c.tgz', 'unsigned.tgz', 'strange.tgz']) await fs.writeFile(join(dir, name), name)
  for (const name of ['a.tgz', 'b.tgz', 'c.tgz']) await signFile(name, team)
  await signFile('strange.tgz', stranger)
  await fs.writeFile(join(dir, 'team.pub'), team.publicKeyPem)
  await fs.writeFile(join(dir, 'signed.yaml'), 'version: 1\nname: signed\nrequire: { signature: { from: [team] } }\n')
})
afterAll(() => fs.rm(dir, { recursive: true }))

const run = async (...argv: string[]) => await runCommand(verify, [...argv, '--key', `team=${join(dir, 'team.pub')}`], { cwd: dir })
const at = (name: string): string => join(dir, name)

function lines(stdout: string): readonly Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('several artifacts', () => {
  test('are all judged, whatever comes of one, in their order', async () => {
    const { exitCode, stdout } = await run(
      at('a.tgz'),
      at('unsigned.tgz'),
      at('missing.tgz'),
      at('strange.tgz'),
      at('c.tgz'),
      '--format',
      'json',
    )
    const said = lines(stdout)
    expect(said.map((each) => [each['reference'], each['exitCode']])).toEqual([
      [at('a.tgz'), 0],
      [at('unsigned.tgz'), 1],
      [at('missing.tgz'), 5],
      [at('strange.tgz'), 1],
      [at('c.tgz'), 0],
    ])
    expect(said[0]).toMatchObject({ artifact: { digest: digestOf(utf8('a.tgz')) }, receipts: [{ signer: { authority: 'team' } }] })
    expect(said[2]).toMatchObject({ error: { code: 'not-found' } })
    expect(exitCode).toBe(1)
  })

  test('are a table for people', async () => {
    const { exitCode, stdout, stderr } = await run(at('a.tgz'), at('unsigned.tgz'), at('missing.tgz'))
    expect(stdout.split('\n').map((line) => line.slice(0, 12).trim())).toEqual(['verified', 'UNVERIFIED', 'not judged', ''])
    expect(stdout).toContain('1 piece of evidence by team')
    expect(stdout).toContain(digestOf(utf8('a.tgz')).slice(7, 19))
    expect(stderr).toContain('3 artifacts: 1 passed, 1 did not, 1 could not be judged')
    expect(exitCode).toBe(1)
  })

  test('pass when all do', async () => {
    expect(await run(at('a.tgz'), at('b.tgz'))).toMatchObject({ exitCode: 0 })
  })

  test('that could not be judged are said to be that, where nothing was denied', async () => {
    expect((await run(at('a.tgz'), at('missing.tgz'))).exitCode).toBe(5)
  })

  test('are judged by a policy, in gate as in verify', async () => {
    const argv = [at('a.tgz'), at('strange.tgz'), '--key', `team=${at('team.pub')}`, '--policy', at('signed.yaml')]
    for (const command of [verify, gate]) {
      const { exitCode, stdout } = await runCommand(command, argv, { cwd: dir })
      expect(stdout.split('\n').map((line) => line.slice(0, 12).trim())).toEqual(['allow', 'DENY', ''])
      expect(exitCode).toBe(1)
    }
  })

  test('a bundle about all of them is found for each', async () => {
    const subject = ['x.tgz', 'y.tgz'].map((name) => ({ name, digest: digestSetOf(digestOf(utf8(name))) }))
    for (const name of ['x.tgz', 'y.tgz']) await fs.writeFile(at(name), name)
    const { bundle } = await signStatement(team, statementBytes({ subject, predicateType: PREDICATE.signature, predicate: {} }))
    await fs.writeFile(at('both.sigstore.json'), bundle)
    expect((await run(at('x.tgz'), at('y.tgz'), at('unsigned.tgz'), '--bundle', at('both.sigstore.json'))).stdout).toMatch(
      /^verified.*\nverified.*\nUNVERIFIED/,
    )
  })
})

describe('a list', () => {
  test('is read from files and stdin, comments and doubles left out', async () => {
    await fs.writeFile(at('list.txt'), `# all of it\n${at('a.tgz')}\n\n  ${at('b.tgz')}\r\n${at('a.tgz')}\n`)
    const argv = ['-', '--file', at('list.txt'), '--key', at('team.pub'), '--format', 'json']
    const { stdout } = await runCommand(verify, argv, { cwd: dir, stdin: `${at('c.tgz')}\n` })
    expect(lines(stdout).map((each) => each['reference'])).toEqual([at('c.tgz'), at('a.tgz'), at('b.tgz')])
  })

  test('of one is a list all the same: one line of JSON', async () => {
    await fs.writeFile(at('one.txt'), at('a.tgz'))
    expect(lines((await run('--file', at('one.txt'), '--format', 'json')).stdout)).toHaveLength(1)
    expect(JSON.parse((await run(at('a.tgz'), '--format', 'json')).stdout)).not.toHaveProperty('reference')
  })

  test('that is empty is no success', async () => {
    await fs.writeFile(at('empty.txt'), '# nothing\n')
    expect(await run('--file', at('empty.txt'))).toMatchObject({ exitCode: 3, error: { code: 'nothing-to-check' } })
    expect(await run()).toMatchObject({ exitCode: 2, error: { code: 'usage' } })
  })
})

describe('images of one registry', () => {
  let registry: FakeRegistry
  beforeAll(async () => {
    registry = await startFakeRegistry({ auth: 'token', username: 'me', password: 'secret' })
    await fs.mkdir(at('docker'), { recursive: true })
    const auth = Buffer.from('me:secret').toString('base64')
    await fs.writeFile(at('docker/config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }))
    const deps = testDeps({ env: { DOCKER_CONFIG: at('docker') } })
    const target = await openTarget(
      deps,
      { scheme: 'registry', host: registry.host, repository: 'team/app' },
      { allowHttp: false, offline: false },
    )
    for (const tag of ['one', 'two', 'three']) {
      const image = makeImage(tag)
      await putImages(target, image)
      const { descriptor } = image.manifest
      await target.putTag(tag, descriptor.digest)
      await target.putTag(`also-${tag}`, descriptor.digest)
      const statement = statementBytes({
        subject: [{ digest: digestSetOf(descriptor.digest) }],
        predicateType: PREDICATE.signature,
        predicate: {},
      })
      const { bundle } = await signStatement(team, statement)
      await attachBundle(target, descriptor, bundle, { predicateType: PREDICATE.signature, created: '2026-11-25T10:00:00Z' })
    }
  })
  afterAll(() => registry.close())

  test('share one probe, one token, and everything that was fetched', async () => {
    registry.calls.length = 0
    const references = ['one', 'two', 'three', 'also-one', 'also-two', 'also-three'].map((tag) => `${registry.host}/team/app:${tag}`)
    const argv = [...references, '--key', at('team.pub'), '--isolated']
    const { exitCode, stdout } = await runCommand(verify, argv, { cwd: dir, env: { DOCKER_CONFIG: at('docker') } })
    expect(stdout.match(/^verified/gm)).toHaveLength(6)
    expect(exitCode).toBe(0)
    expect(registry.calls.filter((call) => call.server === 'token')).toHaveLength(1)
    expect(registry.calls.filter((call) => call.url === '/v2/')).toHaveLength(1)
    const reads = registry.calls.filter((call) => call.method === 'GET' && call.authorization !== undefined).map((call) => call.url)
    const doubles = reads.filter((url, index) => reads.indexOf(url) !== index)
    expect(doubles.filter((url) => url.includes('/blobs/') || url.includes('/referrers/') || url.includes('/manifests/sha256:'))).toEqual(
      [],
    )
  })
})

describe('somebody else’s verdict (VSA)', () => {
  const judge = newSigner()
  const argv = (...more: string[]): string[] => [at('v.tgz'), '--key', `judge=${at('judge.pub')}`, '--verdict-from', 'judge', ...more]
  const summary = (policy: Uint8Array) => ({
    verifier: { id: verifierIdOf(judge.keyId) },
    timeVerified: new Date().toISOString(),
    resourceUri: 'oci://registry.example/app:1',
    policy: { uri: 'https://policy.example/signed', digest: digestSetOf(digestOf(policy)) },
    verificationResult: 'PASSED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
    'dev.tallystick.verdict': { decision: 'allow', clauses: [{ clause: 'signature', result: 'met' }] },
  })
  const resource = ['--resource', 'pattern:oci://registry.example/app:*']
  beforeAll(async () => {
    await fs.writeFile(at('v.tgz'), 'v.tgz')
    await fs.writeFile(at('judge.pub'), judge.publicKeyPem)
    await signFile('v.tgz', judge, PREDICATE.vsa, summary(await fs.readFile(at('signed.yaml'))))
  })

  test('is taken when its seven checks hold', async () => {
    expect((await runCommand(verify, argv(...resource, '--level', 'SLSA_BUILD_LEVEL_2'), { cwd: dir })).exitCode).toBe(0)
    expect((await runCommand(verify, argv(...resource, '--level', 'SLSA_BUILD_LEVEL_3'), { cwd: dir })).exitCode).toBe(1)
    expect((await runCommand(verify, argv('--resource', 'oci://registry.example/other'), { cwd: dir })).exitCode).toBe(1)
  })

  test('is taken in place of judging by the very policy it names, and by no other', async () => {
    const policy = await fs.readFile(at('signed.yaml'))
    expect(parsePolicy(policy, 'signed.yaml').digest).toBe(digestOf(policy))
    const taken = await runCommand(gate, argv(...resource, '--policy', at('signed.yaml')), { cwd: dir })
    expect(taken).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('allow by policy signed') })
    await fs.writeFile(at('edited.yaml'), `${policy.toString()}# edited\n`)
    const again = await runCommand(gate, argv(...resource, '--policy', at('edited.yaml')), { cwd: dir })
    expect(again.exitCode).toBe(1)
    expect(again.stdout).toContain('another policy')
    expect(again.stdout).toMatch(/FAILED\s+signature/)
  })

  test.each<[string, string[]]>([
    ['no resource', []],
    ['a level of nobody’s summary', ['--level', 'SLSA_BUILD_LEVEL_2']],
  ])('is refused with %s', async (_what, more) => {
    const line = more.length === 0 ? argv() : [at('v.tgz'), '--key', at('judge.pub'), ...more]
    expect(await runCommand(verify, line, { cwd: dir })).toMatchObject({ exitCode: 2, error: { code: 'usage' } })
  })
})
