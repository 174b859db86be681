import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { readonly type: 'minor' }) => void
let collect: Collect | undefined
let bounded = false

/** So large may the space for young objects become; what V8 would let it grow to is more memory for no more speed. */
const YOUNG_BYTES = 12 * 1024 * 1024

/**
 * Frees the buffers that were used and dropped a moment ago. V8 counts the bytes of buffers only now and then, and looks through the whole
 * heap for them; where gigabytes pass in pieces that comes late (memory) and dear (time). A look at what is young costs a fraction of a
 * millisecond. To be called every few megabytes, in each thread.
 */
export function freeYoungBuffers(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as Collect
  }
  collect({ type: 'minor' })
  boundYoungSpace()
}

/**
 * Lets the space for young objects grow so far and no further. To be called now and then by who makes many objects that are dropped
 * at once: where it takes effect depends on how far the space has grown.
 */
export function boundYoungSpace(): void {
  if (bounded) return
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  if (young === undefined || young.space_size < YOUNG_BYTES) return
  setFlagsFromString('--semi-space-growth-factor=1')
  bounded = true
}
