import { equalBytes, fromBase64, textOf } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'

/** One line of an allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS): whose key it is, for what, and when. Times in milliseconds since 1970. */
export type AllowedSigner = {
  readonly principals: string
  readonly keyBlob: Uint8Array
  /** What it may sign; undefined is everything. */
  readonly namespaces?: readonly string[]
  readonly validAfter?: number
  readonly validBefore?: number
  /** Whether it speaks for keys it certified, which are not read here. */
  readonly isAuthority: boolean
  readonly line: number
}

const MOST_LINES = 10_000
const KEY_TYPE = /^(?:sk-)?(?:ssh|ecdsa-sha2)-[a-z0-9@.-]{1,60}$/

/** Reads an allowed-signers file. Throws `config-invalid` at file:line. */
export function parseAllowedSigners(bytes: Uint8Array, where: string): readonly AllowedSigner[] {
  const lines = textOf(bytes, 'config-invalid', where).split('\n')
  if (lines.length > MOST_LINES) throw fail('limit-exceeded', `has more than ${MOST_LINES} lines`, { where })
  return lines.flatMap((text, index) => {
    const trimmed = text.trim()
    return trimmed === '' || trimmed.startsWith('#') ? [] : [parseLine(trimmed, index + 1, `${where}:${index + 1}`)]
  })
}

/**
 * Who may have signed with a key, for a purpose, at a time. Out: their principals, or why nobody may. The time of a commit is what its
 * committer says, as for git.
 */
export function whoMaySign(
  signers: readonly AllowedSigner[],
  keyBlob: Uint8Array,
  namespace: string,
  at: number,
): { readonly principals: string } | { readonly why: string } {
  const named = signers.filter((one) => !one.isAuthority && equalBytes(one.keyBlob, keyBlob))
  if (named.length === 0) return { why: 'is signed by a key that is not in the list of allowed signers' }
  let why = ''
  for (const one of named) {
    if (one.namespaces !== undefined && !one.namespaces.includes(namespace))
      why = `is signed by the key of ${one.principals}, which is not allowed to sign for \`${namespace}\``
    else if (one.validAfter !== undefined && at < one.validAfter) why = `is signed by the key of ${one.principals} before it was valid`
    else if (one.validBefore !== undefined && at >= one.validBefore) why = `is signed by the key of ${one.principals} after it was valid`
    else return { principals: one.principals }
  }
  return { why }
}

function parseLine(text: string, line: number, where: string): AllowedSigner {
  const words = splitWords(text, where)
  const [principals = '', second = ''] = words
  const hasOptions = !KEY_TYPE.test(second)
  const options = hasOptions ? second : ''
  const [type = '', key = ''] = words.slice(hasOptions ? 2 : 1)
  if (!KEY_TYPE.test(type) || key === '') throw fail('config-invalid', 'is not PRINCIPALS [OPTIONS] KEYTYPE KEY', { where })
  return { principals: unquoted(principals), keyBlob: fromBase64(key, 'config-invalid', where), line, ...readOptions(options, where) }
}

type Options = Pick<AllowedSigner, 'namespaces' | 'validAfter' | 'validBefore' | 'isAuthority'>

function readOptions(text: string, where: string): Options {
  const options: { -readonly [K in keyof Options]: Options[K] } = { isAuthority: false }
  for (const option of text === '' ? [] : splitOptions(text)) {
    const [, name = '', value = ''] = /^([A-Za-z-]{1,40})(?:=(.*))?$/.exec(option) ?? []
    switch (name.toLowerCase()) {
      case 'cert-authority':
        options.isAuthority = true
        break
      case 'namespaces':
        options.namespaces = unquoted(value).split(',')
        break
      case 'valid-after':
        options.validAfter = timeOf(unquoted(value), where)
        break
      case 'valid-before':
        options.validBefore = timeOf(unquoted(value), where)
        break
      default:
        // An option that is not understood might be the one that forbids.
        throw fail('config-invalid', `has an option that is not known: ${option.slice(0, 60)}`, { where })
    }
  }
  return options
}

/** Words apart by spaces, those in quotes kept whole. */
function splitWords(text: string, where: string): readonly string[] {
  if ((text.split('"').length - 1) % 2 === 1) throw fail('config-invalid', 'has a quote that does not end', { where })
  return text.match(/(?:[^\s"]|"[^"]*")+/g) ?? []
}

function splitOptions(text: string): readonly string[] {
  return text.match(/(?:[^,"]|"[^"]*")+/g) ?? []
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/, '$1')
}

/** YYYYMMDD[HHMM[SS]][Z]. Without Z, ssh-keygen takes the time of the machine; here it is UTC, so that every machine says the same. */
function timeOf(text: string, where: string): number {
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?Z?$/.exec(text) ?? []
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const time = Date.parse(`${iso}Z`)
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== iso) {
    throw fail('config-invalid', 'has a time that is not YYYYMMDD[HHMM[SS]]', { where })
  }
  return time
}
