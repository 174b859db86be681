import { join, resolve } from 'node:path'
import { writeFileAtomic } from '../src/kernel/atomic-file.ts'
import type { Deps } from '../src/kernel/deps.ts'
import { asTallyError, fail } from '../src/kernel/errors.ts'
import { readFileBounded, readFileIfThere } from '../src/kernel/read-file.ts'
import { systemDeps } from '../src/kernel/system.ts'
import { safeText } from '../src/kernel/text.ts'
import { refreshTargets } from '../src/trust/sigstore/tuf/refresh.ts'
import type { TufState } from '../src/trust/sigstore/tuf/refresh.ts'

const FLAGS = ['metadata-dir', 'metadata-url', 'target-name', 'target-base-url', 'target-dir'] as const
type Words = { readonly flag: (name: (typeof FLAGS)[number]) => string; readonly verb: string; readonly file: string | undefined }

/** The client of tuf-conformance (CLIENT-CLI.md there): says on stderr why not. Out: 0 for a yes, 1 for everything else. */
export async function runTuf(argv: readonly string[]): Promise<number> {
  const deps = systemDeps({
    log: (level, message) => process.stderr.write(`${level}: ${safeText(message)}\n`),
    signal: new AbortController().signal,
  })
  try {
    const words = parseWords(argv)
    const folder = resolve(words.flag('metadata-dir'))
    if (words.verb === 'init') await init(deps, folder, words.file)
    else if (words.verb === 'refresh') await follow(deps, folder, words, [])
    else if (words.verb === 'download') await download(deps, folder, words)
    else throw fail('usage', 'is none of init, refresh, download', { where: words.verb })
    return 0
  } catch (error) {
    const { code, where, message } = asTallyError(error)
    process.stderr.write(`error[${code}]: ${safeText(where ?? '')}: ${safeText(message)}\n`)
    return 1
  }
}

function parseWords(argv: readonly string[]): Words {
  const flags = new Map<string, string>()
  const words: string[] = []
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    const name = FLAGS.find((one) => word === `--${one}`)
    if (name === undefined) words.push(word)
    else flags.set(name, argv[(at += 1)] ?? '')
  }
  const flag: Words['flag'] = (name) => {
    const value = flags.get(name)
    if (value === undefined || value === '') throw fail('usage', 'is missing', { where: `--${name}` })
    return value
  }
  return { flag, verb: words[0] ?? '', file: words[1] }
}

async function init(deps: Deps, folder: string, file: string | undefined): Promise<void> {
  if (file === undefined) throw fail('usage', 'needs a root', { where: 'init' })
  await deps.fs.mkdir(folder, { recursive: true })
  await writeFileAtomic(deps, join(folder, 'root.json'), await readFileBounded(deps, resolve(file), 'tufMetadataBytes'))
}

async function download(deps: Deps, folder: string, words: Words): Promise<void> {
  const [name, out] = [words.flag('target-name'), resolve(words.flag('target-dir'))]
  const bytes = (await follow(deps, folder, words, [{ name }])).get(name)
  if (bytes === undefined) throw fail('bug', 'a target that was asked for was not fetched', { where: name })
  await deps.fs.mkdir(out, { recursive: true })
  await writeFileAtomic(deps, join(out, encodeURIComponent(name)), bytes)
}

async function follow(
  deps: Deps,
  folder: string,
  words: Words,
  names: readonly { readonly name: string }[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const at = (role: string): string => join(folder, `${role}.json`)
  const kept: { -readonly [K in keyof TufState]: TufState[K] } = { root: await readFileBounded(deps, at('root'), 'tufMetadataBytes') }
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    const bytes = await readFileIfThere(deps, at(role), 'tufMetadataBytes')
    if (bytes !== undefined) kept[role] = bytes
  }
  const keep = (role: string, bytes: Uint8Array): Promise<void> => writeFileAtomic(deps, at(role), bytes)
  const targetsUrl = names.length === 0 ? undefined : words.flag('target-base-url')
  return (await refreshTargets(deps, words.flag('metadata-url'), kept, names, keep, targetsUrl)).targets
}
