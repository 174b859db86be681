import { toBase64 } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { parseNote } from './note.ts'

/**
 * What a checkpoint of our own making says, for showing it, never for deciding. Its signatures are NOT verified (that
 * is `openCheckpoint`). Root in base64. Throws `evidence-malformed` when it is no checkpoint.
 */
export function openedCheckpoint(note: string): { readonly size: number; readonly root: string } {
  const parsed = parseNote(note)
  const checkpoint = 'why' in parsed ? parsed : parseCheckpoint(parsed.text)
  if ('why' in checkpoint) throw fail('evidence-malformed', checkpoint.why, { where: 'checkpoint' })
  return { size: checkpoint.size, root: toBase64(checkpoint.root) }
}
