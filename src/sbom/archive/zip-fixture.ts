import { crc32, deflateRawSync } from 'node:zlib'
import { concatBytes, utf8 } from '../../kernel/bytes.ts'

export type ZipFixture = {
  readonly path: string
  readonly content: Uint8Array | string
  /** Not packed. */
  readonly stored?: boolean
  /** What the central directory says of the size, where it lies. */
  readonly size?: number
  readonly flags?: number
  readonly method?: number
}

/** Zip archives as build tools write them, and as attackers do. Used by tests alone. */
export function zipBytes(
  files: readonly ZipFixture[],
  options: { readonly prefix?: string; readonly comment?: string; readonly wide?: boolean; readonly count?: number } = {},
): Uint8Array {
  const { wide = false } = options
  const locals: Uint8Array[] = []
  const centrals: Uint8Array[] = []
  let offset = 0
  for (const { path, content, stored = false, size, flags = 0, method } of files) {
    const bytes = typeof content === 'string' ? utf8(content) : content
    const packed = stored ? bytes : new Uint8Array(deflateRawSync(bytes))
    const name = utf8(path)
    const said = { method: method ?? (stored ? 0 : 8), crc: crc32(bytes), packed: packed.byteLength, size: size ?? bytes.byteLength, flags }
    locals.push(localHeader(said, name.byteLength), name, packed)
    centrals.push(centralHeader(said, name.byteLength, wide, offset), name, ...(wide ? [wideExtra(said, offset)] : []))
    offset += 30 + name.byteLength + packed.byteLength
  }
  const directory = concatBytes(centrals)
  const comment = utf8(options.comment ?? '')
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(wide ? 0xffff : (options.count ?? files.length), 10)
  end.writeUInt32LE(wide ? 0xffffffff : directory.byteLength, 12)
  end.writeUInt32LE(wide ? 0xffffffff : offset, 16)
  end.writeUInt16LE(comment.byteLength, 20)
  const wideEnd = wide ? [wideEndRecord(files.length, directory.byteLength, offset)] : []
  return concatBytes([utf8(options.prefix ?? ''), ...locals, directory, ...wideEnd, end, comment])
}

type Said = { readonly method: number; readonly crc: number; readonly packed: number; readonly size: number; readonly flags: number }

function localHeader({ method, crc, packed, size, flags }: Said, nameSize: number): Uint8Array {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(flags, 6)
  header.writeUInt16LE(method, 8)
  header.writeUInt32LE(crc, 14)
  header.writeUInt32LE(packed, 18)
  header.writeUInt32LE(size, 22)
  header.writeUInt16LE(nameSize, 26)
  return header
}

function centralHeader({ method, crc, packed, size, flags }: Said, nameSize: number, wide: boolean, offset: number): Uint8Array {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE(flags, 8)
  header.writeUInt16LE(method, 10)
  header.writeUInt32LE(crc, 16)
  header.writeUInt32LE(wide ? 0xffffffff : packed, 20)
  header.writeUInt32LE(wide ? 0xffffffff : size, 24)
  header.writeUInt16LE(nameSize, 28)
  header.writeUInt16LE(wide ? 4 + 6 + 24 + 4 : 0, 30)
  header.writeUInt32LE(wide ? 0xffffffff : offset, 42)
  return header
}

/** Another field first, so that the one wanted must be looked for. */
function wideExtra({ packed, size }: Said, offset: number): Uint8Array {
  const extra = Buffer.alloc(4 + 6 + 24 + 4)
  extra.writeUInt16LE(0x7075, 0)
  extra.writeUInt16LE(6, 2)
  extra.writeUInt16LE(1, 10)
  extra.writeUInt16LE(24, 12)
  extra.writeBigUInt64LE(BigInt(size), 14)
  extra.writeBigUInt64LE(BigInt(packed), 22)
  extra.writeBigUInt64LE(BigInt(offset), 30)
  return extra
}

function wideEndRecord(count: number, size: number, offset: number): Uint8Array {
  const record = Buffer.alloc(56 + 20)
  record.writeUInt32LE(0x06064b50, 0)
  record.writeBigUInt64LE(44n, 4)
  record.writeBigUInt64LE(BigInt(count), 32)
  record.writeBigUInt64LE(BigInt(size), 40)
  record.writeBigUInt64LE(BigInt(offset), 48)
  record.writeUInt32LE(0x07064b50, 56)
  record.writeBigUInt64LE(BigInt(offset + size), 64)
  return record
}
