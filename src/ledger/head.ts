import { join } from 'node:path'
import { writeFileAtomic } from '../kernel/atomic-file.ts'
import { textOf, utf8 } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { asTallyError, fail } from '../kernel/errors.ts'
import { readFileIfThere } from '../kernel/read-file.ts'
import { checkpointText, openCheckpoint } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { EMPTY_ROOT } from './merkle.ts'
import { signNote } from './note.ts'
import type { NoteSigner, NoteVerifier } from './note.ts'

/** A log on disk and the key that speaks for it. */
export type LogPlace = {
  /** Absolute path of the log's directory; nothing else lives in it. */
  readonly dir: string
  /** First line of its checkpoints, and the name of its key. */
  readonly origin: string
  readonly signer: NoteSigner
  readonly verifier: NoteVerifier
}

/** The head of a log as it stands: its checkpoint, verified, and the signed note it came from. `note` is undefined while nothing was ever appended. */
export type Head = Checkpoint & { readonly note: string | undefined }

/**
 * Reads and verifies the checkpoint. A log that was never written is empty; one with tiles and no checkpoint has lost it.
 * Throws `log-unsound` for a checkpoint that is missing, malformed, of another log or not signed by the log's key.
 */
export async function readHead(deps: Pick<Deps, 'fs'>, place: LogPlace): Promise<Head> {
  const bytes = await readFileIfThere(deps, join(place.dir, 'checkpoint'), 'noteBytes')
  if (bytes === undefined) {
    if (await isThere(deps, join(place.dir, 'tile')))
      throw fail('log-unsound', 'is missing, though the log has entries', { where: 'checkpoint' })
    return { origin: place.origin, size: 0, root: EMPTY_ROOT, note: undefined }
  }
  const note = textOf(bytes, 'log-unsound', 'checkpoint')
  const opened = openCheckpoint(note, [place.verifier], { origin: place.origin })
  if ('why' in opened) throw fail('log-unsound', opened.why, { where: 'checkpoint' })
  return { origin: opened.origin, size: opened.size, root: opened.root, note }
}

/** Signs a checkpoint and puts it in place: from here on the log is what it says. Out: the signed note. */
export async function writeHead(deps: Pick<Deps, 'fs' | 'randomBytes'>, place: LogPlace, size: number, root: Uint8Array): Promise<string> {
  const note = await signHead(place, size, root)
  await writeFileAtomic(deps, join(place.dir, 'checkpoint'), utf8(note))
  return note
}

/** The signed note of a checkpoint. The key is the log's own: no other use of it signs what is not a checkpoint. */
export async function signHead(place: LogPlace, size: number, root: Uint8Array): Promise<string> {
  return await signNote(checkpointText({ origin: place.origin, size, root }), [place.signer])
}

async function isThere(deps: Pick<Deps, 'fs'>, path: string): Promise<boolean> {
  try {
    await deps.fs.lstat(path)
    return true
  } catch (error) {
    const known = asTallyError(error, path)
    if (known.code === 'not-found') return false
    throw known
  }
}
