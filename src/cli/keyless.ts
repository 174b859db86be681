import { resolve } from 'node:path'
import { publicRootOf } from '../chain/trust-of.ts'
import { textOf } from '../kernel/bytes.ts'
import { TallyError, fail } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { safeText } from '../kernel/text.ts'
import { findAmbientToken, hasAmbientToken } from '../trust/keyless/ambient-token.ts'
import { checkedBy } from '../trust/keyless/check-witnessed.ts'
import { readIdentityToken } from '../trust/keyless/identity-token.ts'
import type { IdentityToken } from '../trust/keyless/identity-token.ts'
import { openKeylessSigner } from '../trust/keyless/keyless-signer.ts'
import { parseSigningConfig } from '../trust/keyless/signing-config.ts'
import type { SigningConfig } from '../trust/keyless/signing-config.ts'
import { witnessBy } from '../trust/keyless/witness-by.ts'
import { parseSignerReference } from '../trust/open-signer.ts'
import type { OpenedIdentity, OpenedKey } from '../trust/open-signer.ts'
import { readStoredSigning } from '../trust/sigstore/root-store.ts'
import { parseTrustedRoot } from '../trust/sigstore/trusted-root.ts'
import type { Signer } from '../trust/signer.ts'
import { browserToken } from './browser.ts'
import type { Context, OptionSpec } from './command.ts'
import { ask, openWorkspaceOf } from './context.ts'

/** Flags of commands that can sign by identity, by cosign's names. */
export const KEYLESS_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'identity-token': { type: 'string', value: 'TOKEN', help: 'sign by identity with this token, or the token in this file' },
  'oidc-provider': { type: 'string', value: 'NAME', help: 'take the token from: envvar, github-actions, buildkite-agent, filesystem' },
  'oidc-disable-ambient-providers': { type: 'boolean', help: 'do not look for a token around this process' },
  'oidc-client-id': { type: 'string', value: 'ID', help: 'who the token must be for', default: 'sigstore' },
  'oidc-client-secret-file': { type: 'string', value: 'FILE', help: 'secret of that client, for the browser' },
  'oidc-redirect-url': {
    type: 'string',
    value: 'URL',
    help: 'where the browser comes back to',
    default: 'http://localhost:0/auth/callback',
  },
  'fulcio-auth-flow': { type: 'string', value: 'FLOW', choices: ['normal', 'token'], help: 'normal (browser) or token' },
  'signing-config': { type: 'string', value: 'FILE', help: 'the services that sign, log and timestamp', default: 'the public Sigstore' },
  'use-signing-config': { type: 'boolean', help: '--use-signing-config=false: with a key, no log and no timestamp' },
  'tlog-upload': { type: 'boolean', help: '--tlog-upload=false: no log, timestamps only' },
  'trusted-root': { type: 'string', value: 'FILE', help: 'verify by this trusted root before anything is handed out' },
}

const AMBIENT_FLAGS = ['identity-token', 'oidc-provider', 'fulcio-auth-flow']

/**
 * Whether to sign by identity: `--key keyless`, or no key and a flag that asks for it, or the ambient token of a CI job with --yes (the
 * very line cosign is called with there), or a command whose word is cosign's.
 */
export async function isKeyless(context: Context, withoutKey: 'local' | 'keyless'): Promise<boolean> {
  const { flags, deps } = context
  const key = flags.text('key')
  if (key !== undefined) return parseSignerReference(key).kind === 'keyless'
  if (withoutKey === 'keyless' || AMBIENT_FLAGS.some((name) => flags.text(name) !== undefined)) return true
  return flags.on('yes') && !flags.on('oidc-disable-ambient-providers') && (await hasAmbientToken(deps))
}

