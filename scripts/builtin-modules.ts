import type { Plugin } from 'rolldown'

const IMPORT = /^import\s+(?:(\w+)|\{([^}]*)\})\s+from\s+'(node:[a-z/_]+)'$/gm

/**
 * Takes what the program uses of Node's own modules by name. An `import` of one makes Node read every property of it, and some of
 * them load half of Node: `crypto.webcrypto`, `fs.ReadStream`, `util.TextDecoder`. In: which files are the program's.
 */
export function builtinModules(isOurs: (id: string) => boolean): Plugin {
  return { name: 'builtin-modules', transform: (code, id) => (isOurs(id) ? code.replace(IMPORT, takeByName) : null) }
}

/**
 * Writes the program in ASCII: what is beside it stands in texts and patterns only, where an escape means the same. A file with one
 * curly quote is twice as large in Node's memory, and slower to read.
 */
export function inAscii(): Plugin {
  return {
    name: 'in-ascii',
    renderChunk: (code) => code.replace(/[^\0-\u007f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  }
}

function takeByName(_statement: string, whole: string | undefined, names: string | undefined, module: string): string {
  const taken = whole ?? `{ ${(names ?? '').trim().replaceAll(/\s+as\s+/g, ': ')} }`
  return `const ${taken} = process.getBuiltinModule('${module}')`
}
