import type { Digest } from '../kernel/digest.ts'
import type { ErrorCode } from '../kernel/errors.ts'
import type { Descriptor } from './artifact.ts'
import type { Compression, InflateOptions } from './decompress.ts'

/** What a worker is to unpack: a layer in a file. */
export type UnpackJob = {
  readonly path: string
  readonly descriptor: Pick<Descriptor, 'digest' | 'size'>
  readonly compression: Compression
  readonly diffId: Digest
  readonly where: string
  readonly caps: InflateOptions['caps']
}

/** A buffer goes to and fro, and belongs to whoever has it. */
export type ToWorker = { readonly buffer: ArrayBuffer }
export type FromWorker =
  | { readonly kind: 'piece'; readonly buffer: ArrayBuffer; readonly size: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string; readonly hint: string; readonly where?: string }

/** Bytes of one buffer, and how many there are of them: so far a worker may be ahead. */
export const UNPACK_BUFFER = 512 * 1024
export const UNPACK_BUFFERS = 4
/** So much is unpacked before it is hashed: it is still in the processor's cache then. */
export const UNPACK_STEP = 256 * 1024
/** After so many bytes the buffers they came in are freed. */
export const FREE_EVERY = 4 * 1024 * 1024
