/** Passes a stream through and throws the signal's reason as soon as it is aborted, between two pieces. */
export async function* untilAborted(stream: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const part of stream) {
    signal.throwIfAborted()
    yield part
  }
}
