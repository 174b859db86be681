import { describe, expect, test } from 'vitest'
import { inOrder } from './in-order.ts'

async function collect<T>(results: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const result of results) all.push(result)
  return all
}

/** Runs that end when the test says so. */
function controlled() {
  const ends = new Map<number, () => void>()
  let most = 0
  const run = (item: number): Promise<number> =>
    new Promise((resolve) => {
      ends.set(item, () => {
        ends.delete(item)
        resolve(item)
      })
      most = Math.max(most, ends.size)
    })
  const end = async (item: number): Promise<void> => {
    ends.get(item)?.()
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  return { run, end, begun: () => [...ends.keys()], most: () => most }
}

describe('inOrder', () => {
  test('gives results in the order of the items, however they end', async () => {
    const runs = controlled()
    const all = collect(inOrder([1, 2, 3, 4], 2, runs.run))
    await runs.end(2)
    await runs.end(3)
    await runs.end(4)
    await runs.end(1)
    expect(await all).toEqual([1, 2, 3, 4])
    expect(runs.most()).toBe(2)
  })

  test('a slow first one does not keep the others from being begun', async () => {
    const runs = controlled()
    const all = collect(inOrder([1, 2, 3], 2, runs.run))
    await runs.end(2)
    expect(runs.begun()).toEqual([1, 3])
    await runs.end(3)
    await runs.end(1)
    expect(await all).toEqual([1, 2, 3])
  })

  test('gives out each as soon as it is its turn', async () => {
    const runs = controlled()
    const results = inOrder([1, 2], 1, runs.run)
    const first = results.next()
    await runs.end(1)
    expect((await first).value).toBe(1)
    const second = results.next()
    await runs.end(2)
    expect((await second).value).toBe(2)
    expect((await results.next()).done).toBe(true)
  })

  test('throws what a run threw, in its turn', async () => {
    const results = inOrder([1, 2, 3], 3, async (item) => {
      if (item === 2) throw new Error('two')
      return item
    })
    expect((await results.next()).value).toBe(1)
    await expect(results.next()).rejects.toThrow('two')
  })

  test('is empty for nothing', async () => {
    expect(await collect(inOrder([], 3, async (item) => item))).toEqual([])
  })
})
