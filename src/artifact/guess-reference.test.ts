import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guessReference } from './guess-reference.ts'

/** A tar of these members, as few bytes as the format allows. */
function tarOf(members: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = []
  for (const [name, text] of Object.entries(members)) {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write(Buffer.byteLength(text).toString(8).padStart(11, '0'), 124)
    header.write('ustar', 257)
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512)
    body.write(text)
    parts.push(header, body)
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

describe('guessReference', () => {
  let dir = ''
  beforeAll(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    const mark = '{"imageLayoutVersion":"1.0.0"}'
    const list = '[{"Config":"c.json","Layers":[]}]'
    await fs.mkdir(join(dir, 'layout'))
    await fs.writeFile(join(dir, 'layout/oci-layout'), mark)
    await fs.mkdir(join(dir, 'plain'))
    await fs.writeFile(join(dir, 'oci.tar'), tarOf({ 'blobs/x': 'y'.repeat(3000), './oci-layout': mark }))
    await fs.writeFile(join(dir, 'docker.tar'), tarOf({ 'c.json': '{}', 'manifest.json': list }))
    await fs.writeFile(join(dir, 'both.tar'), tarOf({ 'manifest.json': list, 'oci-layout': mark }))
    await fs.writeFile(join(dir, 'web.tar'), tarOf({ 'manifest.json': '{"name":"an app"}', 'sub/oci-layout': mark }))
    await fs.writeFile(join(dir, 'app.tgz'), 'not a tar')
    await fs.writeFile(join(dir, 'empty'), '')
  })
  afterAll(() => fs.rm(dir, { recursive: true }))

  test.each([
    ['layout', 'oci'],
    ['oci.tar', 'oci-archive'],
    ['docker.tar', 'docker-archive'],
    ['both.tar', 'oci-archive'],
    ['web.tar', 'file'],
    ['app.tgz', 'file'],
    ['empty', 'file'],
    ['missing', 'file'],
  ])('%s is %s', async (name, scheme) => {
    expect(await guessReference({ fs }, join(dir, name))).toEqual({ scheme, path: join(dir, name) })
  })

  test('a tag or digest after what is there is understood', async () => {
    const digest = `sha256:${'a'.repeat(64)}`
    expect(await guessReference({ fs }, `${dir}/layout:v1`)).toEqual({ scheme: 'oci', path: `${dir}/layout`, tag: 'v1' })
    expect(await guessReference({ fs }, `${dir}/oci.tar@${digest}`)).toEqual({ scheme: 'oci-archive', path: `${dir}/oci.tar`, digest })
    expect(await guessReference({ fs }, `${dir}/app.tgz:v1`)).toEqual({ scheme: 'file', path: `${dir}/app.tgz:v1` })
  })

  test('what is not there is read by its text', async () => {
    expect(await guessReference({ fs }, 'registry.example/app:v1')).toMatchObject({ scheme: 'registry', tag: 'v1' })
    expect(await guessReference({ fs }, `file:${dir}/oci.tar`)).toMatchObject({ scheme: 'file' })
  })

  test('a folder that is no layout is refused', async () => {
    await expect(guessReference({ fs }, join(dir, 'plain'))).rejects.toMatchObject({ code: 'reference-invalid' })
  })
})