/** A signer by identity, as the flags ask for it. At a terminal, a person is asked first: what a public log holds stays there. */
export async function openKeylessOf(context: Context): Promise<OpenedIdentity> {
  const { flags, deps, terminal } = context
  if (flags.on('offline')) throw fail('offline', 'signing by identity asks a certificate authority', { where: '--key keyless' })
  const config = (await configOf(context)) ?? withoutLog(context, await publicSigning(context))
  const source = (): Promise<IdentityToken> => tokenOf(context, config)
  const first = await source()
  if (terminal.interactive && !flags.on('yes') && config.logs.length > 0) {
    const question = `${safeText(first.subject)} (by ${safeText(first.issuer)}) will stand in a public log for ever, with what is signed. Go on? [y/N] `
    if (!/^y(?:es)?$/i.test((await ask(question)).trim())) throw fail('interrupted', 'was not wanted', { where: 'signing by identity' })
  }
  let held: IdentityToken | undefined = first
  const signer = openKeylessSigner(deps, config, async () => {
    const token = held !== undefined && held.ends - deps.now().valueOf() > 5000 ? held : await source()
    held = undefined
    if (token.subject !== first.subject || token.issuer !== first.issuer) {
      throw fail('login-needed', 'is of another identity than the first token', { where: 'the identity token' })
    }
    return token
  })
  const { subject, issuer } = first
  return { signer: await checked(context, signer), kind: 'identity', identity: { subject, issuer } }
}

/** A signer by key, whose signatures are witnessed where a signing configuration is named. */
export async function witnessedOf(context: Context, opened: OpenedKey): Promise<OpenedKey> {
  const config = await configOf(context)
  const witness = config === undefined ? undefined : witnessBy(context.deps, config)
  if (witness === undefined) return opened
  if (context.flags.on('offline')) throw fail('offline', 'a signing configuration names services', { where: '--signing-config' })
  return { ...opened, signer: await checked(context, { ...opened.signer, voucher: { witness } }) }
}

async function checked(context: Context, signer: Signer): Promise<Signer> {
  const file = context.flags.text('trusted-root')
  if (file === undefined) return signer
  const bytes = await readFileBounded(context.deps, resolve(context.cwd, file), 'trustedRootBytes')
  return checkedBy(signer, parseTrustedRoot(bytes, file))
}

async function configOf(context: Context): Promise<SigningConfig | undefined> {
  const file = context.flags.text('signing-config')
  if (file === undefined || context.flags.text('use-signing-config') === 'false') return undefined
  return withoutLog(context, parseSigningConfig(await readFileBounded(context.deps, resolve(context.cwd, file), 'configBytes'), file))
}

/** The services of the public instance, as fresh as its root. */
async function publicSigning(context: Context): Promise<SigningConfig> {
  const workspace = await openWorkspaceOf(context, true)
  await publicRootOf(workspace)()
  const { bytes, path } = await readStoredSigning(context.deps, workspace.dataDir)
  return parseSigningConfig(bytes, path)
}

function withoutLog(context: Context, config: SigningConfig): SigningConfig {
  return context.flags.text('tlog-upload') === 'false' ? { ...config, logs: [] } : config
}

/** The token: given, ambient, or of a person at a browser. */
async function tokenOf(context: Context, config: SigningConfig): Promise<IdentityToken> {
  const { flags, deps, cwd, terminal } = context
  const audience = flags.text('oidc-client-id') ?? 'sigstore'
  const given = flags.text('identity-token')
  if (given !== undefined) return readIdentityToken(await tokenText(context, given, cwd), audience, deps.now(), '--identity-token')
  const flow = flags.text('fulcio-auth-flow')
  const wantsBrowser = flow === 'normal' || flags.on('oidc-disable-ambient-providers')
  try {
    if (!wantsBrowser) {
      const { text, from } = await findAmbientToken(deps, audience, flags.text('oidc-provider'))
      return readIdentityToken(text, audience, deps.now(), `the token of ${from}`)
    }
  } catch (error) {
    const isNone = error instanceof TallyError && error.code === 'login-needed' && error.where === 'keyless signing'
    if (!isNone || flow === 'token' || flags.text('oidc-provider') !== undefined || !terminal.interactive) throw error
  }
  return await browserToken(context, config, audience)
}

async function tokenText(context: Context, given: string, cwd: string): Promise<string> {
  if (given.split('.').length === 3 && !given.includes('/')) return given
  return textOf(await readFileBounded(context.deps, resolve(cwd, given), 'keyFileBytes'), 'usage', '--identity-token')
}
