import { describe, expect, it } from 'vitest'
import { inPieces } from '../../../artifact/tar-fixture.ts'
import { concatBytes, utf8 } from '../../../kernel/bytes.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { parsePurl } from '../../../package/purl.ts'
import { fuzz } from '../../fuzz-fixture.ts'
import type { Inspected } from '../inspector.ts'
import { ggufBytes, numberBytes, safetensorsBytes } from './model-fixture.ts'
import { modelInspector } from './model-inspector.ts'

async function inspect(path: string, bytes: Uint8Array, size = bytes.byteLength, pieceSize = 100): Promise<Inspected> {
  return await modelInspector.inspect({ path, size, content: inPieces(bytes, pieceSize) })
}

const LLAMA = {
  'general.architecture': 'llama',
  'general.name': 'Tiny Llama 1.1B',
  'general.version': 'v1.0',
  'general.license': 'apache-2.0',
  'general.organization': 'Example',
  'llama.block_count': 22,
  'tokenizer.ggml.tokens': ['<s>', '</s>', 'a'],
  'general.file_type': 15,
  'general.repo_url': 'https://user:secret@host.example/tiny',
}

const TENSORS = {
  __metadata__: {
    format: 'pt',
    'modelspec.title': 'Small Diffusion',
    'modelspec.author': 'Example <a@host.example>',
    'modelspec.license': 'MIT',
  },
  a: { dtype: 'F16', shape: [4, 8], data_offsets: [0, 64] },
  b: { dtype: 'BF16', shape: [], data_offsets: [64, 66] },
}

describe('a GGUF file', () => {
  it('is a model with its name, architecture, quantisation and licence, which stand around a vocabulary', async () => {
    const found = await inspect('models/x.gguf', ggufBytes(LLAMA))
    expect(found?.catalog?.components).toEqual([
      {
        purl: 'pkg:generic/Tiny%20Llama%201.1B@v1.0',
        name: 'Tiny Llama 1.1B',
        version: 'v1.0',
        type: 'machine-learning-model',
        hashes: {},
        licence: 'apache-2.0',
        producer: { name: 'Example' },
        evidence: [{ cataloger: 'ml-model', file: 'models/x.gguf', method: 'binary', confidence: 0.9 }],
        scope: 'required',
        properties: {
          'model:architecture': 'llama',
          'model:format': 'GGUF 3',
          'model:quantisation': 'Q4_K_M',
          'model:repository': 'https://host.example/tiny',
          'model:tensors': '2',
        },
      },
    ])
  })

  it.each([
    ['version 1, with short counts', { version: 1 }],
    ['version 2', { version: 2 }],
    ['big-endian', { order: 'big' }],
  ] as const)('is read in %s', async (_, options) => {
    const found = await inspect('x.gguf', ggufBytes(LLAMA, options))
    expect(found?.catalog?.components[0]).toMatchObject({ name: 'Tiny Llama 1.1B', properties: { 'model:quantisation': 'Q4_K_M' } })
  })

  it('without a name has that of its file, without the mark of a part', async () => {
    expect((await inspect('m/tiny-q4-00001-of-00003.gguf', ggufBytes({})))?.catalog?.components[0]?.purl).toBe('pkg:generic/tiny-q4')
  })

  it.each([
    ['a count of pairs', ggufBytes(LLAMA, { pairs: 2 ** 52 })],
    ['a count of tensors', ggufBytes(LLAMA, { tensors: 2 ** 52 })],
    ['a length of a text', ggufBytes({ ...LLAMA, 'x.y': { type: 8, raw: numberBytes(2 ** 52, 8) } })],
    [
      'a length of a list of numbers',
      ggufBytes({ ...LLAMA, 'x.y': { type: 9, raw: concatBytes([numberBytes(12, 4), numberBytes(2 ** 50, 8)]) } }),
    ],
    [
      'a length of a list of texts',
      ggufBytes({ ...LLAMA, 'x.y': { type: 9, raw: concatBytes([numberBytes(8, 4), numberBytes(2 ** 52, 8)]) } }),
    ],
    ['a type', ggufBytes({ ...LLAMA, 'x.y': { type: 99, raw: numberBytes(1, 8) } })],
    [
      'lists in lists in lists',
      ggufBytes({
        ...LLAMA,
        'x.y': { type: 9, raw: concatBytes(Array.from({ length: 50 }, () => concatBytes([numberBytes(9, 4), numberBytes(1, 8)]))) },
      }),
    ],
  ])('that lies with %s still has what stands before', async (_, bytes) => {
    expect((await inspect('x.gguf', bytes))?.catalog?.components[0]).toMatchObject({ name: 'Tiny Llama 1.1B', licence: 'apache-2.0' })
  })

  it('keeps long texts and control characters out of the SBOM', async () => {
    const found = await inspect(
      'x.gguf',
      ggufBytes({ 'general.name': 'a\u001b[31m\n\u202eb', 'general.license': 'x'.repeat(5000), 'general.author': 'y'.repeat(900) }),
    )
    const [model] = found?.catalog?.components ?? []
    expect(model?.name).toBe('a\\u{1b}[31m\\u{a}\\u{202e}b')
    expect(model?.licence).toBeUndefined()
    expect(model?.producer?.name.length).toBeLessThanOrEqual(200)
  })

  it('is read no further than the cap of a header', async () => {
    let pulled = 0
    const head = ggufBytes(LLAMA, { pairs: 1000 })
    const content = (async function* () {
      yield head
      for (;;) {
        pulled += 1 << 20
        yield new Uint8Array(1 << 20)
      }
    })()
    const found = await modelInspector.inspect({ path: 'x.gguf', size: 2 ** 40, content })
    expect(found?.catalog?.components).toHaveLength(1)
    expect(pulled).toBeLessThanOrEqual(LIMITS.modelHeaderBytes + (1 << 20))
  })
})

