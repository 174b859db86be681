import { concatBytes, utf8 } from '../kernel/bytes.ts'

/** Headers as an attacker writes them: nothing is checked, only the checksum is set right. Used by tests alone. */
export type RawEntry = {
  readonly name: string | Uint8Array
  readonly typeflag?: string
  readonly content?: Uint8Array
  /** The size field as text or bytes; by default the size of the content. */
  readonly size?: string | Uint8Array
  readonly linkName?: string
  readonly magic?: string
  readonly prefix?: string
  readonly mode?: string
  /** Changes to the finished block before (`early`) or after the checksum is set. */
  readonly early?: (block: Buffer) => void
  readonly late?: (block: Buffer) => void
}

export function rawEntry(entry: RawEntry): Uint8Array {
  const content = entry.content ?? new Uint8Array(0)
  const block = Buffer.alloc(512)
  put(block, entry.name, 0, 100)
  put(block, entry.mode ?? '0000644', 100, 8)
  put(block, '0000000', 108, 8)
  put(block, '0000000', 116, 8)
  put(block, entry.size ?? content.byteLength.toString(8).padStart(11, '0'), 124, 12)
  put(block, '00000000000', 136, 12)
  put(block, entry.typeflag ?? '0', 156, 1)
  put(block, entry.linkName ?? '', 157, 100)
  put(block, entry.magic ?? 'ustar\u000000', 257, 8)
  put(block, entry.prefix ?? '', 345, 155)
  entry.early?.(block)
  block.write('        ', 148, 'latin1')
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  entry.late?.(block)
  return concatBytes([block, content, new Uint8Array((512 - (content.byteLength % 512)) % 512)])
}

export function rawTar(entries: readonly (RawEntry | Uint8Array)[]): Uint8Array {
  return concatBytes([...entries.map((entry) => (entry instanceof Uint8Array ? entry : rawEntry(entry))), new Uint8Array(1024)])
}

/** A pax header of ready-made records. */
export function paxEntry(records: string, typeflag: 'x' | 'g' = 'x'): RawEntry {
  return { name: 'pax', typeflag, content: utf8(records) }
}

/** One pax record with its length counted. */
export function paxRecord(key: string, value: string): string {
  const rest = utf8(` ${key}=${value}\n`).byteLength
  let length = rest
  while (length !== rest + String(length).length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

/** Bytes as a stream in pieces of `size`. */
export async function* inPieces(bytes: Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

function put(block: Buffer, value: string | Uint8Array, at: number, size: number): void {
  Buffer.from(value).copy(block, at, 0, size)
}
