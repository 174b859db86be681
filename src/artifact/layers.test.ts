import { describe, expect, it } from 'vitest'
import { readAll, textOf, utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { TallyError } from '../kernel/errors.ts'
import { withImage } from './image-fixture.ts'
import type { ImageSource } from './image-source.ts'
import { walkLayers } from './layers.ts'
import type { LayerFile, LayerOptions, LayerReader } from './layers.ts'
import { rawTar } from './tar-fixture.ts'
import type { RawEntry } from './tar-fixture.ts'

const file = (name: string, text = name): RawEntry => ({ name, content: utf8(text) })
const folder = (name: string): RawEntry => ({ name: `${name}/`, typeflag: '5' })
const whiteout = (name: string): RawEntry => ({ name })
const symlink = (name: string, linkName: string): RawEntry => ({ name, typeflag: '2', linkName })
const hardlink = (name: string, linkName: string): RawEntry => ({ name, typeflag: '1', linkName })

/** Reads every file; `found` is path to text. */
function collector(
  wants: (path: string) => boolean = () => true,
): LayerReader & { readonly found: Map<string, string>; readonly files: LayerFile[] } {
  const found = new Map<string, string>()
  const files: LayerFile[] = []
  return {
    found,
    files,
    wants,
    read: async (one) => {
      const text = textOf(await readAll(one.content, 1e6, 'fileReadBytes'))
      if (found.has(one.path) && one.visible) throw new Error(`${one.path} came twice`)
      found.set(one.path, text)
      files.push(one)
    },
  }
}

/** Layers bottom first, as entries; out: what a container sees. */
async function squashed(...layers: readonly RawEntry[][]): Promise<Record<string, string>> {
  return await withImage(layers.map(rawTar), async (source, digest) => {
    const all = collector()
    await walkLayers(source, digest, [all])
    return Object.fromEntries(all.found)
  })
}

async function refusal(layers: readonly RawEntry[][], options: LayerOptions = {}): Promise<string> {
  return await withImage(layers.map(rawTar), async (source, digest) => {
    try {
      await walkLayers(source, digest, [collector()], options)
    } catch (error) {
      if (error instanceof TallyError) return `${error.code}: ${error.message}`
      throw error
    }
    throw new Error('was not refused')
  })
}

describe('the squashed view', () => {
  it('of one layer is that layer', async () => {
    expect(await squashed([folder('etc'), file('etc/a'), file('b')])).toEqual({ 'etc/a': 'etc/a', b: 'b' })
  })

  it('takes a path from the topmost layer that has it', async () => {
    expect(await squashed([file('a', 'old'), file('b', 'old')], [file('b', 'new')], [file('c', 'top')])).toEqual({
      a: 'old',
      b: 'new',
      c: 'top',
    })
  })

  it('leaves out what a whiteout names, folders with all in them', async () => {
    expect(await squashed([file('d/x'), file('d/sub/y'), file('da'), file('f')], [whiteout('.wh.d'), whiteout('.wh.f')])).toEqual({
      da: 'da',
    })
  })

  it('brings back what a higher layer adds again', async () => {
    expect(await squashed([file('d/x'), file('d/y')], [whiteout('.wh.d')], [file('d/x', 'again')])).toEqual({ 'd/x': 'again' })
  })

  it('applies a whiteout to lower layers only, wherever it stands in its own', async () => {
    expect(await squashed([file('d/x', 'low')], [file('d/x', 'same'), whiteout('d/.wh.x')])).toEqual({ 'd/x': 'same' })
    expect(await squashed([file('d/x', 'low')], [whiteout('d/.wh.x'), file('d/x', 'same')])).toEqual({ 'd/x': 'same' })
    expect(await squashed([file('d/x'), file('d/y')], [whiteout('.wh.d'), file('d/z')])).toEqual({ 'd/z': 'd/z' })
  })

  it('empties an opaque folder of what is below it, and keeps what its own layer has', async () => {
    const lower = [file('d/x'), file('d/sub/y'), file('e')]
    expect(await squashed(lower, [file('d/new'), whiteout('d/.wh..wh..opq')])).toEqual({ 'd/new': 'd/new', e: 'e' })
    expect(await squashed(lower, [whiteout('.wh..wh..opq'), file('only')])).toEqual({ only: 'only' })
    expect(await squashed(lower, [whiteout('d/.wh..wh..opq')], [file('d/x', 'top')])).toEqual({ 'd/x': 'top', e: 'e' })
  })

  it('lets a file take the place of a folder, and a folder that of a file', async () => {
    expect(await squashed([file('p/a'), file('p/b')], [file('p', 'file')])).toEqual({ p: 'file' })
    expect(await squashed([file('p', 'file')], [folder('p'), file('p/a')])).toEqual({ 'p/a': 'p/a' })
    expect(await squashed([file('p', 'file')], [file('p/a')])).toEqual({ 'p/a': 'p/a' })
    // A file between two folders parts them, also where the upper folder hides the file itself.
    expect(await squashed([file('p/a')], [file('p', 'file')], [folder('p'), file('p/b')])).toEqual({ 'p/b': 'p/b' })
  })

  it('leaves out what AUFS kept for itself', async () => {
    expect(await squashed([folder('.wh..wh.plnk'), file('.wh..wh.plnk/12.34'), file('.wh..wh.aufs'), file('a')])).toEqual({ a: 'a' })
  })

  it('tells symlinks, follows none, and lets them take the place of what was there', async () => {
    const layers = [
      [file('lib/so'), file('etc/os-release')],
      [symlink('lib', 'usr/lib'), symlink('loop', 'loop'), symlink('out', '../../../etc/shadow')],
      [whiteout('.wh.loop')],
    ]
    await withImage(layers.map(rawTar), async (source, digest) => {
      const all = collector()
      const { symlinks, files } = await walkLayers(source, digest, [all])
      expect([...symlinks]).toEqual([
        ['lib', 'usr/lib'],
        ['out', '../../../etc/shadow'],
      ])
      expect([...all.found.keys()]).toEqual(['etc/os-release'])
      expect(files).toBe(1)
    })
  })

  it('gives hard links the bytes of what they link to, also through another link and when only the link is wanted', async () => {
    const layers = [
      [file('real', 'text'), hardlink('first', 'real'), hardlink('second', 'first'), symlink('sym', 'real'), hardlink('symhard', 'sym')],
      [whiteout('.wh.real'), file('other')],
    ]
    await withImage(layers.map(rawTar), async (source, digest) => {
      const all = collector((path) => path === 'second' || path === 'first' || path === 'real')
      const { files, symlinks } = await walkLayers(source, digest, [all])
      expect(Object.fromEntries(all.found)).toEqual({ first: 'text', second: 'text' })
      expect(files).toBe(3)
      expect(symlinks.get('symhard')).toBe('real')
    })
  })

  it('is the same as building it from the bottom up: 300 seeded images', async () => {
    const random = createRandom(20_261_125)
    for (let round = 0; round < 300; round += 1) {
      const layers = Array.from({ length: 1 + random(5) }, () => randomLayer(random))
      const expected = buildUp(layers)
      const found = await squashed(...layers)
      expect(found, JSON.stringify(layers.map((layer) => layer.map(({ name, typeflag }) => `${typeflag ?? ''}${String(name)}`)))).toEqual(
        expected,
      )
    }
  })
})

describe('walkLayers', () => {
  it.each(['none', 'gzip', 'zstd'] as const)(
    'reads layers packed with %s, each once, top first, and says what it read',
    async (compression) => {
      const tars = [rawTar([file('a'), file('b')]), rawTar([file('a', 'top')])]
      await withImage(
        tars,
        async (source, digest) => {
          const opened: Digest[] = []
          const counted: ImageSource = { ...source, blob: (descriptor) => (opened.push(descriptor.digest), source.blob(descriptor)) }
          const all = collector()
          const walk = await walkLayers(counted, digest, [all])
          expect(all.files.map(({ path, size, layer }) => [path, size, layer.index, layer.diffId])).toEqual([
            ['a', 3, 1, digestOf(tars[1] ?? utf8(''))],
            ['b', 1, 0, digestOf(tars[0] ?? utf8(''))],
          ])
          expect(opened.slice(1)).toEqual(walk.image.layers.map(({ descriptor }) => descriptor.digest).toReversed())
          expect(walk.layers.map(({ entries }) => entries)).toEqual([2, 1])
        },
        compression,
      )
    },
  )

  it('gives one file to many readers while reading it once, whatever part each of them reads', async () => {
    const text = 'x'.repeat(700_000)
    await withImage([rawTar([file('big', text), file('small')])], async (source, digest) => {
      const whole = collector()
      const none: string[] = []
      const start: string[] = []
      await walkLayers(source, digest, [
        whole,
        { wants: (path) => path === 'big', read: ({ path }) => void none.push(path) },
        {
          wants: (path) => path === 'big',
          read: async ({ content }) => {
            for await (const piece of content) {
              start.push(textOf(piece.subarray(0, 3)))
              break
            }
          },
        },
      ])
      expect(whole.found.get('big')).toBe(text)
      expect(whole.found.get('small')).toBe('small')
      expect([none, start]).toEqual([['big'], ['xxx']])
    })
  })

  it('holds one copy of a file at a time, however many hard links to it are wanted', async () => {
    const links = Array.from({ length: 500 }, (_, at) => hardlink(`link-${at}`, 'real'))
    await withImage([rawTar([file('real', 'x'.repeat(10_000)), ...links])], async (source, digest) => {
      let open = 0
      let most = 0
      const reader: LayerReader = {
        wants: (path) => path.startsWith('link-'),
        read: async ({ content }) => {
          open += 1
          most = Math.max(most, open)
          await readAll(content, 1e6, 'fileReadBytes')
          open -= 1
        },
      }
      await walkLayers(source, digest, [reader])
      expect(most).toBe(1)
    })
  })

  it('shows hidden files too, marked, when all layers are asked for', async () => {
    const layers = [
      [file('a', 'low'), file('gone'), hardlink('gone2', 'gone')],
      [file('a', 'top'), whiteout('.wh.gone'), whiteout('.wh.gone2')],
    ]
    await withImage(layers.map(rawTar), async (source, digest) => {
      const seen: unknown[] = []
      const reader: LayerReader = {
        wants: () => true,
        read: async ({ path, visible, layer, content }) =>
          void seen.push([path, visible, layer.index, textOf(await readAll(content, 99, 'fileReadBytes'))]),
      }
      const { files } = await walkLayers(source, digest, [reader], { view: 'all-layers' })
      expect(seen).toEqual([
        ['a', true, 1, 'top'],
        ['a', false, 0, 'low'],
        ['gone', false, 0, 'gone'],
        ['gone2', false, 0, 'gone'],
      ])
      expect(files).toBe(1)
    })
  })

  it('stops with the error of a reader', async () => {
    await withImage([rawTar([file('a')])], async (source, digest) => {
      const bad: LayerReader = { wants: () => true, read: () => Promise.reject(new Error('cannot parse')) }
      await expect(walkLayers(source, digest, [collector(), bad])).rejects.toThrow('cannot parse')
    })
  })

  it.each<[string, RawEntry[][], LayerOptions, string]>([
    [
      'a path that two entries of a layer fight for',
      [[file('a', 'one'), file('a', 'two')]],
      {},
      'entry "a" stands in one layer as a file and again as a file',
    ],
    ['a file below a file', [[file('a'), file('a/b')]], {}, 'entry "a/b" lies below "a", which the same layer has as a file'],
    ['a file below a symlink', [[symlink('a', '/etc'), file('a/passwd')]], {}, 'lies below "a", which the same layer has as a symlink'],
    [
      'a symlink in the place of a folder of its own layer',
      [[file('a/b'), symlink('a', '/etc')]],
      {},
      'stands in one layer as a directory and again as a symlink',
    ],
    [
      'a hard link to nothing',
      [[hardlink('a', 'etc/shadow')]],
      {},
      'is a hard link to what the layer does not have before it: "etc/shadow"',
    ],
    [
      'a hard link to a lower layer',
      [[file('etc/shadow')], [hardlink('a', 'etc/shadow')]],
      {},
      'is a hard link to what the layer does not have before it',
    ],
    ['a hard link to itself', [[hardlink('a', 'a')]], {}, 'is a hard link to what the layer does not have before it'],
    ['a hard link to a folder', [[folder('d'), hardlink('a', 'd')]], {}, 'is a hard link to a directory'],
    ['a whiteout of nothing', [[whiteout('d/.wh.')]], {}, 'has a whiteout of ""'],
    ['a whiteout of ..', [[whiteout('d/.wh...')]], {}, 'has a whiteout of ".."'],
    ['.. in a layer', [[file('../../etc/cron.d/x')]], {}, 'has `..` in its path'],
    [
      'more entries in all than the cap',
      [
        [file('a'), file('b')],
        [file('c'), file('d')],
      ],
      { caps: { tarEntries: 3 } },
      'over the cap tarEntries (3)',
    ],
    [
      'more bytes in all than the cap',
      [[file('a')], [file('b')]],
      { caps: { tarUnpackedBytes: 3000 } },
      'over the cap tarUnpackedBytes (3000)',
    ],
    [
      'hard links that multiply a file past the cap',
      [[file('a', 'x'.repeat(5000)), ...Array.from({ length: 9 }, (_, at) => hardlink(`link-${at}`, 'a'))]],
      { caps: { tarUnpackedBytes: 40_000 } },
      'over the cap tarUnpackedBytes (40000)',
    ],
    ['more paths than the cap, implied folders counted', [[file('a/b/c/d')]], { caps: { imagePaths: 3 } }, 'over the cap imagePaths (3)'],
    ['longer paths than the cap', [[file('aaaa'), file('bbbb')]], { caps: { imagePathBytes: 7 } }, 'over the cap imagePathBytes (7)'],
    [
      'symlink targets over the cap',
      [[symlink('a', 'b'.repeat(90))]],
      { caps: { imagePathBytes: 90 } },
      'over the cap imagePathBytes (90)',
    ],
  ])('refuses %s', async (_what, layers, options, message) => {
    expect(await refusal(layers, options)).toContain(message)
  })

  it('refuses a layer that does not unpack to the promised diff id, and one whose packed bytes lie', async () => {
    await withImage([rawTar([file('a')])], async (source, digest) => {
      const other = rawTar([file('b')])
      const lying: ImageSource = {
        ...source,
        // A source that breaks its promise: the diff id still catches it.
        blob: async function* (descriptor) {
          if (descriptor.size === other.byteLength) yield other
          else yield* source.blob(descriptor)
        },
      }
      await expect(walkLayers(lying, digest, [collector()])).rejects.toMatchObject({
        code: 'digest-mismatch',
        message: /unpacks to sha256:.* where the config promises/,
      })
    })
  })
})

type Random = (below: number) => number

function createRandom(seed: number): Random {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** A layer that contradicts itself nowhere: few names, so that layers meet often. */
function randomLayer(random: Random): RawEntry[] {
  const entries: RawEntry[] = []
  const grow = (path: string, depth: number): void => {
    const at = path === '' ? '' : `${path}/`
    if (depth > 0 && random(6) === 0) entries.push(whiteout(`${at}.wh..wh..opq`))
    for (const name of ['a', 'b', 'c']) {
      const here = `${at}${name}`
      if (random(7) === 0) entries.push(whiteout(`${at}.wh.${name}`))
      const kind = random(8)
      if (kind < 2) entries.push(file(here, `${here}-${random(1000)}`))
      else if (kind === 2) entries.push(symlink(here, 'somewhere'))
      else if (kind < 6 && depth < 3) {
        if (random(2) === 0) entries.push(folder(here))
        grow(here, depth + 1)
      }
    }
  }
  grow('', 0)
  return entries
}

/** The same, told the other way: each layer is laid over what is below it. */
function buildUp(layers: readonly RawEntry[][]): Record<string, string> {
  let below = new Map<string, string | undefined>()
  for (const layer of layers) {
    const cut = (keep: (path: string) => boolean): void => void (below = new Map([...below].filter(([path]) => keep(path))))
    const added = new Map<string, string | undefined>()
    for (const { name, typeflag, content } of layer) {
      const path = String(name).replace(/\/$/, '')
      const last = path.slice(path.lastIndexOf('/') + 1)
      const parent = path.slice(0, path.length - last.length)
      const ancestors = new Set(path.split('/').map((_part, at, parts) => parts.slice(0, at).join('/')))
      cut((one) => !ancestors.has(one))
      if (last === '.wh..wh..opq') cut((one) => !one.startsWith(parent))
      else if (last.startsWith('.wh.')) cut((one) => one !== parent + last.slice(4) && !one.startsWith(`${parent}${last.slice(4)}/`))
      else if (typeflag === '5') cut((one) => one !== path)
      else {
        cut((one) => one !== path && !one.startsWith(`${path}/`))
        added.set(path, typeflag === undefined ? textOf(content ?? utf8('')) : undefined)
      }
    }
    for (const [path, text] of added) below.set(path, text)
  }
  return Object.fromEntries([...below].filter((entry): entry is [string, string] => entry[1] !== undefined))
}
