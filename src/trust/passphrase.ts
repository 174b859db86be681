import { textOf } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { fail } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'

export type PassphraseSources = {
  /** Value of --passphrase-file. */
  readonly file?: string
  /** Asks a person; passed in only where there is a terminal. Undefined when nothing was typed. */
  readonly prompt?: () => Promise<string | undefined>
}

/** A passphrase and what it came from, for messages. The passphrase itself never goes into one. */
export type Passphrase = { readonly text: string; readonly from: string }

const VARIABLES = ['TALLY_KEY_PASSPHRASE', 'COSIGN_PASSWORD'] as const

/**
 * The passphrase, from the first source that has one: TALLY_KEY_PASSPHRASE, COSIGN_PASSWORD, the passphrase file (without its
 * last line end), a prompt. An empty variable counts as none. Undefined when there is none. Throws `passphrase-missing` for an empty
 * file, `not-found` for a missing one.
 */
export async function findPassphrase(deps: Pick<Deps, 'env' | 'fs'>, sources: PassphraseSources): Promise<Passphrase | undefined> {
  for (const name of VARIABLES) {
    const text = deps.env[name]
    if (text !== undefined && text !== '') return { text, from: name }
  }
  if (sources.file !== undefined) {
    const text = textOf(await readFileBounded(deps, sources.file, 'keyFileBytes'), 'passphrase-missing', sources.file).replace(/\r?\n$/, '')
    if (text === '') throw fail('passphrase-missing', 'is empty', { where: sources.file })
    return { text, from: sources.file }
  }
  const typed = await sources.prompt?.()
  return typed === undefined || typed === '' ? undefined : { text: typed, from: 'the prompt' }
}
