import { z } from 'zod'
import { parseJson } from '../../../kernel/json.ts'
import { compareText } from '../../../package/digits.ts'
import { viewBytes } from '../../byte-view.ts'
import type { ModelFacts } from './model-facts.ts'

const header = z.object({ __metadata__: z.record(z.string(), z.string()).optional().catch(undefined) }).loose()
const tensor = z.object({ dtype: z.string(), shape: z.array(z.number().int().nonnegative()) })

/** How long the header of a safetensors file says it is: eight bytes, little-endian, at the start. Undefined where it cannot be one. */
export function safetensorsHeaderSize(start: Uint8Array, fileSize: number, where: string): number | undefined {
  if (start.byteLength < 9 || start[8] !== 0x7b) return undefined
  const view = viewBytes(start, 'little', where)
  // The upper half of any honest length is zero.
  if (view.u32(4) !== 0) return undefined
  const size = view.u32(0)
  return size < 2 || size + 8 > fileSize ? undefined : size
}

/**
 * Reads the header of a safetensors file (huggingface/safetensors, "Format"): how many tensors and numbers of which types, and what its
 * maker put into `__metadata__` (the keys of Stability AI's ModelSpec 1.0). In: its JSON. Throws `artifact-malformed` for what is no JSON
 * object.
 */
export function readSafetensors(json: Uint8Array, where: string): ModelFacts | undefined {
  const parsed = header.safeParse(parseJson(json, where, { code: 'artifact-malformed', limitName: 'modelHeaderBytes' })).data
  if (parsed === undefined) return undefined
  const { __metadata__: said = {}, ...rest } = parsed
  const types = new Set<string>()
  let tensors = 0
  let numbers = 0
  for (const value of Object.values(rest)) {
    const found = tensor.safeParse(value).data
    if (found === undefined) continue
    tensors += 1
    types.add(found.dtype.slice(0, 20))
    numbers += found.shape.reduce((all, one) => all * one, 1)
  }
  const metadata = new Map(Object.entries(said))
  const spec = (name: string): string | undefined => metadata.get(`modelspec.${name}`)
  return {
    name: spec('title'),
    version: spec('version'),
    licence: spec('license'),
    maker: spec('author'),
    properties: {
      'model:format': 'safetensors',
      'model:architecture': spec('architecture'),
      'model:quantisation': types.size === 0 ? undefined : [...types].toSorted(compareText).slice(0, 8).join(' '),
      'model:tensors': String(tensors),
      'model:parameters': Number.isSafeInteger(numbers) ? String(numbers) : undefined,
      'model:framework': metadata.get('format'),
      'model:hash': spec('hash_sha256'),
    },
  }
}
