/** Takes a stream of bytes; may stop before its end. */
export type Consumer = (content: AsyncIterable<Uint8Array>) => Promise<void>

type Waiting = { readonly resolve: (result: IteratorResult<Uint8Array>) => void; readonly reject: (error: unknown) => void }

/**
 * Gives one stream to several consumers, read once and held one piece at a time: the next piece is read when every
 * consumer that is still there has asked for it. Consumers run at the same time; the first error of any is thrown once
 * all have ended.
 */
export async function broadcast(content: AsyncIterable<Uint8Array>, consumers: readonly Consumer[]): Promise<void> {
  const [only] = consumers
  if (only !== undefined && consumers.length === 1) return await only(content)
  const iterator = content[Symbol.asyncIterator]()
  const waiting = new Map<number, Waiting>()
  let present = consumers.length
  let end: { readonly error?: unknown } | undefined
  let isReading = false

  async function advance(): Promise<void> {
    if (isReading || waiting.size === 0 || waiting.size < present) return
    isReading = true
    try {
      const next = await iterator.next()
      if (next.done === true) end = {}
      settle(next.done === true ? { done: true, value: undefined } : next)
    } catch (error) {
      end = { error }
      for (const { reject } of take()) reject(error)
    } finally {
      isReading = false
    }
  }

  function take(): readonly Waiting[] {
    const all = [...waiting.values()]
    waiting.clear()
    return all
  }

  function settle(result: IteratorResult<Uint8Array>): void {
    for (const { resolve } of take()) resolve(result)
  }

  function share(id: number): AsyncIterable<Uint8Array> {
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      if (end !== undefined) {
        if ('error' in end) throw end.error
        return { done: true, value: undefined }
      }
      return await new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        void advance()
      })
    }
    return { [Symbol.asyncIterator]: () => ({ next }) }
  }

  const results = await Promise.allSettled(
    consumers.map(async (consume, id) => {
      try {
        await consume(share(id))
      } finally {
        waiting.delete(id)
        present -= 1
        void advance()
      }
    }),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
