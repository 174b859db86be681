import type { Transaction } from 'kysely'
import { fail } from '../kernel/errors.ts'
import { LIMITS } from '../kernel/limits.ts'
import { isRetryable } from './database-errors.ts'
import { backoffMs, pause } from './retry.ts'
import { engine } from './store.ts'
import type { Store } from './store.ts'

export type Isolation = 'read committed' | 'repeatable read' | 'serializable'

/**
 * Runs `step` in one transaction, and all of it again when the engine could not order it among others or lost the connection,
 * at most LIMITS.transactionAttempts times. A commit that failed may have happened: `step` must be idempotent and touch
 * nothing but the database. SQLite transactions are serializable always.
 */
export async function retriedTransaction<T>(
  store: Pick<Store, typeof engine>,
  step: (transaction: Transaction<unknown>) => Promise<T>,
  isolation: Isolation = 'read committed',
): Promise<T> {
  const { db, deps, insideTransaction } = store[engine]
  refuseInside(store)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db
        .transaction()
        .setIsolationLevel(isolation)
        .execute(async (transaction) => await insideTransaction.run(true, async () => await step(transaction)))
    } catch (error) {
      if (!isRetryable(error) || attempt >= LIMITS.transactionAttempts) throw error
    }
    await pause(deps, backoffMs(deps, attempt, 5, 500))
  }
}

/** Throws `bug` in a flow that is inside a transaction of this store already: its own connection would never become free. */
export function refuseInside(store: Pick<Store, typeof engine>): void {
  if (store[engine].insideTransaction.getStore() === true) {
    throw fail('bug', 'a query went around the transaction it stands in; use the handle the transaction gives')
  }
}
