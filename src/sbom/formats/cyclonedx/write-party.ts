import type { Party } from '../../model.ts'
import { contactKind } from '../../party.ts'
import { uriOf } from '../addresses.ts'

/** Who made something, as an organizational entity. A contact that is no URL and no e-mail address is left out. */
export function organizationOf(party: Party): object {
  const kind = contactKind(party)
  return {
    name: party.name,
    ...(kind === 'url' ? { url: [uriOf(party.contact ?? '')] } : {}),
    ...(kind === 'email' ? { contact: [{ email: party.contact }] } : {}),
  }
}
