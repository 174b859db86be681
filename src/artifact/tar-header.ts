import { nameText } from './tar-path.ts'

export const BLOCK = 512

/** What an entry is. Contiguous files ('7') are files. */
export type TarEntryType = 'file' | 'hardlink' | 'symlink' | 'character-device' | 'block-device' | 'directory' | 'fifo'

/** What a 512-byte header says, before the extended headers that stood ahead of it are applied. */
export type TarHeader = {
  readonly typeflag: string
  readonly name: string
  /** Of a link; else empty. */
  readonly linkName: string
  readonly size: number
  readonly mode: number
}

export type HeaderResult = TarHeader | 'zero' | { readonly why: string }

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
}

/** The type of an entry by its flag. Undefined for flags that are extensions or that nobody defined. */
export function entryType(typeflag: string): TarEntryType | undefined {
  return Object.hasOwn(TYPES, typeflag) ? TYPES[typeflag] : undefined
}

/**
 * Reads one header block (POSIX.1-2024 pax, "ustar Interchange Format", and GNU tar's additions: base-256 numbers). Out:
 * the header, `zero` for a block of zeros, or why it is none. The checksum is that of unsigned bytes.
 */
export function parseHeader(block: Uint8Array): HeaderResult {
  let sum = sumOf(block)
  if (sum === 0) return 'zero'
  for (let at = 148; at < 156; at += 1) sum += 32 - (block[at] ?? 0)
  const promised = parseNumber(block, 148, 8)
  if (promised !== sum) return { why: 'has a header whose checksum is wrong' }
  const size = parseNumber(block, 124, 12)
  if (size === undefined) return { why: 'has a size that is no number from 0 to 2^53' }
  const mode = parseNumber(block, 100, 8)
  if (mode === undefined) return { why: 'has a mode that is no number' }
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
  const typeflag = String.fromCharCode(block[156] ?? 0)
  const name = field(bytes, 0, 100)
  const prefix = isUstar(bytes) ? field(bytes, 345, 155) : ''
  return {
    typeflag,
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: typeflag === '1' || typeflag === '2' ? field(bytes, 157, 100) : '',
    size,
    mode: mode & 0o7777,
  }
}

/** The sum of the bytes of a block. There are as many headers as files, so four bytes are added at once, in two pairs of 16 bits. */
function sumOf(block: Uint8Array): number {
  if (block.byteOffset % 4 !== 0 || block.byteLength !== BLOCK) return block.reduce((sum, byte) => sum + byte, 0)
  let even = 0
  let odd = 0
  for (const four of new Uint32Array(block.buffer, block.byteOffset, BLOCK / 4)) {
    even += four & 0xff00ff
    odd += (four >>> 8) & 0xff00ff
  }
  return (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16)
}

const USTAR = Buffer.from('ustar\0')

/** Only POSIX's magic has a prefix; GNU's `ustar  ` keeps times and sparse maps in the same bytes. */
function isUstar(block: Buffer): boolean {
  return USTAR.every((byte, at) => block[257 + at] === byte)
}

function field(block: Buffer, start: number, size: number): string {
  if (block[start] === 0) return ''
  const nul = block.indexOf(0, start)
  const end = nul === -1 || nul > start + size ? start + size : nul
  return nameText(block, start, end)
}

/**
 * A number field: octal digits, spaces before them, NUL or space after them; or, with the first bit set, base-256.
 * Undefined when it is neither, negative, or above 2^53 - 1. Empty is 0.
 */
export function parseNumber(block: Uint8Array, start: number, size: number): number | undefined {
  const first = block[start] ?? 0
  if (first >= 0x80) return parseBase256(block, start, size)
  let at = start
  const end = start + size
  while (at < end && block[at] === 0x20) at += 1
  let value = 0
  for (; at < end; at += 1) {
    const byte = block[at] ?? 0
    if (byte === 0 || byte === 0x20) break
    if (byte < 0x30 || byte > 0x37) return undefined
    value = value * 8 + byte - 0x30
  }
  for (; at < end; at += 1) {
    const byte = block[at] ?? 0
    if (byte !== 0 && byte !== 0x20) return undefined
  }
  return Number.isSafeInteger(value) ? value : undefined
}

function parseBase256(block: Uint8Array, start: number, size: number): number | undefined {
  if (block[start] !== 0x80) return undefined
  let value = 0
  for (let at = start + 1; at < start + size; at += 1) {
    value = value * 256 + (block[at] ?? 0)
    if (value > Number.MAX_SAFE_INTEGER) return undefined
  }
  return value
}
