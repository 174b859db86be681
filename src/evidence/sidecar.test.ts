import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { ANNOTATION } from './evidence.ts'
import { addToSidecar, findSidecars, proofPathOf, readSidecar, sidecarPathsOf, writeSidecar } from './sidecar.ts'

const deps = { fs, randomBytes: (size: number) => new Uint8Array(randomBytes(size)) }
const proof = { index: 0, hashes: [], checkpoint: 'c' }
let dir = ''
beforeEach(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
})
afterEach(async () => {
  await fs.rm(dir, { recursive: true })
})

describe('evidence beside a file', () => {
  test('that is missing is said to be', async () => {
    const file = join(dir, 'a.tgz')
    expect(await findSidecars(deps, file)).toEqual({
      found: [],
      unreadable: [],
      looked: [`${file}.sigstore.json: none`, `${file}.sigstore.jsonl: none`],
    })
  })

  test('is one bundle in .sigstore.json and one in each line of .sigstore.jsonl', async () => {
    const file = join(dir, 'a.tgz')
    const [one, many] = sidecarPathsOf(file)
    await fs.writeFile(one, '{\n "a": 1\n}\n')
    await fs.writeFile(many, '{"b":1}\r\n\n{"c":1}')
    const { found } = await findSidecars(deps, file)
    expect(found.map((piece) => piece.digest)).toEqual(['{\n "a": 1\n}\n', '{"b":1}', '{"c":1}'].map((text) => digestOf(utf8(text))))
  })

  test('in npm’s form is the bundles of its list, byte for byte', async () => {
    const path = join(dir, 'attestations.json')
    await fs.writeFile(path, '{"attestations":[{"predicateType":"a","bundle":{ "b" : 1 }},{"predicateType":"c"},{"bundle":{"d":2}}]}')
    const { found } = await readSidecar(deps, path)
    expect(found.map((piece) => piece.digest)).toEqual(['{ "b" : 1 }', '{"d":2}'].map((text) => digestOf(utf8(text))))
  })

  test.each(['{"attestations":', '{"attestations":[{"bundle":{}}]} x'])('in npm’s form and malformed is refused: %s', async (text) => {
    const path = join(dir, 'attestations.json')
    await fs.writeFile(path, text)
    await expect(readSidecar(deps, path)).rejects.toMatchObject({ code: 'evidence-malformed' })
  })

  test('with a list of attestations that is none is one bundle', async () => {
    const path = join(dir, 'attestations.json')
    await fs.writeFile(path, '{"attestations":{}}')
    expect((await readSidecar(deps, path)).found).toHaveLength(1)
  })

  test('keeps its log proofs in a file beside, by digest', async () => {
    const path = join(dir, 'a.sigstore.jsonl')
    await addToSidecar(deps, path, utf8('{"b":1}'), proof)
    await addToSidecar(deps, path, utf8('{"c":1}'))
    await addToSidecar(deps, path, utf8('{"b":1}'), proof)
    const { found } = await readSidecar(deps, path)
    expect(found.map((piece) => piece.annotations[ANNOTATION.logProof])).toEqual(['{"checkpoint":"c","hashes":[],"index":0}', undefined])
    expect(await fs.readFile(path, 'utf8')).toBe('{"b":1}\n{"c":1}\n')
  })

  test('is written whole, with its proof or without', async () => {
    const path = join(dir, 'a.sigstore.json')
    await writeSidecar(deps, path, utf8('{"b":1}'), proof)
    expect((await readSidecar(deps, path)).found[0]?.annotations).toHaveProperty([ANNOTATION.logProof])
    await writeSidecar(deps, path, utf8('{"c":1}'))
    expect(await readSidecar(deps, path)).toMatchObject({ found: [{ bytes: utf8('{"c":1}'), annotations: {} }], unreadable: [] })
    expect(await fs.readdir(dir)).toEqual(['a.sigstore.json'])
  })

  test('with a broken proof file is still found, without proofs, and the broken file is said', async () => {
    const path = join(dir, 'a.sigstore.json')
    await fs.writeFile(path, '{}')
    await fs.writeFile(proofPathOf(path), '{')
    const { found, unreadable } = await readSidecar(deps, path)
    expect(found).toHaveLength(1)
    expect(unreadable).toMatchObject([{ where: `${path}.proof.json`, error: { code: 'evidence-malformed' } }])
  })

  test('named and missing is an error', async () => {
    await expect(readSidecar(deps, join(dir, 'none.json'))).rejects.toThrow(expect.objectContaining({ code: 'not-found' }))
  })
})
