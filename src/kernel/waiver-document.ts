import { z } from 'zod'
import type { Waiver } from './waiver.ts'

const text = (what: string): z.ZodString => z.string().trim().min(1).max(500).describe(what)

/**
 * A waiver as people write it, in a policy and in tally.yaml alike. Only its form is checked here: whether it holds
 * (another approver, not ended, in scope) is judged each time it would be used, so that a waiver that does not hold is named.
 */
export const waiverDocument: z.ZodType<Waiver> = z
  .strictObject({
    id: text('Name of this waiver, as it is shown wherever it is used.'),
    clause: text('The clause or rule it waives, written exactly.'),
    'asked-by': text('Who asked for it.'),
    'approved-by': text('Who approved it: another person.'),
    reason: text('Why the exception is right for now.'),
    ticket: text('Where the work that ends it is tracked.'),
    scope: text('What it covers: an artifact digest, a file path or a package URL. `*` must be written to mean all.'),
    'not-after': z.iso.datetime({ offset: true }).describe('RFC 3339 time after which it no longer holds.'),
  })
  .transform((written) => ({
    id: written.id,
    clause: written.clause,
    askedBy: written['asked-by'],
    approvedBy: written['approved-by'],
    reason: written.reason,
    ticket: written.ticket,
    scope: written.scope,
    notAfter: written['not-after'],
  }))
