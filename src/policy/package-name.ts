import { TallyError } from '../kernel/errors.ts'
import { formatPurl, parsePurl } from '../package/purl.ts'
import type { Statement } from '../evidence/evidence.ts'

/** A package URL in its canonical form, for comparing; undefined for what is none, or has no version. */
export function canonicalPurl(text: string): string | undefined {
  try {
    const purl = parsePurl(text)
    return purl.version === undefined ? undefined : formatPurl(purl)
  } catch (error) {
    if (error instanceof TallyError && error.code === 'reference-invalid') return undefined
    throw error
  }
}

/** The same without its version. */
export function withoutVersion(purl: string): string {
  const { type, namespace, name } = parsePurl(purl)
  return formatPurl({ type, name, qualifiers: {}, ...(namespace === undefined ? {} : { namespace }) })
}

/** The one package a statement names as its only subject; undefined when it names none, several, or something else. */
export function packageOf(statement: Pick<Statement, 'subject'>): string | undefined {
  const [subject, ...more] = statement.subject
  return subject?.name === undefined || more.length > 0 ? undefined : canonicalPurl(subject.name)
}
