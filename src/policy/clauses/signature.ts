import { PREDICATE } from '../../evidence/evidence.ts'
import type { Requirements } from '../document.ts'
import { artifactWord } from '../show.ts'
import type { KindRules } from './clause.ts'

/** A signature says nothing beyond itself: who signed which digest, which trust has verified. */
export const SIGNATURE: KindRules<NonNullable<Requirements['signature']>, null> = {
  kind: 'signature',
  noun: 'signature',
  predicateTypes: () => [PREDICATE.signature],
  required: (rules) => rules.require.signature,
  read: () => ({ ok: true, facts: null }),
  make: (context) => `tally sign ${artifactWord(context)}`,
  clauses: [],
}
