import { overLimit } from '../kernel/bytes.ts'
import { LIMITS } from '../kernel/limits.ts'
import { kindOf, offerFile, readFolder } from './directory-files.ts'
import type { DirectoryFiles } from './directory-files.ts'
import { matchesGlob } from './path.ts'

/**
 * Hands the catalogers the further files that files speak of, and what those speak of in turn. Only what lies in the directory, is
 * reached without a link and was not left out; each once. What is not there is passed over: the file that speaks of it says so.
 */
export async function followMentions(files: DirectoryFiles): Promise<void> {
  const seen = new Set<string>()
  for (let mention = files.mentions.pop(); mention !== undefined; mention = files.mentions.pop()) {
    for (const path of await expand(files, mention.pattern)) {
      const key = `${mention.by} ${path}`
      if (seen.has(key)) continue
      seen.add(key)
      if (seen.size > LIMITS.mentionedFiles) throw overLimit('mentionedFiles', LIMITS.mentionedFiles, path)
      mention.admit(path)
      await offerFile(files, path)
    }
  }
}

/** The files a path or pattern names. Folders are read only where a segment has a `*`. */
async function expand(files: DirectoryFiles, pattern: string): Promise<string[]> {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.length === 0 || segments.length > LIMITS.directoryDepth || segments.includes('..') || segments.includes('**')) return []
  let folders = ['']
  for (const [at, segment] of segments.entries()) {
    const wanted = at === segments.length - 1 ? 'file' : 'folder'
    const next: string[] = []
    for (const folder of folders) {
      const names = segment.includes('*')
        ? (await readFolder(files, folder)).map(({ name }) => name).filter((name) => matchesGlob(name, segment))
        : [segment]
      for (const name of names) {
        const path = folder === '' ? name : `${folder}/${name}`
        if (name !== 'node_modules' && name !== '.git' && (await kindOf(files, path)) === wanted) next.push(path)
      }
    }
    if (next.length > LIMITS.mentionedFiles) throw overLimit('mentionedFiles', LIMITS.mentionedFiles, pattern)
    folders = next
  }
  return folders
}