describe('a safetensors file', () => {
  it('is a model with what its header says', async () => {
    const found = await inspect('models/small/model.safetensors', safetensorsBytes(TENSORS))
    expect(found?.catalog?.components).toMatchObject([
      {
        purl: 'pkg:generic/Small%20Diffusion',
        type: 'machine-learning-model',
        licence: 'MIT',
        producer: { name: 'Example', contact: 'a@host.example' },
        properties: { 'model:framework': 'pt', 'model:parameters': '33', 'model:quantisation': 'BF16 F16', 'model:tensors': '2' },
      },
    ])
  })

  it('that only is called a model goes by its folder', async () => {
    const bytes = safetensorsBytes({ a: TENSORS.a })
    expect((await inspect('opt/bert-base/model.safetensors', bytes))?.catalog?.components[0]?.purl).toBe('pkg:generic/bert-base')
    expect((await inspect('opt/bert-base/encoder.safetensors', bytes))?.catalog?.components[0]?.purl).toBe('pkg:generic/encoder')
  })

  it('of the cache of the Hugging Face hub goes by organisation and model', async () => {
    const cache = 'root/.cache/huggingface/hub/models--Example--small-v1'
    const commit = '0123456789abcdef0123456789abcdef01234567'
    const bytes = safetensorsBytes({ a: TENSORS.a })
    const blob = `${cache}/blobs/${'ab'.repeat(32)}`
    expect(modelInspector.mayWant({ path: blob, size: 100, executable: false })).toBe(true)
    expect((await inspect(blob, bytes))?.catalog?.components[0]?.purl).toBe('pkg:huggingface/Example/small-v1')
    expect((await inspect(`${cache}/snapshots/${commit}/model.safetensors`, bytes))?.catalog?.components[0]?.purl).toBe(
      `pkg:huggingface/Example/small-v1@${commit}`,
    )
    // Other blobs are settings and vocabularies.
    expect(await inspect(blob, utf8(JSON.stringify({ model_type: 'bert', hidden: 'x'.repeat(100) })))).toBeUndefined()
  })

  it.each([
    ['a length past its end', safetensorsBytes(TENSORS, 1 << 20)],
    ['a length of 2^60', concatBytes([numberBytes(2 ** 60, 8), utf8('{"a":1}'), new Uint8Array(64)])],
    ['a header that is no JSON', safetensorsBytes('{"a":')],
    ['a header as deep as it is long', safetensorsBytes(`{"a":${'['.repeat(5000)}`)],
    ['a list for a header', safetensorsBytes('[1,2,3]')],
    ['nothing but zeros', new Uint8Array(500)],
  ])('with %s is missed, and no error', async (_, bytes) => {
    expect(await inspect('x.safetensors', bytes)).toEqual({ missed: true })
  })

  it('with tensors of strange shapes counts what it can', async () => {
    const header = {
      a: { dtype: 'F'.repeat(500), shape: [2 ** 40, 2 ** 40] },
      b: 7,
      ['__proto__x']: { dtype: 'F8', shape: [-1] },
      __metadata__: { format: 7 },
    }
    const [model] = (await inspect('x.safetensors', safetensorsBytes(header)))?.catalog?.components ?? []
    expect(model?.properties).toEqual({ 'model:format': 'safetensors', 'model:quantisation': 'F'.repeat(20), 'model:tensors': '1' })
  })
})

describe('what is no model', () => {
  it.each([
    ['a text of that name', 'notes.gguf', 'nothing of a model is here, only words'],
    ['a future version', 'x.gguf', `GGUF\u0009\0\0\0${'\0'.repeat(60)}`],
  ])('%s is missed', async (_, path, text) => {
    expect(await inspect(path, utf8(text))).toEqual({ missed: true })
  })

  it('is not looked at under other names', () => {
    expect(modelInspector.mayWant({ path: 'x.bin', size: 1000, executable: false })).toBe(false)
    expect(modelInspector.mayWant({ path: 'x.gguf', size: 4, executable: false })).toBe(false)
  })

  it('breaks nothing', async () => {
    const outcome = await fuzz(
      [ggufBytes(LLAMA), ggufBytes(LLAMA, { version: 1 }), safetensorsBytes(TENSORS)],
      async (bytes) => {
        for (const { purl } of (await inspect('x.gguf', bytes))?.catalog?.components ?? []) parsePurl(purl)
      },
      { rounds: 1500 },
    )
    expect(outcome.strange).toEqual([])
    expect(outcome.refused).toBe(0)
  })
})
