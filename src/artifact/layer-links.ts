import { addToGroup } from '../kernel/groups.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { safeText, shorten } from '../kernel/text.ts'
import type { Squash } from './squash.ts'

/** What a hard link is another name of. `target` is the path of the file, or the text of the symlink. */
export type HardLink =
  | { readonly kind: 'file'; readonly path: string; readonly target: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'special'; readonly path: string }

type Name = { readonly path: string; readonly visible: boolean }

/** The hard links of one layer. A link names an entry that came before it in the same layer, or another link to one. */
export type LinkIndex = {
  /** Takes a hard link in. Throws `artifact-malformed` when the layer has no such target before it, or a directory there. */
  readonly add: (path: string, target: string) => void
  readonly addSymlink: (path: string, target: string) => void
  readonly resolve: (path: string) => HardLink
  /** Notes that somebody wants the content of the file `target` under another name. */
  readonly want: (target: string, name: Name) => void
  /** Target path to the names it is wanted under. */
  readonly wanted: () => ReadonlyMap<string, readonly Name[]>
}

export function createLinkIndex(squash: Pick<Squash, 'inThisLayer'>, where: string): LinkIndex {
  const links = new Map<string, HardLink>()
  const symlinks = new Map<string, string>()
  const wanted = new Map<string, Name[]>()

  function linkTo(path: string, target: string): HardLink {
    const type = squash.inThisLayer(target)
    if (type === undefined || type === 'directory') {
      const what = type === undefined ? 'what the layer does not have before it' : 'a directory'
      throw fail('artifact-malformed', `entry "${show(path)}" is a hard link to ${what}: "${show(target)}"`, { where })
    }
    const known = links.get(target)
    if (known !== undefined) return { ...known, path }
    const text = symlinks.get(target)
    if (text !== undefined) return { kind: 'symlink', path, target: text }
    return type === 'file' ? { kind: 'file', path, target } : { kind: 'special', path }
  }

  return {
    add: (path, target) => links.set(path, linkTo(path, target)),
    addSymlink: (path, target) => symlinks.set(path, target),
    resolve: (path) => links.get(path) ?? { kind: 'special', path },
    want: (target, name) => {
      addToGroup(wanted, target, name)
    },
    wanted: () => wanted,
  }
}

/**
 * Where a path leads when symlinks on the way are followed as a container would (`..` stops at the root). In: symlinks
 * by path (see `LayerWalk.symlinks`). Out: the normalised path, whether something is there or not; undefined for a loop
 * (more than 40 links, as Linux has it) or a path over the cap.
 */
export function resolvePath(symlinks: ReadonlyMap<string, string>, path: string): string | undefined {
  const ahead = path.split('/').toReversed()
  const done: string[] = []
  for (let followed = 0; ahead.length > 0;) {
    const part = ahead.pop() ?? ''
    if (part === '' || part === '.') continue
    if (part === '..') {
      done.pop()
      continue
    }
    const here = [...done, part].join('/')
    if (here.length > LIMITS.tarPathBytes || ahead.length > LIMITS.tarPathBytes) return undefined
    const target = symlinks.get(here)
    if (target === undefined) {
      done.push(part)
      continue
    }
    followed += 1
    if (followed > 40) return undefined
    if (target.startsWith('/')) done.length = 0
    ahead.push(...target.split('/').toReversed())
  }
  return done.length === 0 ? '.' : done.join('/')
}

function show(path: string): string {
  return shorten(safeText(path), 200)
}
