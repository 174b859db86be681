import { basename, dirname, join, relative, resolve } from 'node:path'
import { utf8, textOf } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { safeText } from '../../kernel/text.ts'
import { readFileBounded } from '../../kernel/read-file.ts'
import { exportCosignKey, isCosignKey } from '../../trust/cosign-key.ts'
import { exportPrivateKey, generateKey, loadPublicKey, publicKeyOf } from '../../trust/keys.ts'
import { openLocalKey } from '../../trust/local-key.ts'
import { openSigner, parseSignerReference } from '../../trust/open-signer.ts'
import { findPassphrase } from '../../trust/passphrase.ts'
import type { PassphraseSources } from '../../trust/passphrase.ts'
import { isLockedKey, unlockKey } from '../../trust/private-key.ts'
import { KEY_ALGORITHMS } from '../../trust/schemes.ts'
import type { KeyAlgorithm } from '../../trust/schemes.ts'
import { askSecret, openWorkspaceOf } from '../context.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { field } from '../render/layout.ts'
import type { Context } from '../command.ts'

const VERBS = ['new', 'show', 'import', 'export'] as const

/** `tally key new|show|import|export`: private keys are PKCS#8 PEM (or cosign's own form) of mode 0600, public ones SubjectPublicKeyInfo PEM. */
export const key = defineCommand({
  name: 'key',
  summary: 'make, show, import and export keys',
  usage: [
    'tally key new FILE [--type TYPE] [--cosign]',
    'tally key show [FILE|URI|local]',
    'tally key import FROM FILE [--cosign]',
    'tally key export [FILE|URI|local] [--private [--cosign]]',
  ],
  examples: [
    ['tally key new team.pem', 'a new key; its passphrase is asked for or comes from TALLY_KEY_PASSPHRASE'],
    ['tally key show', 'the key of this machine'],
    ['tally key import old.pem team.pem', 'the same key, encrypted anew'],
    ['tally key import cosign.key team.pem', 'a key that cosign made, as PKCS#8; its passphrase comes from COSIGN_PASSWORD'],
    ['tally key import team.pem cosign.key --cosign', 'the other way'],
    ['tally key export local > machine.pub', 'the public key others verify with'],
    ['tally key export awskms:///alias/release > release.pub', 'the same of a key in a key service'],
  ],
  options: {
    type: { type: 'string', value: 'TYPE', choices: KEY_ALGORITHMS, help: KEY_ALGORITHMS.join(', '), default: 'ecdsa-p256' },
    'passphrase-file': { type: 'string', value: 'FILE', help: 'file that holds the passphrase' },
    'insecure-no-passphrase': { type: 'boolean', help: 'write the private key unencrypted', noEnv: true },
    private: { type: 'boolean', help: 'export the private key, as it is stored', noEnv: true },
    cosign: { type: 'boolean', help: 'write the private key in cosign’s own encrypted form', noEnv: true },
    force: { type: 'boolean', help: 'overwrite a file that is there', noEnv: true },
    format: FORMAT_TEXT_JSON,
  },
  words: { min: 1, max: 3, names: `a verb: ${VERBS.join(', ')}` },
  run: async (context) => {
    const [verb = '', first, second] = context.words
    if (verb === 'new') return await makeKey(context, wanted(first, 'the file to write'))
    if (verb === 'import') return await importKey(context, wanted(first, 'the key to import'), wanted(second, 'the file to write'))
    if (verb === 'show') return await showKey(context, first ?? 'local')
    if (verb === 'export') return await exportKey(context, first ?? 'local')
    throw fail('usage', `is none of ${VERBS.join(', ')}`, { where: `tally key ${verb}` })
  },
})

function wanted(word: string | undefined, what: string): string {
  if (word === undefined) throw fail('usage', `needs ${what}`, { where: 'tally key', hint: 'see `tally key --help`' })
  return word
}

