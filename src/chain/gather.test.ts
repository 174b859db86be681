import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testDeps } from '../../test/support/deps.ts'
import { newSigner } from '../../test/support/signed-evidence.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import { readSidecar } from '../evidence/sidecar.ts'
import { toBase64, utf8 } from '../kernel/bytes.ts'
import { verifyAll } from '../gate/prove.ts'
import { loadPublicKey } from '../trust/keys.ts'
import { trustKeys } from '../trust/trust-keys.ts'
import { gather } from './gather.ts'
import { sealArtifact } from './seal-artifact.ts'
import { openWorkspace } from './workspace.ts'
import type { Workspace } from './workspace.ts'

let dir = ''
let workspace: Workspace
beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
  workspace = await openWorkspace(testDeps({ env: { HOME: dir } }), { dataDir: join(dir, 'data'), offline: true, allowHttp: false })
})
afterAll(() => fs.rm(dir, { recursive: true }))

describe('a signature over the bytes of a file (cosign sign-blob)', () => {
  const content = utf8('the released file\n')
  const signer = newSigner()
  const trust = trustKeys([{ name: 'team', key: loadPublicKey(signer.publicKeyPem) }])

  beforeAll(async () => {
    await fs.writeFile(join(dir, 'release.txt'), content)
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: '' } },
      messageSignature: { signature: toBase64(await signer.sign(content)) },
    }
    await fs.writeFile(join(dir, 'release.txt.sigstore.json'), JSON.stringify(bundle))
  })

  const judge = async (file: string) => {
    const bundles = [join(dir, 'release.txt.sigstore.json')]
    const gathered = await gather(workspace, { reference: { scheme: 'file', path: join(dir, file) }, bundles, dataDirectory: false })
    return await verifyAll(gathered.found, gathered.artifact, trust, gathered)
  }

  test('is verified against the file', async () => {
    expect((await judge('release.txt')).receipts).toMatchObject([{ matched: 'file', statement: { predicateType: PREDICATE.signature } }])
  })

  test('is refused for another file', async () => {
    await fs.writeFile(join(dir, 'other.txt'), 'other bytes\n')
    const { receipts, rejections } = await judge('other.txt')
    expect(receipts).toEqual([])
    expect(rejections).toHaveLength(1)
  })
})

test('two signers of one sidecar file at the same time lose no line', async () => {
  const path = join(dir, 'shared.txt')
  await fs.writeFile(path, 'shared\n')
  const bundleFile = `${path}.sigstore.jsonl`
  const sealOnce = async () =>
    await sealArtifact({
      workspace,
      reference: { scheme: 'file', path },
      signer: newSigner(),
      signerKind: 'key',
      predicateType: PREDICATE.signature,
      predicate: {},
      bundleFile,
    })
  await Promise.all(Array.from({ length: 6 }, sealOnce))
  const { found } = await readSidecar(workspace.deps, bundleFile)
  expect(found).toHaveLength(6)
  expect(found.filter((one) => one.annotations['dev.tallystick.log.proof'] === undefined)).toEqual([])
})
