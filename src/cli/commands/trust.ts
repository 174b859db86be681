import { resolve } from 'node:path'
import { fail } from '../../kernel/errors.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { ROOT_AGE, ageInDays, pinRoot, readStoredRoot, refreshRoot } from '../../trust/sigstore/root-store.ts'
import type { StoredRoot } from '../../trust/sigstore/root-store.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import type { Context } from '../command.ts'
import { openWorkspaceOf } from '../context.ts'
import { field } from '../render/layout.ts'

const VERBS = ['show', 'update', 'pin'] as const

/** `tally trust show|update|pin`: whom of Sigstore this data directory trusts. */
export const trust = defineCommand({
  name: 'trust',
  summary: 'show, refresh and pin the Sigstore trusted root',
  usage: ['tally trust show', 'tally trust update', 'tally trust pin FILE'],
  examples: [
    ['tally trust show', 'the root in force, where it is from and how old it is'],
    ['tally trust update', 'fetch the root of the public instance by TUF'],
    ['tally trust pin trusted_root.json', 'use this root, of one’s own instance, until the next update'],
  ],
  options: { format: FORMAT_TEXT_JSON },
  words: { min: 1, max: 2, names: `a verb: ${VERBS.join(', ')}` },
  notes: [
    `A root that was not refreshed for ${ROOT_AGE.staleDays} days is refreshed when it is used; for ${ROOT_AGE.refusedDays} days, it is refused. A pinned one, and one given by --trusted-root, never count as too old.`,
  ],
  run: async (context) => {
    const [verb = '', file] = context.words
    if (verb !== 'pin' && file !== undefined) throw fail('usage', 'is one word too many', { where: file })
    const { deps, dataDir, registryOptions } = await openWorkspaceOf(context)
    if (verb === 'show') print(context, await readStoredRoot(deps, dataDir))
    else if (verb === 'update') print(context, await refreshRoot(deps, { dataDir, offline: registryOptions.offline }))
    else if (verb === 'pin') {
      if (file === undefined) throw fail('usage', 'needs the file of a trusted root', { where: 'tally trust pin' })
      print(context, await pinRoot(deps, dataDir, await readFileBounded(deps, resolve(context.cwd, file), 'trustedRootBytes'), file))
    } else throw fail('usage', `is none of ${VERBS.join(', ')}`, { where: `tally trust ${verb}` })
    return 0
  },
})

function print({ terminal, flags, deps }: Context, { root, from, refreshed }: StoredRoot): void {
  const age = ageInDays({ from, refreshed }, deps.now())
  const names = {
    authorities: root.authorities.map((one) => one.uri),
    logs: root.logs.map((one) => one.name),
    certificateLogs: root.certificateLogs.map((one) => one.name),
    timestampAuthorities: root.timestampAuthorities.map((one) => one.uri),
  }
  if (flags.text('format') === 'json') {
    terminal.out(JSON.stringify({ root: root.digest, from, refreshed, ageInDays: age, ...names, leftOut: root.leftOut }))
    return
  }
  const lines = [
    ...field(terminal, 'root', root.digest),
    ...field(terminal, '', from === 'pinned' ? `pinned at ${refreshed}` : `${from}, as of ${refreshed} (${age} days ago)`),
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
