import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../../test/support/command.ts'
import { testDeps } from '../../../test/support/deps.ts'
import { startFakeRegistry } from '../../../test/support/fake-registry.ts'
import type { FakeRegistry } from '../../../test/support/fake-registry.ts'
import { describe as descriptorOf, makeImage, makeIndex, makeManifest, putImages } from '../../../test/support/images.ts'
import { newSigner } from '../../../test/support/signed-evidence.ts'
import { MEDIA } from '../../artifact/artifact.ts'
import type { Descriptor } from '../../artifact/artifact.ts'
import type { ImageTarget } from '../../artifact/image-source.ts'
import { openTarget } from '../../artifact/open.ts'
import { attachBundle } from '../../evidence/attach.ts'
import { PREDICATE } from '../../evidence/evidence.ts'
import { statementBytes } from '../../evidence/statement.ts'
import { utf8 } from '../../kernel/bytes.ts'
import { digestOf, digestSetOf, hexOf } from '../../kernel/digest.ts'
import { signStatement } from '../../trust/sign.ts'
import { inspect } from './inspect.ts'

const publisher = newSigner()
let dir = ''
let registry: FakeRegistry
let target: ImageTarget

const PROVENANCE = {
  buildDefinition: {
    buildType: 'https://actions.github.io/buildtypes/workflow/v1',
    externalParameters: { workflow: { ref: 'refs/tags/v1', repository: 'https://github.com/team/tool', path: '.github/workflows/r.yml' } },
    resolvedDependencies: [{ uri: 'git+https://github.com/team/tool@refs/tags/v1', digest: { gitCommit: 'ab'.repeat(20) } }],
  },
  runDetails: {
    builder: {
      id: 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/v2.0.0',
    },
  },
}

/** An image with a config of its own, as a real one has. */
function imageWith(config: object, annotations: Readonly<Record<string, string>> = {}) {
  const layer = utf8('layer')
  const bytes = utf8(
    JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] }, ...config }),
  )
  const layers = [descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar')]
  return makeManifest({ mediaType: MEDIA.ociManifest, config: descriptorOf(bytes, MEDIA.ociConfig), layers, annotations }, [bytes, layer])
}

async function attach(subject: Descriptor, predicateType: string, predicate: unknown): Promise<void> {
  const statement = statementBytes({ subject: [{ digest: digestSetOf(subject.digest) }], predicateType, predicate })
  const { bundle } = await signStatement(publisher, statement)
  await attachBundle(target, subject, bundle, { predicateType, created: '2026-11-25T10:00:00Z' })
}

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  await fs.writeFile(join(dir, 'publisher.pub'), publisher.publicKeyPem)
  registry = await startFakeRegistry()
  target = await openTarget(
    testDeps(),
    { scheme: 'registry', host: registry.host, repository: 'team/app' },
    { allowHttp: false, offline: false },
  )
  const plain = makeImage('plain')
  const full = imageWith(
    {
      created: '2025-11-25T10:00:00Z',
      config: { User: 'app', Labels: { 'org.opencontainers.image.source': 'https://github.com/team/tool\u001b[31m' } },
    },
    { 'org.opencontainers.image.base.name': 'registry.example/base:12' },
  )
  const index = makeIndex([full])
  await putImages(target, plain, full, index)
  await target.putTag('plain', plain.manifest.descriptor.digest)
  await target.putTag('v1', full.manifest.descriptor.digest)
  await target.putTag('multi', index.manifest.descriptor.digest)
  const subject = full.manifest.descriptor
  await attach(subject, PREDICATE.signature, {})
  await attach(subject, PREDICATE.provenance, PROVENANCE)
  await attach(subject, PREDICATE.cyclonedx, {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { component: { type: 'container', name: 'app', hashes: [{ alg: 'SHA-256', content: hexOf(subject.digest) }] } },
    components: [{ type: 'library', name: 'left', version: '1.2.3', purl: 'pkg:npm/left@1.2.3' }],
    compositions: [{ aggregate: 'complete' }],
  })
})
afterAll(async () => {
  await registry.close()
  await fs.rm(dir, { recursive: true })
})

const look = async (...argv: string[]) => await runCommand(inspect, argv, { cwd: dir })
const json = async (...argv: string[]) => JSON.parse((await look(...argv, '--format', 'json')).stdout) as Record<string, never>
const app = (tag: string): string => `${registry.host}/team/app:${tag}`

