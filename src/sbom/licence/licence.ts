import { SPDX_IDS } from './spdx-ids.ts'

/** A declared licence, as far as it can be understood: one SPDX id, an SPDX expression, or some other text. */
export type DeclaredLicence =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'expression'; readonly expression: string }
  | { readonly kind: 'name'; readonly name: string }

const MAX_LENGTH = 4096
const CANONICAL = new Map(SPDX_IDS.map((id) => [id.toLowerCase(), id]))
const REFERENCE = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$/
const EXCEPTION = /^[A-Za-z0-9.-]+$/

/** Understands what a package declares as its licence (SPDX 2.3, annex D). Ids are written as the list writes them. */
export function readLicence(text: string): DeclaredLicence {
  const trimmed = text.trim()
  const id = CANONICAL.get(trimmed.toLowerCase())
  if (id !== undefined) return { kind: 'id', id }
  const expression = trimmed.length <= MAX_LENGTH ? normalExpression(trimmed) : undefined
  return expression === undefined ? { kind: 'name', name: trimmed } : { kind: 'expression', expression }
}

/** The expression with canonical ids and spacing. Undefined when it is none. */
function normalExpression(text: string): string | undefined {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? []
  const written: string[] = []
  let depth = 0
  let wantsOperand = true
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? ''
    if (token === '(' && wantsOperand) depth += 1
    else if (token === ')' && !wantsOperand && depth > 0) depth -= 1
    else if (wantsOperand) {
      const licence = normalSimple(token)
      if (licence === undefined) return undefined
      written.push(licence)
      wantsOperand = false
      continue
    } else if (isOperator(token)) {
      written.push(token.toUpperCase())
      wantsOperand = true
      continue
    } else if (/^with$/i.test(token) && tokens[at - 1] !== ')' && EXCEPTION.test(tokens[at + 1] ?? '')) {
      const exception = tokens[at + 1] ?? ''
      written.push('WITH', CANONICAL.get(exception.toLowerCase()) ?? exception)
      at += 1
      continue
    } else return undefined
    written.push(token)
  }
  if (wantsOperand || depth !== 0) return undefined
  return written.join(' ').replaceAll('( ', '(').replaceAll(' )', ')')
}

function isOperator(token: string): boolean {
  return /^(?:and|or)$/i.test(token)
}

function normalSimple(token: string): string | undefined {
  if (REFERENCE.test(token)) return token
  const bare = token.endsWith('+') ? token.slice(0, -1) : token
  const id = CANONICAL.get(token.toLowerCase()) ?? CANONICAL.get(bare.toLowerCase())
  return id === undefined || id.toLowerCase() === token.toLowerCase() ? id : `${id}+`
}
