import type { Catalog } from './cataloger.ts'

/** A file as a walk meets it, before anything of it is read. Path as `LayerFile.path`; `executable` by its mode. */
export type FileOutline = { readonly path: string; readonly size: number; readonly executable: boolean }

/** Where something was found. */
export type Place = { readonly path: string; readonly layer?: string }

/** What an inspector makes of a file. It must survive being written as JSON: layers that were read before are told from a cache. */
export type Inspected = { readonly catalog?: Catalog; readonly missed?: boolean } | undefined

/**
 * Reads one kind of file that is known by its content, or too large to be kept, while its bytes pass. Each such file is a
 * catalog of its own. Adding a kind is adding one line in catalogers/table.ts.
 */
export type Inspector = {
  readonly name: string
  /** Whether a file may be of this kind. */
  readonly mayWant: (file: FileOutline) => boolean
  /**
   * Undefined when the file is of another kind or holds nothing to list. `missed` when it holds more than could be read: the SBOM is
   * then not complete. Broken files are no error of the target: nothing could run them either.
   */
  readonly inspect: (file: Place & { readonly size: number; readonly content: AsyncIterable<Uint8Array> }) => Promise<Inspected>
}
