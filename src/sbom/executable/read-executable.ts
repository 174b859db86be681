import { LIMITS } from '../../kernel/limits.ts'
import { TallyError } from '../../kernel/errors.ts'
import { readElf } from './elf.ts'
import { createKeeper } from './kept-bytes.ts'
import type { ByteRange, KeptBytes } from './kept-bytes.ts'
import type { Layout } from './layout.ts'
import { readMachO } from './mach-o.ts'
import { readPe } from './pe.ts'

/** A program or library: its headers, and what was kept of its bytes. */
export type Executable = { readonly layouts: readonly Layout[]; readonly kept: KeptBytes }

/** Headers of programs lie within this of the start; the table of an ELF file's sections within this of its end. */
const HEAD = 64 * 1024
const TAIL = 256 * 1024
/** Of a large file, so much of each part that holds data: a Go program's facts about itself stand first there. */
const DATA = 1024 * 1024

/** Whether a file may be a program or library, by its name and mode. Its first bytes tell for sure. */
export function mayBeExecutable(file: { readonly path: string; readonly size: number; readonly executable: boolean }): boolean {
  if (file.size < 64) return false
  return file.executable || /\.(?:so(?:\.[^/]*)?|exe|dll|node|dylib)$/i.test(file.path)
}

/**
 * Reads a file that may be an executable (ELF, PE, Mach-O) as it passes. Up to executableBytes it is kept whole; of a larger
 * one the headers, the start of its data, and its end. In: its bytes and its size, what sees every piece as well. Out: undefined for
 * what is no executable, which is then not read to its end.
 */
export async function readExecutable(
  content: AsyncIterable<Uint8Array>,
  size: number,
  where: string,
  onPiece: (piece: Uint8Array) => void = () => undefined,
): Promise<Executable | undefined> {
  const whole = size <= LIMITS.executableBytes
  const keeper = createKeeper(size, where)
  let format: Layout['format'] | undefined
  let head: Uint8Array | undefined = new Uint8Array(0)
  for await (const piece of content) {
    if (head !== undefined) {
      head = head.byteLength === 0 ? piece : Buffer.concat([head, piece])
      if (head.byteLength < Math.min(whole ? 4 : HEAD, size)) continue
      format = sniffExecutable(head)
      if (format === undefined) return undefined
      for (const range of whole ? [{ start: 0, end: size }] : rangesOf(head, size, where, format)) keeper.want(range)
      keeper.push(head)
      onPiece(head)
      head = undefined
      continue
    }
    keeper.push(piece)
    onPiece(piece)
  }
  if (format === undefined) return undefined
  const kept = keeper.kept()
  const layouts = layoutsOf(kept, format, where)
  return layouts.length === 0 ? undefined : { layouts, kept }
}

/** The format of an executable by its first four bytes. */
export function sniffExecutable(start: Uint8Array): Layout['format'] | undefined {
  if (start.byteLength < 4) return undefined
  const magic = Buffer.from(start.buffer, start.byteOffset, 4).readUInt32BE(0)
  if (magic === 0x7f454c46) return 'elf'
  if (magic >>> 16 === 0x4d5a) return 'pe'
  return MACH_O.has(magic) ? 'mach-o' : undefined
}

const MACH_O: ReadonlySet<number> = new Set([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe])

/** What is kept of a large file, by the headers at its start. */
function rangesOf(head: Uint8Array, size: number, where: string, format: Layout['format']): ByteRange[] {
  const keeper = createKeeper(size, where)
  keeper.want({ start: 0, end: HEAD })
  keeper.push(head)
  const data = layoutsOf({ ...keeper.kept(), size }, format, where).flatMap(({ segments, sections }) => [
    ...segments.filter(({ writable, executable }) => writable && !executable),
    ...sections.filter(({ name }) => name.startsWith('.dep-v0') || name === '__go_buildinfo'),
  ])
  return [
    { start: 0, end: HEAD },
    ...data.slice(0, 16).map((one) => ({ start: one.offset, end: one.offset + Math.min(one.size, DATA) })),
    { start: size - TAIL, end: size },
  ]
}

/** No layout for headers that are broken: no system could start such a file either. */
function layoutsOf(kept: KeptBytes, format: Layout['format'], where: string): readonly Layout[] {
  try {
    switch (format) {
      case 'elf':
        return [readElf(kept)]
      case 'pe':
        return [readPe(kept, where)]
      case 'mach-o':
        return readMachO(kept, where)
    }
  } catch (error) {
    if (error instanceof TallyError && error.code === 'artifact-malformed') return []
    throw error
  }
}
