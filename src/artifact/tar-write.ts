import { concatBytes, utf8 } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { BLOCK } from './tar-header.ts'
import { normalisePath } from './tar-path.ts'

/** What to write. Paths are relative, as `normalisePath` has them. */
export type TarItem =
  | { readonly type: 'file'; readonly path: string; readonly content: Uint8Array; readonly executable?: boolean }
  | { readonly type: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly type: 'symlink' | 'hardlink'; readonly path: string; readonly linkTarget: string }

/**
 * The bytes of a tar archive that depend on nothing but the items and the time: sorted by the bytes of their paths, owner
 * and group 0 without names, one modification time, files 0644 or 0755, folders 0755. In: items in any order, `mtime` in
 * seconds (see `sourceDateEpoch`). Paths that ustar cannot hold get a pax header. Throws `usage` on a path that `walkTar`
 * would refuse or that comes twice, and on a hard link whose target does not come before it.
 */
export function tarBytes(items: readonly TarItem[], options: { readonly mtime: number }): Uint8Array {
  const parts: Uint8Array[] = []
  const files = new Set<string>()
  let last: string | undefined
  for (const item of sortItems(items)) {
    const normal = normalisePath(item.path)
    if ('why' in normal || normal.path !== item.path) {
      throw fail('usage', 'why' in normal ? normal.why : 'has a path that is not normalised', { where: item.path })
    }
    if (item.path === last) throw fail('usage', 'would stand twice in the archive', { where: item.path })
    if ('linkTarget' in item && (item.linkTarget === '' || item.linkTarget.includes('\0'))) {
      throw fail('usage', 'is a link to nothing, or to a name with a NUL', { where: item.path })
    }
    if (item.type === 'hardlink' && !files.has(item.linkTarget)) {
      throw fail('usage', 'is a hard link to what does not come before it in the archive', { where: item.path })
    }
    last = item.path
    if (item.type === 'file') files.add(item.path)
    pushItem(parts, item, options.mtime)
  }
  parts.push(new Uint8Array(2 * BLOCK))
  return concatBytes(parts)
}

/** Seconds since 1970 from SOURCE_DATE_EPOCH, 0 where it is not set. Throws `usage` when it is no whole number from 0 to 2^33. */
export function sourceDateEpoch(deps: Pick<Deps, 'env'>): number {
  const text = deps.env['SOURCE_DATE_EPOCH']
  if (text === undefined || text === '') return 0
  const seconds = Number(text)
  if (!/^[0-9]{1,10}$/.test(text) || seconds > 0o77777777777) {
    throw fail('usage', 'is no whole number of seconds since 1970', { where: 'SOURCE_DATE_EPOCH' })
  }
  return seconds
}

function sortItems(items: readonly TarItem[]): readonly TarItem[] {
  const keyed = items.map((item) => ({ item, key: utf8(item.path) }))
  return keyed.toSorted((a, b) => Buffer.compare(a.key, b.key)).map(({ item }) => item)
}

function pushItem(parts: Uint8Array[], item: TarItem, mtime: number): void {
  const name = item.type === 'directory' ? `${item.path}/` : item.path
  const linkName = 'linkTarget' in item ? item.linkTarget : ''
  const content = item.type === 'file' ? item.content : new Uint8Array(0)
  const longName = paxRecord('path', name)
  const longLink = paxRecord('linkpath', linkName)
  if (longName !== '' || longLink !== '') {
    const body = utf8(longName + longLink)
    parts.push(
      header({ name: 'pax', linkName: '', typeflag: 'x', size: body.byteLength, mode: 0o644, mtime }),
      body,
      padding(body.byteLength),
    )
  }
  const short = { name: longName === '' ? name : 'long', linkName: longLink === '' ? linkName : 'long' }
  parts.push(header({ ...short, typeflag: FLAGS[item.type], size: content.byteLength, mode: modeOf(item), mtime }))
  parts.push(content, padding(content.byteLength))
}

const FLAGS = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const

function modeOf(item: TarItem): number {
  if (item.type === 'file') return item.executable === true ? 0o755 : 0o644
  if (item.type === 'directory') return item.mode ?? 0o755
  return item.type === 'symlink' ? 0o777 : 0o644
}

/** A pax record where the ustar field cannot hold the value (100 bytes, ASCII), else nothing. Its length counts itself. */
function paxRecord(key: 'path' | 'linkpath', value: string): string {
  const size = utf8(value).byteLength
  if (size <= 100 && size === value.length) return ''
  const rest = size + key.length + 3
  let length = rest + String(rest).length
  length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

type HeaderFields = {
  readonly name: string
  readonly linkName: string
  readonly typeflag: string
  readonly size: number
  readonly mode: number
  readonly mtime: number
}

function header(fields: HeaderFields): Uint8Array {
  const block = Buffer.alloc(BLOCK)
  block.write(fields.name, 0, 100, 'utf8')
  block.write(octal(fields.mode, 7), 100, 'latin1')
  block.write(octal(0, 7), 108, 'latin1')
  block.write(octal(0, 7), 116, 'latin1')
  block.write(octal(fields.size, 11), 124, 'latin1')
  block.write(octal(fields.mtime, 11), 136, 'latin1')
  block.write('        ', 148, 'latin1')
  block.write(fields.typeflag, 156, 'latin1')
  block.write(fields.linkName, 157, 100, 'utf8')
  block.write('ustar\u000000', 257, 'latin1')
  block.write(octal(0, 7), 329, 'latin1')
  block.write(octal(0, 7), 337, 'latin1')
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1')
  return block
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

function padding(size: number): Uint8Array {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK)
}
