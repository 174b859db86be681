import { concatBytes, utf8 } from '../../../kernel/bytes.ts'
import type { FixtureSection } from '../../executable/executable-fixture.ts'

/** Build information as Go's linker writes it. Used by tests alone. */

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')

/** A text of modules between the marks of Go's linker. */
export function markedModules(text: string): Uint8Array {
  return concatBytes([
    Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex'),
    utf8(text),
    Buffer.from('f932433186182072008242104116d8f2', 'hex'),
  ])
}

/** The form since Go 1.18: the texts right behind the header. */
export function inlineInfo(toolchain: string, modules: string): Uint8Array {
  const marked = markedModules(modules)
  return concatBytes([
    MAGIC,
    new Uint8Array([8, 2]),
    new Uint8Array(16),
    varint(toolchain.length),
    utf8(toolchain),
    varint(marked.byteLength),
    marked,
  ])
}

/** The form before: pointers to pointers. The data lie at `base`, the texts in a section of their own. */
export function pointerInfo(
  toolchain: string,
  modules: string,
  options: { readonly order?: 'little' | 'big'; readonly size?: 4 | 8; readonly base?: number } = {},
): FixtureSection[] {
  const { order = 'little', size = 8, base = 0x500000 } = options
  const texts = concatBytes([utf8(toolchain), markedModules(modules)])
  const textsAt = base + 0x100000
  const data = Buffer.alloc(128)
  data.set(MAGIC)
  data[14] = size
  data[15] = order === 'big' ? 1 : 0
  const put = (at: number, value: number): void => {
    // Values fit into 32 bits; of a 64-bit number the other half stays zero.
    if (order === 'little') data.writeUInt32LE(value, at)
    else data.writeUInt32BE(value, at + size - 4)
  }
  put(16, base + 64)
  put(16 + size, base + 96)
  put(64, textsAt)
  put(64 + size, toolchain.length)
  put(96, textsAt + toolchain.length)
  put(96 + size, texts.byteLength - toolchain.length)
  return [
    { name: '.data', content: data, address: base, writable: true },
    { name: '.rodata', content: texts, address: textsAt },
  ]
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let left = value
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left & 0x7f) | 0x80)
  return new Uint8Array([...bytes, left])
}
