import { TallyError } from '../../../kernel/errors.ts'
import { malformed, viewBytes } from '../../byte-view.ts'
import type { ByteView } from '../../byte-view.ts'
import type { ModelFacts } from './model-facts.ts'

const MAGIC = 'GGUF'
const STRING = 8
const ARRAY = 9
const BOOLEAN = 7
/** Bytes of a value, by its type; texts and lists have none. */
const SIZES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [BOOLEAN, 1],
  [10, 8],
  [11, 8],
  [12, 8],
])
const MAX_DEPTH = 4
const MAX_TEXT = 4096

/** How most tensors are quantised, as `general.file_type` counts it. Gaps are types that were given up. */
const FILE_TYPES: readonly (string | undefined)[] =
  'F32 F16 Q4_0 Q4_1 - - - Q8_0 Q5_0 Q5_1 Q2_K Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K IQ2_XXS IQ2_XS Q2_K_S IQ3_XS IQ3_XXS IQ1_S IQ4_NL IQ3_S IQ3_M IQ2_S IQ2_M IQ4_XS IQ1_M BF16 - - - TQ1_0 TQ2_0'
    .split(' ')
    .map((name) => (name === '-' ? undefined : name))

/**
 * Reads the header of a GGUF file (ggml, docs/gguf.md, versions 1 to 3 in either byte order): name, architecture, quantisation, licence
 * and number of tensors. In: the bytes from its start, as many as were kept. What is cut off gives what stands before. Undefined for what is no such file.
 */
export function readGguf(bytes: Uint8Array, where: string): ModelFacts | undefined {
  if (bytes.byteLength < 24 || Buffer.from(bytes.subarray(0, 4)).toString('latin1') !== MAGIC) return undefined
  const little = viewBytes(bytes, 'little', where)
  // A version is a small number: read the wrong way round it is a huge one.
  const view = little.u32(4) > 0xffff ? viewBytes(bytes, 'big', where) : little
  const version = view.u32(4)
  if (version < 1 || version > 3) return undefined
  const values = new Map<string, string>()
  const tensors = readPairs(view, version, values)
  const general = (name: string): string | undefined => values.get(`general.${name}`)
  const fileType = general('file_type')
  return {
    name: general('name') ?? general('basename'),
    version: general('version'),
    licence: general('license'),
    maker: general('organization') ?? general('author'),
    properties: {
      'model:format': `GGUF ${version}`,
      'model:architecture': general('architecture'),
      'model:quantisation': fileType === undefined ? undefined : (FILE_TYPES[Number(fileType)] ?? fileType),
      'model:size': general('size_label'),
      'model:tensors': tensors === undefined ? undefined : String(tensors),
      'model:quantised-by': general('quantized_by'),
      'model:base': general('base_model.0.name'),
      'model:repository': general('repo_url') ?? general('source.repo_url') ?? general('source.huggingface.repository'),
    },
  }
}

/** Takes in what is said of the model in general; the number of tensors comes back, as far as it is one. */
function readPairs(view: ByteView, version: number, values: Map<string, string>): number | undefined {
  const wide = version > 1
  const count = (at: number): number => (wide ? view.u64(at) : view.u32(at))
  const width = wide ? 8 : 4
  let tensors: number | undefined
  try {
    tensors = count(8)
    const pairs = count(8 + width)
    let at = 8 + 2 * width
    // Each pair takes bytes, so that a count that lies ends where the bytes do.
    for (let left = pairs; left > 0; left -= 1) {
      const keySize = count(at)
      const key = keySize > MAX_TEXT ? '' : Buffer.from(view.slice(at + width, keySize)).toString('utf8')
      at += width + keySize
      const type = view.u32(at)
      at += 4
      if (key.startsWith('general.') && !values.has(key)) {
        const text = textOf(view, at, type, count, width)
        if (text !== undefined) values.set(key, text)
      }
      at = endOf(view, at, type, count, width, 0)
    }
    return tensors
  } catch (error) {
    if (error instanceof TallyError && error.code === 'artifact-malformed') return tensors
    throw error
  }
}

function textOf(view: ByteView, at: number, type: number, count: (at: number) => number, width: number): string | undefined {
  if (type === STRING) {
    const size = count(at)
    return size > MAX_TEXT ? undefined : Buffer.from(view.slice(at + width, size)).toString('utf8')
  }
  return type === 4 || type === 5 ? String(view.u32(at)) : undefined
}

/** Where what follows a value begins. */
function endOf(view: ByteView, start: number, type: number, count: (at: number) => number, width: number, depth: number): number {
  const size = SIZES.get(type)
  if (size !== undefined) return start + size
  if (type === STRING) return start + width + count(start)
  if (type !== ARRAY || depth > MAX_DEPTH) throw malformed(view.where, `has a value of an unknown type (${type})`)
  const inner = view.u32(start)
  const items = count(start + 4)
  let at = start + 4 + width
  const fixed = SIZES.get(inner)
  if (fixed !== undefined) return at + items * fixed
  for (let left = items; left > 0; left -= 1) at = endOf(view, at, inner, count, width, depth + 1)
  return at
}
