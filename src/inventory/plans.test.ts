import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../store/open-store.ts'
import type { Store } from '../store/store.ts'
import { testDeps } from '../store/stores-for-tests.ts'
import { artifactDetail } from './artifact-detail.ts'
import { componentsOf } from './components.ts'
import { currentHistory, environments } from './environments.ts'
import { impact } from './impact.ts'
import { digestFor, sbomOf, scopeFor, wrappedFile } from './inventory-for-tests.ts'
import { listArtifacts } from './list-artifacts.ts'
import { recordArtifact } from './record-artifact.ts'
import { recordComponents } from './record-components.ts'
import { moveCurrent, recordDeployment } from './record-places.ts'
import { listRuns } from './runs.ts'
import { inventoryMigrations } from './tables.ts'
import { timelineOf } from './timeline.ts'
import { verdictsOf } from './verdicts.ts'

const scope = scopeFor('plans')
const seenAt = '2026-11-25T10:00:00Z'

let directory = ''
let store: Store
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tally-plans-'))
  store = await openStore(testDeps, { dataDir: directory, migrations: inventoryMigrations })
  await recordArtifact(store, scope, { artifact: wrappedFile('app'), seenAt })
  await recordComponents(store, scope, digestFor('app'), sbomOf(['left-pad@1.3.0']), seenAt)
})
afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

/** Every plan SQLite makes for what `task` asks, one line a step. It is asked where statements are prepared, which is the one place all of them pass. */
async function plansOf(task: () => Promise<unknown>): Promise<readonly string[]> {
  const plans: string[] = []
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its own `this` below
  const real = DatabaseSync.prototype.prepare
  const second = new DatabaseSync(store.place)
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
    const unset = Array<SQLInputValue>((sql.match(/\?/g) ?? []).length).fill('[]')
    if (/^(?:select|update|delete)/.test(sql)) {
      plans.push(
        ...real
          .call(second, `explain query plan ${sql}`)
          .all(...unset)
          .map((row) => `${String(row['detail'])} in: ${sql}`),
      )
    }
    return real.call(this, sql)
  }
  try {
    await task()
  } finally {
    DatabaseSync.prototype.prepare = real
    second.close()
  }
  return plans
}

/*
 * All rows of an installation have one tenant, so a step that is narrowed by the tenant alone walks the whole table. These are
 * allowed to: the environments (a handful), what holds now (partial indexes), and lists that stop at their page.
 */
const ALLOWED =
  /^SEARCH (?:environment USING|\w+ USING (?:COVERING )?INDEX (?:current_history_open|deployment_open|artifact_newest|run_newest)) /

test('no question walks a whole table, also without statistics', async () => {
  const digest = digestFor('app')
  const after = Buffer.from('["a","b"]').toString('base64url')
  const plans = await plansOf(async () => {
    await impact(store, scope, 'left-pad', { onlyRunning: true })
    await impact(store, scope, 'left-pad', { after: Buffer.from('["a"]').toString('base64url') })
    await listArtifacts(store, scope, { after })
    await artifactDetail(store, scope, digest)
    await timelineOf(store, scope, digest)
    await verdictsOf(store, scope, digest, { after })
    await componentsOf(store, scope, digest, { after })
    await environments(store, scope)
    await currentHistory(store, scope, 'prod', { after })
    await listRuns(store, scope, { after })
    await moveCurrent(store, scope, { environment: 'prod', artifact: digest, tag: '', at: seenAt })
    await recordDeployment(store, scope, { environment: 'prod', workload: 'web', artifact: digest, at: seenAt })
    await recordComponents(store, scope, digest, sbomOf(['chalk@5.0.0']), '2026-11-25T11:00:00Z')
  })
  expect(plans.length).toBeGreaterThan(30)
  const walks = plans.filter(
    (plan) => /^SCAN (?!json_each)/.test(plan) || (/^SEARCH .* \(tenant=\?\) in: /.test(plan) && !ALLOWED.test(plan)),
  )
  expect(walks).toEqual([])
})
