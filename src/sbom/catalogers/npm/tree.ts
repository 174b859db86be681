import type { Party } from '../../model.ts'

/** Why one place needs another. `dev` counts only for projects; `optional` and `peer-optional` may be absent. */
export type NeedKind = 'required' | 'optional' | 'peer' | 'peer-optional' | 'dev' | 'workspace'
export type Need = { readonly name: string; readonly kind: NeedKind }

/** A package at a place of an npm tree, as a lockfile or a package.json on disk describes it. */
export type Place = {
  /** Relative to the target's root: `node_modules/a/node_modules/b`, `packages/web`, `''`. */
  readonly path: string
  /** The package's own name, not the alias it is installed under. */
  readonly name: string
  readonly version: string
  readonly needs: readonly Need[]
  /** Set when this place is a link: the path it leads to. */
  readonly linkTo?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly licence?: string
  readonly producer?: Party
  /** Needed by development only; `optional` may fail to install; `extraneous` is needed by nothing. As npm marks them. */
  readonly dev?: boolean
  readonly optional?: boolean
  readonly extraneous?: boolean
}

export type Tree = ReadonlyMap<string, Place>

/** Where `name` leads from a place, by Node's own rule: the nearest `node_modules` upwards. Links are followed. */
export function resolveNeed(tree: Tree, from: string, name: string): Place | undefined {
  let directory = from
  for (;;) {
    const found = lookIn(tree, directory, name)
    if (found !== undefined) return found
    if (directory === '') return undefined
    directory = parentOf(directory)
  }
}

function lookIn(tree: Tree, directory: string, name: string): Place | undefined {
  const place = tree.get(directory === '' ? `node_modules/${name}` : `${directory}/node_modules/${name}`)
  return place?.linkTo === undefined ? place : tree.get(place.linkTo)
}

/** The directory above; a directory named `node_modules` is never looked in for another one. */
function parentOf(directory: string): string {
  const slash = directory.lastIndexOf('/')
  const parent = slash === -1 ? '' : directory.slice(0, slash)
  return parent === 'node_modules' || parent.endsWith('/node_modules') ? parentOf(parent) : parent
}

/** The name a path under `node_modules` installs: `a`, `@scope/a`. Undefined for a path that is no such place. */
export function installedName(path: string): string | undefined {
  const mark = 'node_modules/'
  const at = path.lastIndexOf(mark)
  if (at === -1 || (at > 0 && path[at - 1] !== '/')) return undefined
  const name = path.slice(at + mark.length)
  const parts = name.split('/')
  const wanted = name.startsWith('@') ? 2 : 1
  return parts.length === wanted && parts.every((part) => part !== '' && !part.startsWith('.')) ? name : undefined
}
