import { createHash } from 'node:crypto'
import { extname, join, relative, sep } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

export type PageFile = { readonly bytes: Uint8Array; readonly type: string; readonly etag: string; readonly immutable: boolean }

/** The built page, read once at start: path from the root (`/index.html`) to bytes. Undefined when it was not built. */
export async function readPage(deps: Pick<Deps, 'fs'>, dir: string): Promise<ReadonlyMap<string, PageFile> | undefined> {
  const files = new Map<string, PageFile>()
  try {
    const entries = await deps.fs.readdir(dir, { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const bytes = await readFileBounded(deps, path, 'fileReadBytes')
      const name = `/${relative(dir, path).split(sep).join('/')}`
      const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 27)
      files.set(name, {
        bytes,
        type: TYPES[extname(name)] ?? 'application/octet-stream',
        etag: `"${hash}"`,
        immutable: name.startsWith('/assets/'),
      })
    }
  } catch (error) {
    const known = asTallyError(error, dir)
    if (known.code === 'not-found') return undefined
    throw known
  }
  return files.has('/index.html') ? files : undefined
}