describe('an image', () => {
  test('that nobody says anything about', async () => {
    const { exitCode, stdout } = await look(app('plain'))
    expect(exitCode).toBe(0)
    expect(stdout).toContain('none: no signature, no provenance, no SBOM')
    expect(stdout).toMatch(/user\s+root/)
    expect(stdout).toMatch(/base\s+it names none/)
    expect(stdout).toMatch(/baseline would deny it/)
    expect(stdout).toMatch(/tally sign 127\.0\.0\.1:\d+\/team\/app:plain@sha256:/)
  })

  test('of somebody who is not known here: all of it is claims', async () => {
    const { stdout } = await look(app('v1'))
    expect(stdout.match(/^ {2}claim/gm)).toHaveLength(3)
    expect(stdout).not.toMatch(/^ {2}verified/m)
    expect(stdout).toContain('SLSA Build L3 at most: if its signature holds')
    expect(stdout).toContain('1 component, completeness complete')
    expect(stdout).toMatch(/user\s+app/)
    expect(stdout).toMatch(/base\s+registry\.example\/base:12/)
    expect(stdout).toMatch(/trusted\s+nobody here/)
    expect(stdout).toContain('--key publisher.pub')
    expect(stdout).not.toContain('\u001b')
  })

  test('of somebody trusted: verified, and the level is what builder and signer prove', async () => {
    const said = await json(app('v1'), '--key', `publisher=${join(dir, 'publisher.pub')}`)
    expect(said).toMatchObject({
      trusted: ['publisher'],
      image: { runsAs: 'app', base: { name: 'registry.example/base:12' } },
      baseline: { decision: 'deny' },
    })
    const evidence = said['evidence'] as unknown as { predicateType: string; verified: boolean; provenance?: { level: number } }[]
    expect(evidence.every((each) => each.verified)).toBe(true)
    // A key does not sign for GitHub's generator, so that its level is only claimed.
    expect(evidence.find((each) => each.predicateType === PREDICATE.provenance)?.provenance?.level).toBe(0)
    const clauses = (said['baseline'] as unknown as { clauses: { clause: string; result: string }[] }).clauses
    expect(clauses.filter((each) => each.result !== 'met').map((each) => each.clause)).toEqual(
      ['provenance.level', 'provenance.commit'].slice(0, 1),
    )
  })

  test('of several platforms', async () => {
    expect(await json(app('multi'))).toMatchObject({ image: { platforms: ['linux/amd64'], layers: 1 } })
  })
})

describe('a repository', () => {
  test('named alone is its last tag where there is no latest', async () => {
    const said = await json(`${registry.host}/team/app`)
    expect(said['tags']).toEqual(['multi', 'plain', 'v1'])
    expect(said['pinned']).toContain(':v1@sha256:')
  })

  test('without images is said to be that', async () => {
    expect(await look(`${registry.host}/team/nothing`)).toMatchObject({ error: { code: 'not-found' } })
  })
})

describe('a file', () => {
  test('and what lies beside it', async () => {
    const file = join(dir, 'tool.tgz')
    await fs.writeFile(file, 'tool')
    const statement = statementBytes({
      subject: [{ digest: digestSetOf(digestOf(utf8('other'))) }],
      predicateType: PREDICATE.signature,
      predicate: {},
    })
    await fs.writeFile(`${file}.sigstore.json`, (await signStatement(publisher, statement)).bundle)
    const { stdout } = await look(file)
    expect(stdout).toContain('it speaks of something else')
    await fs.writeFile(`${file}.sigstore.json`, '{"mediaType":')
    expect((await json(file))['evidence']).toMatchObject([{ verified: false, problem: expect.any(String) }])
  })

  test('that is not there', async () => {
    expect(await look(join(dir, 'missing.tgz'))).toMatchObject({ exitCode: 5, error: { code: 'not-found' } })
  })
})

describe('a folder of sources', () => {
  test('is looked at without running anything of it', async () => {
    const folder = join(dir, 'project')
    await fs.mkdir(folder)
    await fs.writeFile(join(folder, 'package.json'), '{"name":"tool","version":"1.0.0"}')
    const { exitCode, stdout } = await look(folder)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('no git repository')
    expect(stdout).toMatch(/tally\s+there is no tally.yaml/)
  })
})

test('nothing is written: no data directory is made', async () => {
  const home = await fs.mkdtemp(join(dir, 'home-'))
  const argv = [app('v1'), '--key', join(dir, 'publisher.pub')]
  await runCommand(inspect, argv, { cwd: home })
  expect(await fs.readdir(home)).toEqual([])
})
