import { shorten } from '../kernel/text.ts'
import type { Party } from './model.ts'

const LONGEST = 200

/** Whether a contact is an e-mail address, a URL, or neither. */
export function contactKind({ contact }: Party): 'email' | 'url' | undefined {
  if (contact === undefined) return undefined
  if (/^https?:\/\/[^\s<>"]+$/.test(contact)) return 'url'
  return /^[^\s@<>"]+@[^\s@<>"]+$/.test(contact) ? 'email' : undefined
}

/** Reads `Name <contact>`, `Name (contact)`, or both behind each other; a bare name is one. Undefined for nothing. */
export function partyFrom(text: string): Party | undefined {
  const trimmed = text.trim().replace(/\s+/g, ' ')
  const open = trimmed.search(/[<(]/)
  const name = shorten((open === -1 ? trimmed : trimmed.slice(0, open)).trim(), LONGEST)
  const contact = [between(trimmed, '<', '>'), between(trimmed, '(', ')')].find(
    (one) => one !== '' && contactKind({ name, contact: one }) !== undefined,
  )
  if (contact === undefined) return name === '' ? undefined : { name }
  return { name: name === '' ? contact : name, contact }
}

function between(text: string, open: string, close: string): string {
  const start = text.indexOf(open)
  const end = start === -1 ? -1 : text.indexOf(close, start)
  return end === -1 ? '' : shorten(text.slice(start + 1, end).trim(), LONGEST)
}
