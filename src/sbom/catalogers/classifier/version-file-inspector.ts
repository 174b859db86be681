import { readAll } from '../../../kernel/bytes.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { purlText } from '../../../package/purl.ts'
import { fileNameOf } from '../../path.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { Inspector } from '../inspector.ts'
import { VERSION_FILES } from './version-files.ts'
import type { VersionFile } from './version-files.ts'

const NAMES: ReadonlySet<string> = new Set(VERSION_FILES.map(({ file }) => file))

/** Runtimes that say their version in a file of their own. */
export const versionFileInspector: Inspector = {
  name: 'version-file',
  mayWant: ({ path, size }) => size > 0 && size <= LIMITS.versionFileBytes && rowsFor(path).length > 0,
  inspect: async ({ path, layer, content }) => {
    const text = new TextDecoder().decode(await readAll(content, LIMITS.versionFileBytes, 'versionFileBytes', path))
    const components = rowsFor(path).flatMap(({ name, version: pattern }) => {
      const parts = pattern.exec(text)?.slice(1)
      if (parts === undefined) return []
      const version = parts.join('.')
      return [
        {
          purl: purlText({ type: 'generic', name, version }),
          name,
          version,
          type: 'application' as const,
          hashes: {},
          evidence: [{ cataloger: 'version-file', file: path, method: 'installed' as const, confidence: 0.9 }],
          scope: 'required' as const,
          ...(layer === undefined ? {} : { layer }),
        },
      ]
    })
    return components.length === 0 ? undefined : { catalog: { ...NOTHING_FOUND, components } }
  },
}

function rowsFor(path: string): readonly VersionFile[] {
  const name = fileNameOf(path)
  return NAMES.has(name) ? VERSION_FILES.filter((row) => row.file === name && row.path.test(path)) : []
}
