import { overLimit } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { safeText, shorten } from '../kernel/text.ts'
import type { TarEntryType } from './tar-header.ts'

/** What the name of a layer entry means (image-spec 1.1, layer.md, "Whiteouts"). */
export type NameMeaning =
  | { readonly kind: 'entry' }
  | { readonly kind: 'whiteout'; readonly path: string }
  | { readonly kind: 'opaque'; readonly directory: string }
  | { readonly kind: 'aufs' }

/** Tells whiteouts from entries by the last part of a normalised path; what lies in AUFS's own folder is no entry either. Throws `artifact-malformed` for a whiteout of nothing, `.` or `..`. */
export function nameMeaning(path: string, where: string): NameMeaning {
  const slash = path.lastIndexOf('/')
  const last = path.slice(slash + 1)
  if (!last.startsWith('.wh.')) return path.startsWith('.wh..wh.') ? { kind: 'aufs' } : { kind: 'entry' }
  const directory = slash === -1 ? '.' : path.slice(0, slash)
  const target = last.slice('.wh.'.length)
  if (target === '.wh..opq') return { kind: 'opaque', directory }
  // What AUFS kept for itself; Docker never took it for content.
  if (target.startsWith('.wh.')) return { kind: 'aufs' }
  if (target === '' || target === '.' || target === '..') {
    throw fail('artifact-malformed', `has a whiteout of "${safeText(target)}"`, { where })
  }
  return { kind: 'whiteout', path: slash === -1 ? target : `${directory}/${target}` }
}

/**
 * The file system of an image as far as it is known while its layers are read from the top one down: whatever an upper
 * layer says of a path stands, so that each entry can be judged, once and finally, when it passes.
 */
export type Squash = {
  /** Begins the next lower layer. `where` names it in messages. */
  readonly startLayer: (where: string) => void
  /** Takes an entry in. True when it is in the squashed file system, false when a layer above hides it. */
  readonly place: (path: string, type: TarEntryType) => boolean
  /** Takes a whiteout in: it hides the path and all below it in lower layers. */
  readonly whiteout: (path: string) => void
  /** Takes an opaque marker in: it hides what lower layers have below the directory. */
  readonly opaque: (directory: string) => void
  /** What the current layer itself has at a path so far. */
  readonly inThisLayer: (path: string) => TarEntryType | undefined
  /** Whether the running container sees what the current layer has at a path. */
  readonly isShown: (path: string) => boolean
  /** Counts a text that whoever uses this keeps beside the paths. */
  readonly charge: (text: string) => void
}

/** Layer numbers count down the image from 0; NEVER is below them all. */
const NEVER = Number.MAX_SAFE_INTEGER

type Node = {
  children: Map<string, Node> | undefined
  /** The topmost layer that says anything of this path. */
  said: number
  /** The topmost layer that hides what lower layers have below this path. */
  cuts: number
  /** The lowest layer so far that has an entry here, and its type; `implied` for a folder that only its content shows. */
  heldBy: number
  held: TarEntryType | 'implied'
}

/** A folder, and whether a layer above hides what the current one has in it. */
type Parent = { readonly directory: string; readonly node: Node; readonly hidden: boolean }

/**
 * Caps: distinct paths, and bytes of all paths (they are kept). Throws `limit-exceeded` past them, and
 * `artifact-malformed` where a layer says two things of one path or puts something below a file or symlink: runtimes
 * differ there in what they extract.
 */
