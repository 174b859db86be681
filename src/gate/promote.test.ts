import { beforeAll, describe, expect, test } from 'vitest'
import { memoryImage } from '../../test/support/memory-image.ts'
import type { MemoryImage } from '../../test/support/memory-image.ts'
import { authorityOf, newSigner, trustOf } from '../../test/support/signed-evidence.ts'
import type { Artifact } from '../artifact/artifact.ts'
import type { ImageTarget } from '../artifact/image-source.ts'
import { lookupTag, wrapFile } from '../artifact/wrap.ts'
import { attachBundle } from '../evidence/attach.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import { findEvidence } from '../evidence/find.ts'
import { statementBytes } from '../evidence/statement.ts'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf, digestSetOf } from '../kernel/digest.ts'
import { parsePolicy } from '../policy/document.ts'
import { signStatement } from '../trust/sign.ts'
import { CURRENT_TAG, promote } from './promote.ts'
import type { Promotion } from './promote.ts'

const alice = newSigner()
const trust = trustOf(authorityOf('alice', alice))
const policyOf = (name: string) => parsePolicy(utf8(`version: 1\nname: p\nrequire: { signature: { from: [${name}] } }\n`), 'p.yaml')
const [wanted, strict] = [policyOf('alice'), policyOf('somebody-else')]
const STEPS = ['judged', 'acknowledged', 'copied', 'compared', 'tagged', 'moved']

type Manifest = Extract<Artifact, { kind: 'manifest' }>

/** Pushes a file with this text, wrapped, and attaches alice's signature. */
async function pushSigned(target: ImageTarget, text: string): Promise<Manifest & { readonly file: NonNullable<Manifest['file']> }> {
  const content = utf8(text)
  const file = { name: 'app', digest: digestOf(content), size: content.byteLength }
  const { manifest, config } = wrapFile(file)
  for (const bytes of [content, config]) {
    await target.putBlob({ digest: digestOf(bytes), size: bytes.byteLength }, async function* () {
      yield bytes
    })
  }
  await target.putManifest(manifest)
  const { descriptor } = manifest
  const subject = [{ digest: digestSetOf(descriptor.digest) }, { digest: digestSetOf(file.digest) }]
  const { bundle } = await signStatement(alice, statementBytes({ subject, predicateType: PREDICATE.signature, predicate: {} }))
  await attachBundle(target, descriptor, bundle, { predicateType: PREDICATE.signature, created: '2026-11-25T00:00:00Z' })
  return { kind: 'manifest', ...descriptor, name: 'app', file }
}

describe('promotion', () => {
  let source: MemoryImage
  let artifact: Awaited<ReturnType<typeof pushSigned>>
  beforeAll(async () => {
    source = memoryImage('source')
    artifact = await pushSigned(source, 'the released file\n')
  })

  const request = (target: ImageTarget, more: Partial<Promotion> = {}): Promotion => ({
    source,
    target,
    artifact,
    trust,
    policy: wanted,
    context: { now: new Date('2026-11-25T00:00:00Z') },
    releaseTag: '1.0.0-abc',
    acknowledge: async () => {},
    signal: new AbortController().signal,
    ...more,
  })
  const tagsOf = async (target: ImageTarget) =>
    await Promise.all(
      [CURRENT_TAG, '1.0.0-abc', lookupTag(artifact.file.digest)].map(async (tag) => (await target.resolveTag(tag))?.digest),
    )

  test('takes everything along, says so once, and moves `current` last', async () => {
    const target = memoryImage('target')
    const told: string[] = []
    const acknowledge = async (): Promise<void> => void told.push('acknowledge')
    const boundary = async (step: string): Promise<void> => {
      told.push(step)
      expect((await target.resolveTag(CURRENT_TAG)) !== undefined, step).toBe(step === 'moved')
    }
    expect(await promote(request(target, { acknowledge, boundary }))).toMatchObject({ promoted: true, moved: true, skipped: 0 })
    expect(told).toEqual(['judged', 'acknowledge', ...STEPS.slice(1)])
    expect(await tagsOf(target)).toEqual([artifact.digest, artifact.digest, artifact.digest])
    expect((await findEvidence(target, artifact.digest)).found).toHaveLength(1)
    const writes = target.writes()
    expect(await promote(request(target))).toMatchObject({ promoted: true, moved: false, copied: 0 })
    expect(target.writes()).toBe(writes)
  })

  test.each(STEPS)('cut short when it is %s, and repeated, comes to the same', async (at) => {
    const target = memoryImage('target')
    const boundary = async (step: string): Promise<void> => {
      if (step === at) throw new Error('killed')
    }
    await expect(promote(request(target, { boundary }))).rejects.toThrow('killed')
    if (at !== 'moved') expect(await target.resolveTag(CURRENT_TAG)).toBeUndefined()
    expect(await promote(request(target))).toMatchObject({ promoted: true })
    expect(await tagsOf(target)).toEqual([artifact.digest, artifact.digest, artifact.digest])
    expect((await findEvidence(target, artifact.digest)).found).toHaveLength(1)
  })

  test('denied, it acknowledges, copies and moves nothing', async () => {
    const target = memoryImage('target')
    const acknowledge = (): Promise<void> => Promise.reject(new Error('nothing to acknowledge'))
    const result = await promote(request(target, { policy: strict, acknowledge }))
    expect(result).toMatchObject({ promoted: false, judgement: { verdict: { decision: 'deny' } } })
    expect(target.writes()).toBe(0)
    expect(await target.tags()).toEqual([])
  })

  test('a release tag that names other bits is refused before a byte is sent', async () => {
    const target = memoryImage('target')
    const other = await pushSigned(target, 'other bits\n')
    await target.putTag('1.0.0-abc', other.digest)
    const writes = target.writes()
    const acknowledge = (): Promise<void> => Promise.reject(new Error('nothing to acknowledge'))
    await expect(promote(request(target, { acknowledge }))).rejects.toMatchObject({ code: 'tag-would-move', where: 'target:1.0.0-abc' })
    expect(target.writes()).toBe(writes)
    expect(await target.resolveTag(CURRENT_TAG)).toBeUndefined()
  })

  test('evidence the target lost is noticed, and `current` stays', async () => {
    const kept = memoryImage('target')
    const target: ImageTarget = {
      ...kept,
      blob: async function* (descriptor) {
        const manifest = (await findEvidence(kept, artifact.digest)).found[0]
        if (manifest?.digest === descriptor.digest) throw Object.assign(new Error('gone'), { code: 'ENOENT' })
        yield* kept.blob(descriptor)
      },
    }
    await expect(promote(request(target))).rejects.toMatchObject({ code: 'digest-mismatch', message: expect.stringContaining('1 piece') })
    expect(await kept.resolveTag(CURRENT_TAG)).toBeUndefined()
    expect(await kept.resolveTag('1.0.0-abc')).toBeUndefined()
  })

  test('an earlier `current` is moved from one release to the next, and the old release keeps its tag', async () => {
    const target = memoryImage('target')
    const old = await pushSigned(source, 'the release before\n')
    await promote(request(target, { artifact: old, releaseTag: '0.9.0-000' }))
    expect(await promote(request(target))).toMatchObject({ moved: true })
    expect((await target.resolveTag(CURRENT_TAG))?.digest).toBe(artifact.digest)
    expect((await target.resolveTag('0.9.0-000'))?.digest).toBe(old.digest)
  })
})
