import type { ByteOrder } from '../byte-view.ts'

/** A named part of an executable. `address` is where it lies in memory. */
export type Section = {
  readonly name: string
  readonly address: number
  readonly offset: number
  readonly size: number
  readonly writable: boolean
}

/** A part of the file that is mapped into memory. */
export type Segment = {
  readonly address: number
  readonly offset: number
  readonly size: number
  readonly writable: boolean
  readonly executable: boolean
}

/** How one program is laid out in its file. A universal binary of macOS has several. */
export type Layout = {
  readonly format: 'elf' | 'pe' | 'mach-o'
  readonly order: ByteOrder
  readonly pointerSize: 4 | 8
  readonly sections: readonly Section[]
  readonly segments: readonly Segment[]
}

export const MAX_SECTIONS = 65_535

/** Where an address of the running program lies in the file, and how many bytes follow it there. Undefined when it lies nowhere. */
export function placeOf(layout: Layout, address: number): { readonly offset: number; readonly left: number } | undefined {
  const segment = layout.segments.find((one) => address >= one.address && address < one.address + one.size)
  if (segment === undefined) return undefined
  const inside = address - segment.address
  return { offset: segment.offset + inside, left: segment.size - inside }
}

/** The text before the first zero byte. */
export function untilZero(text: string): string {
  const zero = text.indexOf('\0')
  return zero === -1 ? text : text.slice(0, zero)
}