async function makeKey(context: Context, file: string): Promise<number> {
  const passphrase = await newPassphrase(context)
  await writeKey(context, file, generateKey((context.flags.text('type') ?? 'ecdsa-p256') as KeyAlgorithm), passphrase)
  return 0
}

async function importKey(context: Context, from: string, file: string): Promise<number> {
  const path = resolve(context.cwd, from)
  const pem = textOf(await readFileBounded(context.deps, path, 'keyFileBytes'), 'key-invalid', from)
  const imported = await unlockOldKey(context, pem, from)
  await writeKey(context, file, imported, await newPassphrase(context))
  return 0
}

async function writeKey(
  context: Context,
  file: string,
  made: ReturnType<typeof generateKey>,
  passphrase: string | undefined,
): Promise<void> {
  const { deps, cwd, terminal, flags } = context
  const path = resolve(cwd, file)
  const publicPath = join(dirname(path), `${basename(path).replace(/\.(pem|key)$/, '')}.pub`)
  const half = publicKeyOf(made)
  const privateText = await privateTextOf(context, made, passphrase)
  // Both or neither: a private key must not be left behind because its public half had no place.
  for (const each of [path, publicPath]) {
    if (flags.on('force')) await deps.fs.rm(each, { force: true })
    else if ((await deps.fs.stat(each).catch(() => undefined)) !== undefined) throw alreadyThere(each)
  }
  await writeNew(context, path, privateText, 0o600)
  await writeNew(context, publicPath, half.pem, 0o644)
  if (flags.text('format') === 'json')
    terminal.out(
      JSON.stringify({
        keyId: half.keyId,
        algorithm: half.algorithm,
        privateKeyFile: path,
        publicKeyFile: publicPath,
        encrypted: passphrase !== undefined,
      }),
    )
  else {
    const publicName = relative(cwd, publicPath)
    terminal.out(
      [
        ...field(terminal, 'private', `${file} (${passphrase === undefined ? 'NOT encrypted' : 'encrypted'})`),
        ...field(terminal, 'public', publicName),
        ...field(terminal, 'kind', half.algorithm),
        ...field(terminal, 'key id', half.keyId),
        '',
        'To trust it, add to `trust` in tally.yaml:',
        `  - name: ${basename(publicPath, '.pub')}`,
        '    authority: key',
        `    key: ${publicName}`,
        '    may: [sign, sbom, provenance, check]',
      ]
        .map(safeText)
        .join('\n'),
    )
  }
}

