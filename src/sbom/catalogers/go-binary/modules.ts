/** A module as it was built in. */
export type GoModule = { readonly path: string; readonly version: string; readonly sum: string }

export type GoModules = {
  /** The package with `main`. */
  readonly path: string
  readonly main?: GoModule
  /** What was replaced stands here as what replaced it; a folder has no version. */
  readonly modules: readonly GoModule[]
  /** How it was built: flags, environment, version control. */
  readonly settings: ReadonlyMap<string, string>
}

/**
 * Reads the text of modules a Go program holds: lines of fields between tabs, `path`, `mod`, `dep`, `=>` for what the line before
 * is replaced by, `build` (Go, runtime/debug.ParseBuildInfo). Lines of any other kind are passed over.
 */
export function parseModules(text: string): GoModules {
  let path = ''
  let main: GoModule | undefined
  let last: 'main' | 'module' | undefined
  const modules: GoModule[] = []
  const settings = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [kind = '', name = '', version = '', sum = ''] = line.split('\t')
    if (kind === 'path') path = name
    else if (kind === 'mod' || kind === 'dep') {
      const module = { path: name, version: released(version), sum }
      last = name === '' ? undefined : kind === 'mod' ? 'main' : 'module'
      if (last === 'main') main = module
      else if (last === 'module') modules.push(module)
    } else if (kind === '=>' && last === 'module') {
      const replaced = modules.pop()
      // A folder in place of a module is that module, in no version anyone else has.
      if (replaced !== undefined)
        modules.push(isFolder(name) ? { ...replaced, version: '', sum: '' } : { path: name, version: released(version), sum })
    } else if (kind === 'build') {
      const setting = line.slice('build\t'.length)
      const equals = setting.indexOf('=', setting.startsWith('"') ? setting.indexOf('"', 1) : 0)
      if (equals > 0) settings.set(unquote(setting.slice(0, equals)), unquote(setting.slice(equals + 1)))
    }
  }
  return { path, ...(main === undefined ? {} : { main }), modules, settings }
}

function released(version: string): string {
  return version === '(devel)' ? '' : version
}

function isFolder(path: string): boolean {
  return path === '' || path.startsWith('.') || path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)
}

/** Go quotes what holds spaces or quotes, with the escapes JSON has as well. */
function unquote(text: string): string {
  if (text.startsWith('`') && text.endsWith('`')) return text.slice(1, -1)
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : text
}
