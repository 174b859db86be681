import { resolvePath } from '../artifact/layer-links.ts'

/** What lies at `real` (a file, or a folder and all in it) is opened under the path `named`, through symlinks. `.` is the root. */
export type Alias = { readonly real: string; readonly named: string }

/** Links of links that are followed inside of one database, and aliases in all: a database has a handful. */
const MAX_DEPTH = 8
const MAX_ALIASES = 256

/**
 * Where package databases lie that are reached through symlinks. A package manager follows links, so a cataloger that goes by
 * paths must as well, or an image could hide what it has. In: the paths of the databases (files or folders), every symlink of
 * the target (see `LayerWalk.symlinks`). Out: aliases, without those that lead to another of the databases; `all` is false when
 * there were more than are followed. A loop leads nowhere, for a package manager too.
 */
export function databaseAliases(
  databases: readonly string[],
  symlinks: ReadonlyMap<string, string>,
): { readonly aliases: readonly Alias[]; readonly all: boolean } {
  const aliases = new Map<string, Alias>()
  let all = true

  /** Looks for links inside of `real`, which is opened as `named`; `above` are the folders one is inside of already. */
  const lookInto = (real: string, named: string, above: readonly string[]): void => {
    for (const link of symlinks.keys()) {
      const inside = pathInside(real, link)
      if (inside !== undefined) add(resolvePath(symlinks, link), `${named}/${inside}`, [...above, real])
    }
  }

  const add = (real: string | undefined, named: string, above: readonly string[]): void => {
    if (real === undefined || real === named || above.includes(real)) return
    if (aliases.size >= MAX_ALIASES || above.length > MAX_DEPTH) {
      all = false
      return
    }
    const key = `${real}\0${named}`
    if (aliases.has(key)) return
    aliases.set(key, { real, named })
    lookInto(real, named, above)
  }

  for (const database of databases) {
    const real = resolvePath(symlinks, database)
    if (real === database) lookInto(real, database, [])
    else if (real !== undefined && !databases.includes(real)) add(real, database, [])
  }
  return { aliases: [...aliases.values()], all }
}

/** Whether a symlink can matter to where one of the databases lies: it is on the way to it, or in it. */
export function leadsToDatabase(databases: readonly string[], link: string): boolean {
  return databases.some((database) => database === link || database.startsWith(`${link}/`) || link.startsWith(`${database}/`))
}

/** The paths a file is opened under, by these aliases. */
export function namesOf(aliases: readonly Alias[], path: string): string[] {
  return aliases.flatMap(({ real, named }) => {
    if (real === path) return [named]
    const inside = pathInside(real, path)
    return inside === undefined ? [] : [`${named}/${inside}`]
  })
}

function pathInside(folder: string, path: string): string | undefined {
  if (folder === '.') return path
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined
}
