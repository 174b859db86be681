import { concatBytes, utf8 } from '../../../kernel/bytes.ts'

/** Headers of model files, as their tools write them and as attackers do. Used by tests alone. */
export type GgufValue = string | number | readonly string[] | { readonly raw: Uint8Array; readonly type: number }

type Order = 'little' | 'big'

export function ggufBytes(
  pairs: Readonly<Record<string, GgufValue>>,
  options: { readonly version?: number; readonly tensors?: number; readonly pairs?: number; readonly order?: Order } = {},
): Uint8Array {
  const { version = 3, tensors = 2, order = 'little' } = options
  const u32 = (value: number): Uint8Array => numberBytes(value, 4, order)
  const count = (value: number): Uint8Array => numberBytes(value, version === 1 ? 4 : 8, order)
  const string = (value: string): Uint8Array => concatBytes([count(utf8(value).byteLength), utf8(value)])
  const valueOf = (value: GgufValue): Uint8Array => {
    if (typeof value === 'string') return concatBytes([u32(8), string(value)])
    if (typeof value === 'number') return concatBytes([u32(4), u32(value)])
    if ('raw' in value) return concatBytes([u32(value.type), value.raw])
    return concatBytes([u32(9), u32(8), count(value.length), ...value.map(string)])
  }
  const entries = Object.entries(pairs)
  return concatBytes([
    utf8('GGUF'),
    u32(version),
    count(tensors),
    count(options.pairs ?? entries.length),
    ...entries.flatMap(([key, value]) => [string(key), valueOf(value)]),
    new Uint8Array(32),
  ])
}

export function numberBytes(value: number, size: 4 | 8, order: Order = 'little'): Uint8Array {
  const bytes = Buffer.alloc(size)
  if (size === 8 && order === 'little') bytes.writeBigUInt64LE(BigInt(value))
  else if (size === 8) bytes.writeBigUInt64BE(BigInt(value))
  else if (order === 'little') bytes.writeUInt32LE(value)
  else bytes.writeUInt32BE(value)
  return new Uint8Array(bytes)
}

export function safetensorsBytes(header: unknown, size?: number): Uint8Array {
  const json = utf8(typeof header === 'string' ? header : JSON.stringify(header))
  return concatBytes([numberBytes(size ?? json.byteLength, 8), json, new Uint8Array(64)])
}