export function createSquash(caps: { readonly imagePaths: number; readonly imagePathBytes: number } = LIMITS): Squash {
  const root = createNode()
  let layer = -1
  let where = ''
  let paths = 0
  let pathBytes = 0
  /** The folder that the current layer named last: what follows mostly lies in it too. What it says of it stays true within a layer. */
  let last: Parent | undefined

  function charge(text: string): void {
    pathBytes += text.length
    if (pathBytes > caps.imagePathBytes) throw overLimit('imagePathBytes', caps.imagePathBytes, where)
  }

  function childOf(parent: Node, part: string): Node {
    parent.children ??= new Map()
    const known = parent.children.get(part)
    if (known !== undefined) return known
    paths += 1
    if (paths > caps.imagePaths) throw overLimit('imagePaths', caps.imagePaths, where)
    const node = createNode()
    parent.children.set(part, node)
    return node
  }

  /** Goes down to a path, taking each folder on the way as implied. */
  function descend(path: string): { node: Node; hidden: boolean } {
    charge(path)
    if (path === '.') return { node: root, hidden: root.cuts < layer }
    const slash = path.lastIndexOf('/')
    const directory = slash === -1 ? '' : path.slice(0, slash)
    if (last?.directory !== directory) last = parentOf(path, directory)
    return { node: childOf(last.node, path.slice(slash + 1)), hidden: last.hidden }
  }

  function parentOf(path: string, directory: string): Parent {
    let node = root
    let hidden = root.cuts < layer
    for (const [depth, part] of (directory === '' ? [] : directory.split('/')).entries()) {
      node = childOf(node, part)
      implyDirectory(node, path, depth)
      if (node.cuts < layer) hidden = true
    }
    return { directory, node, hidden }
  }

  /** `depth` counts from 0 which part of the path the directory is. */
  function implyDirectory(node: Node, path: string, depth: number): void {
    if (node.heldBy === layer) {
      if (node.held === 'directory' || node.held === 'implied') return
      const above = path.split('/', depth + 1).join('/')
      throw conflict(where, path, `lies below "${show(above)}", which the same layer has as a ${node.held}`)
    }
    node.heldBy = layer
    node.held = 'implied'
    node.said = Math.min(node.said, layer)
  }

  function place(path: string, type: TarEntryType): boolean {
    const { node, hidden } = descend(path)
    const before = node.heldBy === layer ? node.held : undefined
    const isDirectory = type === 'directory'
    if (before !== undefined && !(isDirectory && (before === 'directory' || before === 'implied'))) {
      throw conflict(where, path, `stands in one layer as ${nameOf(before)} and again as ${nameOf(type)}`)
    }
    const shown = !hidden && node.said >= layer
    node.heldBy = layer
    node.held = type
    node.said = Math.min(node.said, layer)
    if (!isDirectory) node.cuts = Math.min(node.cuts, layer)
    return shown
  }

  return {
    charge,
    startLayer: (name) => {
      layer += 1
      last = undefined
      where = name
    },
    place,
    whiteout: (path) => {
      const { node } = descend(path)
      node.said = Math.min(node.said, layer)
      node.cuts = Math.min(node.cuts, layer)
    },
    opaque: (directory) => {
      const { node } = descend(directory)
      if (directory !== '.') implyDirectory(node, directory, directory.split('/').length - 1)
      node.cuts = Math.min(node.cuts, layer)
    },
    isShown: (path) => {
      let node: Node | undefined = root
      for (const part of path.split('/')) {
        if (node === undefined || node.cuts < layer) return false
        node = node.children?.get(part)
      }
      return node !== undefined && node.heldBy === layer && node.said >= layer
    },
    inThisLayer: (path) => {
      charge(path)
      let node: Node | undefined = root
      if (path !== '.') for (const part of path.split('/')) node = node?.children?.get(part)
      return node === undefined || node.heldBy !== layer ? undefined : node.held === 'implied' ? 'directory' : node.held
    },
  }
}

function createNode(): Node {
  return { children: undefined, said: NEVER, cuts: NEVER, heldBy: NEVER, held: 'implied' }
}

function conflict(where: string, path: string, why: string): Error {
  return fail('artifact-malformed', `entry "${show(path)}" ${why}`, { where })
}

function nameOf(held: TarEntryType | 'implied'): string {
  return held === 'implied' ? 'a directory' : `a ${held}`
}

function show(path: string): string {
  return shorten(safeText(path), 200)
}