async function writeNew(context: Context, path: string, text: string, mode: number): Promise<void> {
  try {
    const handle = await context.deps.fs.open(path, 'wx', mode)
    try {
      await handle.writeFile(utf8(text))
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw (error as { code?: unknown }).code === 'EEXIST' ? alreadyThere(path) : error
  }
}

function alreadyThere(path: string): Error {
  return fail('usage', 'is there already', { where: path, hint: 'choose another name, or overwrite it with --force' })
}

async function newPassphrase(context: Context): Promise<string | undefined> {
  if (context.flags.on('insecure-no-passphrase')) return undefined
  const file = context.flags.text('passphrase-file')
  const prompt = async (): Promise<string | undefined> => {
    const typed = await askSecret('Passphrase for the new key: ')
    if (typed !== (await askSecret('Once more: ')))
      throw fail('passphrase-wrong', 'the two were not the same', { hint: 'run the command again' })
    return typed
  }
  const found = await findPassphrase(context.deps, {
    ...(file === undefined ? {} : { file }),
    ...(context.terminal.interactive ? { prompt } : {}),
  })
  if (found === undefined) {
    throw fail('passphrase-missing', 'a new key wants a passphrase', {
      hint: 'set TALLY_KEY_PASSPHRASE, use --passphrase-file, or say --insecure-no-passphrase',
    })
  }
  return found.text
}

/** The private key as text, in the form that was asked for. */
async function privateTextOf(context: Context, key: ReturnType<typeof generateKey>, passphrase: string | undefined): Promise<string> {
  if (!context.flags.on('cosign')) return exportPrivateKey(key, passphrase)
  if (passphrase === undefined) throw fail('usage', 'writes keys with a passphrase only', { where: '--cosign' })
  return await exportCosignKey(key, passphrase)
}

/** Opens the key to import: by TALLY_IMPORT_PASSPHRASE, by what a person types, or by the variables every key is opened by. */
async function unlockOldKey(context: Context, pem: string, from: string): Promise<ReturnType<typeof generateKey>> {
  const { fs, env } = context.deps
  const named = env['TALLY_IMPORT_PASSPHRASE']
  if (named !== undefined && named !== '') return await unlockKey({ fs, env: { TALLY_KEY_PASSPHRASE: named } }, pem, {}, from)
  const cosign = isCosignKey(pem) ? env['COSIGN_PASSWORD'] : undefined
  if (cosign !== undefined) return await unlockKey({ fs, env: { COSIGN_PASSWORD: cosign } }, pem, {}, from)
  if (!context.terminal.interactive) return await unlockKey({ fs, env }, pem, {}, from)
  return await unlockKey({ fs, env: {} }, pem, { prompt: () => askSecret('Passphrase of the key to import: ') }, from)
}

async function showKey(context: Context, name: string): Promise<number> {
  const { terminal, flags } = context
  const half = await publicHalf(context, name)
  if (flags.text('format') === 'json')
    terminal.out(
      JSON.stringify({ keyId: half.keyId, algorithm: half.algorithm, publicKeyPem: half.pem, kind: name === 'local' ? 'local' : 'key' }),
    )
  else {
    terminal.out(`key id     ${half.keyId}`)
    terminal.out(`algorithm  ${half.algorithm}`)
    terminal.out(`kind       ${name === 'local' ? 'local: made on this machine, proves only this machine' : 'key'}`)
    terminal.out(half.pem.trimEnd())
  }
  return 0
}

async function exportKey(context: Context, name: string): Promise<number> {
  if (!context.flags.on('private')) {
    context.terminal.outBytes(utf8((await publicHalf(context, name)).pem))
    return 0
  }
  const path = name === 'local' ? join((await openWorkspaceOf(context)).dataDir, 'keys', 'local.pem') : resolve(context.cwd, name)
  const bytes = await readFileBounded(context.deps, path, 'keyFileBytes')
  const pem = textOf(bytes, 'key-invalid', path)
  const wantsForm = context.flags.on('cosign') && !isCosignKey(pem)
  if (isLockedKey(pem) && !wantsForm) {
    context.terminal.outBytes(bytes)
    return 0
  }
  const opened = await unlockKey(context.deps, pem, passphraseSources(context), path)
  context.terminal.outBytes(utf8(await privateTextOf(context, opened, await newPassphrase(context))))
  return 0
}

async function publicHalf(context: Context, name: string): Promise<ReturnType<typeof publicKeyOf>> {
  if (name === 'local') {
    const { signer } = await openLocalKey(context.deps, (await openWorkspaceOf(context)).dataDir)
    return loadPublicKey(signer.publicKeyPem)
  }
  const reference = parseSignerReference(name)
  if (reference.kind === 'service') {
    const dirs = { dataDir: context.cwd, baseDir: context.cwd, offline: context.flags.on('offline') }
    return loadPublicKey((await openSigner(context.deps, reference, dirs)).signer.publicKeyPem)
  }
  const path = resolve(context.cwd, name)
  const pem = textOf(await readFileBounded(context.deps, path, 'keyFileBytes'), 'key-invalid', name)
  if (pem.includes('PUBLIC KEY')) return loadPublicKey(pem, name)
  return publicKeyOf(await unlockKey(context.deps, pem, passphraseSources(context), name))
}

function passphraseSources(context: Context): PassphraseSources {
  const file = context.flags.text('passphrase-file')
  return {
    ...(file === undefined ? {} : { file }),
    ...(context.terminal.interactive ? { prompt: () => askSecret('Passphrase: ') } : {}),
  }
}
