import { resolve } from 'node:path'
import { textOf } from '../kernel/bytes.ts'
import { TallyError, fail } from '../kernel/errors.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { askInBrowser } from '../trust/keyless/browser-token.ts'
import type { IdentityToken } from '../trust/keyless/identity-token.ts'
import { selectServices } from '../trust/keyless/signing-config.ts'
import type { SigningConfig } from '../trust/keyless/signing-config.ts'
import type { Context } from './command.ts'

/** A token of a person, who logs in with a browser. The address is shown too, for where no browser opens. */
export async function browserToken(context: Context, config: SigningConfig, clientId: string): Promise<IdentityToken> {
  const { deps, flags, terminal, cwd } = context
  const [issuer] = selectServices(config.issuers, { kind: 'any' }, [1], deps.now(), 'issuers of identities')
  if (issuer === undefined) throw fail('config-invalid', 'lists no issuer of identities', { where: 'the signing configuration' })
  const secret = flags.text('oidc-client-secret-file')
  return await askInBrowser(deps, {
    issuer: issuer.url,
    clientId,
    ...(secret === undefined
      ? {}
      : { clientSecret: textOf(await readFileBounded(deps, resolve(cwd, secret), 'keyFileBytes'), 'usage', secret).trim() }),
    port: portOf(flags.text('oidc-redirect-url')),
    open: async (url) => {
      terminal.note(`log in with a browser: ${url.href}`)
      await openInBrowser(context, url)
    },
  })
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0
  const [, port] = /^http:\/\/localhost:(\d{1,5})\/auth\/callback$/.exec(text) ?? []
  if (port === undefined) {
    throw fail('usage', 'is not an address on this machine that is listened at', {
      where: '--oidc-redirect-url',
      hint: 'http://localhost:PORT/auth/callback',
    })
  }
  return Number(port)
}

/** Asks the desktop to open an address; where that is not possible, the person has it on the screen. */
async function openInBrowser({ deps }: Context, url: URL): Promise<void> {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open'
  try {
    await deps.spawn(program, [url.href], { timeoutMs: 10_000 })
  } catch (error) {
    if (error instanceof TallyError && (error.code === 'tool-missing' || error.code === 'timeout')) return
    throw error
  }
}
