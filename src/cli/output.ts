import { fstatSync, writeSync } from 'node:fs'

/** Where text goes: what of a stream of this process the program uses. */
export type Output = {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly write: (data: string | Uint8Array) => unknown
  /** Whether all that was written is out, and nothing waits in a stream. */
  readonly isWritten?: () => boolean
}

/**
 * Stdout or stderr by its number. Files, pipes and sockets are written to at once, as Node's own streams do it here, without opening such a
 * stream: that loads Node's network code, which a short run would wait for. Terminals, and whatever cannot take all at once, get
 * the stream. In: `lost` hears of every failure once; after it nothing more is written.
 */
export function openOutput(fd: 1 | 2, stream: () => NodeJS.WriteStream, lost: (error: NodeJS.ErrnoException) => void): Output {
  let opened: NodeJS.WriteStream | undefined
  let isLost = false
  const open = (): NodeJS.WriteStream => {
    if (opened === undefined) {
      opened = stream()
      opened.on('error', lost)
    }
    return opened
  }
  if (!isPlain(fd)) return open()
  const write = (data: string | Uint8Array): void => {
    if (isLost) return
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    try {
      const rest = opened === undefined ? writeNow(fd, bytes) : bytes
      if (rest.byteLength > 0) open().write(rest)
    } catch (error) {
      isLost = true
      lost(error as NodeJS.ErrnoException)
    }
  }
  return { write, isWritten: () => opened === undefined }
}

/** Whether a descriptor is a file, a pipe or a socket, in short: nothing a person looks at. */
function isPlain(fd: number): boolean {
  return !fstatSync(fd).isCharacterDevice()
}

/** Writes what can be written without waiting. Out: what is left. */
function writeNow(fd: number, bytes: Uint8Array): Uint8Array {
  let rest = bytes
  while (rest.byteLength > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return rest
      throw error
    }
  }
  return rest
}
