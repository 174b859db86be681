import { resolve } from 'node:path'
import { digestOf, hexOf } from '../../kernel/digest.ts'
import { fail } from '../../kernel/errors.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { safeText } from '../../kernel/text.ts'
import { ROOT_AGE, ageInDays, pinRoot, readStoredRoot, refreshRoot } from '../../trust/sigstore/root-store.ts'
import type { NewRepository, StoredRoot } from '../../trust/sigstore/root-store.ts'
import { PUBLIC_MIRROR, readMirror, readStartRoot } from '../../trust/sigstore/repository.ts'
import type { Repository } from '../../trust/sigstore/repository.ts'
import { REFUSED_EVERYWHERE } from '../cosign-flags.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import type { Context } from '../command.ts'
import { openWorkspaceOf } from '../context.ts'
import { field } from '../render/layout.ts'

const VERBS = ['show', 'update', 'pin'] as const

/** `tally trust show|update|pin`: whom of Sigstore this data directory trusts. */
export const trust = defineCommand({
  name: 'trust',
  summary: 'show, refresh and pin the Sigstore trusted root',
  usage: ['tally trust show', 'tally trust update [--mirror URL [--root FILE [--root-checksum SHA256]]]', 'tally trust pin FILE'],
  examples: [
    ['tally trust show', 'the root in force, where it is from and how old it is'],
    ['tally trust update', 'fetch the root by TUF, of the public instance unless another is followed'],
    [
      'tally trust update --mirror https://tuf.example/ --root root.json',
      'follow the repository of another instance from now on, from this root',
    ],
    ['tally trust update --mirror public', 'the public one again'],
    ['tally trust pin trusted_root.json', 'use this root, of one’s own instance, until the next update'],
  ],
  options: {
    mirror: {
      type: 'string',
      value: 'URL',
      help: 'TUF repository to follow from now on; `public` for the public one',
      noEnv: true,
    },
    root: {
      type: 'string',
      value: 'FILE',
      help: 'with --mirror: its root.json to start from; without, it is a mirror of the public one',
      noEnv: true,
    },
    'root-checksum': { type: 'string', value: 'SHA256', help: 'with --root: digest this file must have', noEnv: true },
    format: FORMAT_TEXT_JSON,
  },
  refused: { staging: 'name its repository with --mirror and its root with --root', ...REFUSED_EVERYWHERE },
  words: { min: 1, max: 2, names: `a verb: ${VERBS.join(', ')}` },
  notes: [
    'Flags as for `cosign initialize`. What is followed is kept by mirror and root, each by itself; nothing of the public instance counts beside it.',
    `A root that was not refreshed for ${ROOT_AGE.staleDays} days is refreshed when it is used; for ${ROOT_AGE.refusedDays} days, it is refused. A pinned one, and one given by --trusted-root, never count as too old.`,
  ],
  run: async (context) => {
    const [verb = '', file] = context.words
    if (verb !== 'pin' && file !== undefined) throw fail('usage', 'is one word too many', { where: file })
    const stray = verb === 'update' ? undefined : ['mirror', 'root', 'root-checksum'].find((flag) => context.flags.text(flag) !== undefined)
    if (stray !== undefined) throw fail('usage', 'says what `tally trust update` follows', { where: `--${stray}` })
    const { deps, dataDir, registryOptions } = await openWorkspaceOf(context)
    if (verb === 'show') print(context, await readStoredRoot(deps, dataDir))
    else if (verb === 'update') {
      const repository = await repositoryFromFlags(context)
      print(
        context,
        await refreshRoot(deps, { dataDir, offline: registryOptions.offline, ...(repository === undefined ? {} : { repository }) }),
      )
    } else if (verb === 'pin') {
      if (file === undefined) throw fail('usage', 'needs the file of a trusted root', { where: 'tally trust pin' })
      print(context, await pinRoot(deps, dataDir, await readFileBounded(deps, resolve(context.cwd, file), 'trustedRootBytes'), file))
    } else throw fail('usage', `is none of ${VERBS.join(', ')}`, { where: `tally trust ${verb}` })
    return 0
  },
})

/** The repository the flags name; undefined for the one that is followed already. */
async function repositoryFromFlags({ flags, deps, cwd }: Context): Promise<NewRepository | undefined> {
  const [mirror, file, checksum] = [flags.text('mirror'), flags.text('root'), flags.text('root-checksum')]
  if (checksum !== undefined && file === undefined) throw fail('usage', 'needs --root', { where: '--root-checksum' })
  if (mirror === undefined) {
    if (file === undefined) return undefined
    throw fail('usage', 'needs --mirror: where is the repository that this is the root of?', { where: '--root' })
  }
  if (mirror === 'public') {
    if (file === undefined) return { mirror: PUBLIC_MIRROR }
    throw fail('usage', 'is not for the public repository, whose root is shipped', { where: '--root' })
  }
  const address = readMirror(mirror, '--mirror')
  if (file === undefined) return { mirror: address }
  if (/^https?:/.test(file)) {
    const hint = 'fetch it by a way you trust, compare its digest, and name the file'
    throw fail('usage', 'is a file here: what the network says first is not what to start from', { where: '--root', hint })
  }
  const root = await readFileBounded(deps, resolve(cwd, file), 'tufMetadataBytes')
  if (checksum !== undefined && checksum.toLowerCase().replace(/^sha256:/, '') !== hexOf(digestOf(root))) {
    throw fail('digest-mismatch', 'is not the file that --root-checksum names', { where: file })
  }
  readStartRoot(root, file)
  return { mirror: address, root }
}

function followed({ mirror, root }: Repository): string {
  return `${safeText(mirror)}, ${root === undefined ? 'a mirror of the public instance' : `from the root ${root}`}`
}

function print({ terminal, flags, deps }: Context, { root, from, refreshed, repository }: StoredRoot): void {
  const age = ageInDays({ from, refreshed }, deps.now())
  const names = {
    authorities: root.authorities.map((one) => one.uri),
    logs: root.logs.map((one) => one.name),
    certificateLogs: root.certificateLogs.map((one) => one.name),
    timestampAuthorities: root.timestampAuthorities.map((one) => one.uri),
  }
  if (flags.text('format') === 'json') {
    terminal.out(JSON.stringify({ root: root.digest, from, refreshed, repository, ageInDays: age, ...names, leftOut: root.leftOut }))
    return
  }
  const lines = [
    ...field(terminal, 'root', root.digest),
    ...field(terminal, '', from === 'pinned' ? `pinned at ${refreshed}` : `${from}, as of ${refreshed} (${age} days ago)`),
    ...(repository.mirror === PUBLIC_MIRROR ? [] : field(terminal, 'follows', followed(repository))),
    ...Object.entries({
      issuers: names.authorities,
      logs: names.logs,
      'ct logs': names.certificateLogs,
      times: names.timestampAuthorities,
    }).flatMap(([label, list]) =>
      list.length === 0 ? field(terminal, label, 'none') : list.flatMap((name, at) => field(terminal, at === 0 ? label : '', name)),
    ),
  ]
  for (const left of root.leftOut) lines.push(...field(terminal, 'left out', `${left}: its kind of key is not supported`))
  terminal.out(lines.join('\n'))
}
