import { once } from '../kernel/once.ts'
import { PREDICATE } from './evidence.ts'
import type { PredicateCheck } from './predicates/index-table.ts'

const predicates = once(() => import('./predicates/index-table.ts'))

/**
 * Whether a predicate has the shape its type promises (predicates/index-table.ts). The schemas are loaded only where one is needed:
 * a signature says nothing beyond itself.
 */
export async function checkPredicateOf(predicateType: string, predicate: unknown): Promise<PredicateCheck> {
  if (predicateType === PREDICATE.signature && isPlainObject(predicate)) return { ok: true, known: true }
  const { checkPredicate } = await predicates()
  return checkPredicate(predicateType, predicate)
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
