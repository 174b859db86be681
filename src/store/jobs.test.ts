import { expect, test } from 'vitest'
import { describeStores, testDeps } from './stores-for-tests.ts'
import { claimJobs, completeJob, countJobs, enqueueJob, failJob, forgetJobs, heartbeatJob } from './jobs.ts'
import type { ClaimedJob } from './jobs.ts'
import type { Json } from '../kernel/json.ts'
import { openStore } from './open-store.ts'
import type { ActorId, Scope, TenantId } from './scope.ts'
import { engine } from './store.ts'
import type { Store } from './store.ts'

const scope: Scope = { tenant: 'a' as TenantId, actor: 'ann' as ActorId }
const other: Scope = { tenant: 'b' as TenantId, actor: 'bob' as ActorId }

await describeStores('leased jobs', { migrations: [] }, ({ store, options }) => {
  // The store as it is at `seconds` after the start of this test.
  const start = new Date('2026-11-25T10:00:00Z')
  const at = (seconds: number): Store => {
    const now = (): Date => new Date(start.getTime() + seconds * 1000)
    return { ...store(), [engine]: { ...store()[engine], deps: { ...testDeps, now } } }
  }
  const claim = async (seconds: number, kind: string): Promise<ClaimedJob | undefined> =>
    (await claimJobs(at(seconds), [kind], { leaseMs: 30_000 }))[0]

  test('the same key is one job, for each tenant one, also after it was done', async () => {
    const job = { kind: 'match', key: 'sbom 1', payload: { digest: 'sha256:…' } }
    const { id } = await enqueueJob(at(0), scope, job)
    expect(await enqueueJob(at(0), scope, job)).toEqual({ id, added: false })
    expect(await enqueueJob(at(0), other, job)).toEqual({ id, added: true })
    const mine = await claim(0, 'match')
    expect(mine).toMatchObject({ id, scope, attempt: 1, payload: { digest: 'sha256:…' } })
    expect(await claim(0, 'match')).toMatchObject({ scope: other })
    expect(await claim(0, 'match')).toBeUndefined()
    expect(mine !== undefined && (await completeJob(at(1), mine))).toBe(true)
    expect(await enqueueJob(at(2), scope, job)).toEqual({ id, added: false })
    expect(await countJobs(store(), scope)).toEqual([{ kind: 'match', state: 'done', count: 1 }])
  })

  test('a lease that runs out gives the job to the next worker, and the first can no longer touch it', async () => {
    await enqueueJob(at(0), scope, { kind: 'lease', key: '1', payload: null })
    const first = await claim(0, 'lease')
    if (first === undefined) throw new Error('nothing to claim')
    expect(await claim(29, 'lease')).toBeUndefined()
    expect(await heartbeatJob(at(29), first, 30_000)).toBe(true)
    expect(await claim(58, 'lease')).toBeUndefined()
    const second = await claim(60, 'lease')
    expect(second).toMatchObject({ id: first.id, attempt: 2 })
    expect(await heartbeatJob(at(61), first, 30_000)).toBe(false)
    expect(await completeJob(at(61), first)).toBe(false)
    expect(await failJob(at(61), first, 'late')).toBe('lost')
    expect(second !== undefined && (await completeJob(at(62), second))).toBe(true)
    expect(await claim(1000, 'lease')).toBeUndefined()
  })

  test('a failed job waits longer each time and is dead after its last try', async () => {
    await enqueueJob(at(0), scope, { kind: 'fails', key: '1', payload: null, maxAttempts: 3 })
    let seconds = 0
    const answers: string[] = []
    for (const wait of [0.4, 0.9, 1.9]) {
      const job = await claim(seconds, 'fails')
      if (job === undefined) throw new Error('nothing to claim')
      answers.push(await failJob(at(seconds), job, 'no luck'))
      expect(await claim(seconds + wait, 'fails')).toBeUndefined()
      seconds += 4000
    }
    expect(answers).toEqual(['again', 'again', 'dead'])
    expect(await claim(1e6, 'fails')).toBeUndefined()
    expect(await forgetJobs(at(1e6), new Date(start.getTime() + 1e9))).toBeGreaterThan(0)
  })

  test('a job that takes its worker down each time is dead in the end', async () => {
    await enqueueJob(at(0), scope, { kind: 'crashes', key: '1', payload: null, maxAttempts: 2 })
    expect(await claim(0, 'crashes')).toMatchObject({ attempt: 1 })
    expect(await claim(100, 'crashes')).toMatchObject({ attempt: 2 })
    expect(await claim(200, 'crashes')).toBeUndefined()
    expect(await countJobs(store(), scope)).toContainEqual({ kind: 'crashes', state: 'dead', count: 1 })
  })

  test('a job may wait for its time', async () => {
    await enqueueJob(at(0), scope, { kind: 'later', key: '1', payload: null, notBefore: new Date(start.getTime() + 5000) })
    expect(await claim(4, 'later')).toBeUndefined()
    expect(await claim(5, 'later')).toBeDefined()
  })

  test('many workers share many jobs without taking one twice', async () => {
    const keys = Array.from({ length: 60 }, (_, n) => String(n))
    for (const key of keys) await enqueueJob(at(0), scope, { kind: 'many', key, payload: key })
    const second = await openStore(testDeps, options())
    const stores = [at(0), { ...at(0), [engine]: { ...second[engine], deps: at(0)[engine].deps } }]
    const taken: Json[] = []
    const worker = async (workStore: Store): Promise<void> => {
      for (;;) {
        const jobs = await claimJobs(workStore, ['many'], { leaseMs: 30_000, limit: 3 })
        if (jobs.length === 0) return
        for (const job of jobs) {
          taken.push(job.payload)
          expect(await completeJob(workStore, job)).toBe(true)
        }
      }
    }
    await Promise.all([...stores, ...stores, ...stores].map(async (each) => await worker(each)))
    await second.close()
    expect(taken).toHaveLength(keys.length)
    expect(new Set(taken)).toEqual(new Set(keys))
  })

  test('a payload over its cap is refused', async () => {
    const payload = 'x'.repeat(70_000)
    await expect(enqueueJob(at(0), scope, { kind: 'big', key: '1', payload })).rejects.toMatchObject({ code: 'limit-exceeded' })
  })
})
