import { resolve } from 'node:path'
import { lookWithGit } from '../build/git.ts'
import { verifyGit } from '../chain/verify-git.ts'
import type { GitVerdict } from '../chain/verify-git.ts'
import { textOf } from '../kernel/bytes.ts'
import { exitCodeOf, fail } from '../kernel/errors.ts'
import type { TallyError } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { parseAllowedSigners } from '../trust/git/allowed-signers.ts'
import { parseKeyring } from '../trust/git/openpgp/keyring.ts'
import type { GitTrust } from '../trust/git/verify-object.ts'
import type { Context } from './command.ts'
import { openWorkspaceOf } from './context.ts'
import { GIT_PREFIX } from './git-words.ts'
import { identityFromFlags, instanceFromFlags } from './identity-flags.ts'
import { renderError } from './render/error.ts'
import { field } from './render/layout.ts'

/** `tally verify git:REV…`: who signed commits or tags of the repository here, from the bytes git stores, offline. */
export async function verifyGitWords(context: Context): Promise<number> {
  const { deps, words, cwd, terminal, flags } = context
  const { trust, from } = await gitTrustOf(context)
  let exitCode = 0
  for (const [at, word] of words.entries()) {
    const verdict = await verifyGit(deps, cwd, word.slice(GIT_PREFIX.length), trust)
    const problem = problemOf(word, verdict)
    const own = problem === undefined ? 0 : exitCodeOf(problem)
    exitCode = Math.max(exitCode, own)
    if (flags.text('format') === 'json') {
      const { ok, ...rest } = verdict.result
      terminal.out(JSON.stringify({ name: word, ...verdict.object, ok, ...rest, exitCode: own }))
      continue
    }
    if (at > 0) terminal.out('')
    terminal.out([...lines(context, verdict), ...field(terminal, 'trusted', ...from)].join('\n'))
    if (problem !== undefined) terminal.note(renderError(problem, terminal))
  }
  return exitCode
}

async function gitTrustOf(context: Context): Promise<{ readonly trust: GitTrust; readonly from: readonly string[] }> {
  const { deps, cwd, flags } = context
  const named = flags.text('allowed-signers')
  const keyFiles = flags.list('openpgp-keys')
  const file = named === undefined ? await ownAllowedSigners(context) : resolve(cwd, named)
  const identity = await identityFromFlags(context, instanceFromFlags(context, await openWorkspaceOf(context, true)))
  if (file === undefined && keyFiles.length === 0 && identity === undefined) {
    throw fail('untrusted', 'nobody is trusted here to sign commits: no list of allowed signers, no OpenPGP key and no identity is named', {
      hint: 'name one with --allowed-signers FILE (a line of it is `alice@example.com namespaces="git" ssh-ed25519 AAAA…`) or --openpgp-keys FILE',
    })
  }
  const allowedSigners = file === undefined ? [] : parseAllowedSigners(await readFileBounded(deps, file, 'configBytes'), named ?? file)
  const rings = await Promise.all(
    keyFiles.map(async (each) =>
      parseKeyring(textOf(await readFileBounded(deps, resolve(cwd, each), 'configBytes'), 'key-invalid', each), each),
    ),
  )
  const from = [
    ...(file === undefined ? [] : [`the allowed signers of ${named ?? file}`]),
    ...keyFiles.map((each) => `the OpenPGP keys of ${each}`),
  ]
  if (identity !== undefined) from.push(`the identity ${identity.subject.text} (by ${identity.issuer.text})`)
  return { trust: { allowedSigners, openPgpKeys: rings.flat(), identities: identity === undefined ? [] : [identity] }, from }
}

/** What the user's own configuration names; what the repository's names would be the word of whoever wrote the repository. */
async function ownAllowedSigners({ deps, cwd }: Context): Promise<string | undefined> {
  const answer = await lookWithGit(deps, cwd, ['config', '--global', '--type=path', '--get', 'gpg.ssh.allowedSignersFile'])
  const path = answer.ok ? answer.out.trim() : ''
  return path === '' ? undefined : resolve(cwd, path)
}

function lines({ terminal }: Context, { object, result }: GitVerdict): string[] {
  if (!result.ok) return field(terminal, object.type, object.id)
  const { name, email, seconds } = result.maker
  return [
    ...field(terminal, object.type, object.id),
    ...(result.names === undefined ? [] : field(terminal, 'names', `${result.names.type} ${result.names.id} as ${result.names.tag}`)),
    ...field(terminal, 'signed', `by ${result.signer} (${result.form})`),
    ...field(terminal, 'made', `by ${name} <${email}> at ${new Date(seconds * 1000).toISOString()}, as it says itself`),
  ]
}

function problemOf(word: string, { result }: GitVerdict): TallyError | undefined {
  if (result.ok) return undefined
  const hints = {
    'no-evidence': 'sign it: `git commit -S`, `git tag -s`',
    untrusted: 'name the signer in --allowed-signers, --openpgp-keys or --certificate-identity, if you know who it is',
    'signature-invalid': 'do not use it; fetch it again from a source you trust',
    'evidence-malformed': 'do not use it; fetch it again from a source you trust',
  } as const
  return fail(result.code, result.why, { where: word, hint: hints[result.code] })
}
