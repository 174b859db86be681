import { openWorkspace } from '../chain/workspace.ts'
import type { Workspace } from '../chain/workspace.ts'
import { fail } from '../kernel/errors.ts'
import type { OpenedKey } from '../trust/open-signer.ts'
import type { Context, OptionSpec } from './command.ts'

/** Flags of commands that speak to registries. */
export const REGISTRY_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'allow-http-registry': { type: 'boolean', help: 'speak plain HTTP to a registry that is not on loopback' },
}

/** Flags of commands that sign. */
export const SIGNER_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  key: {
    type: 'string',
    value: 'KEY',
    help: 'local, keyless, a path, env://NAME, or a key at awskms: gcpkms: azurekms: hashivault: pkcs11: plugin:',
    default: 'local',
  },
  'passphrase-file': { type: 'string', value: 'FILE', help: 'file that holds the passphrase of the key' },
}

/** The data directory this command works with; `readOnly` for one that attaches nothing and asks much. */
export async function openWorkspaceOf(context: Context, readOnly = false): Promise<Workspace> {
  const dataDir = context.flags.text('data-dir')
  return await openWorkspace(context.deps, {
    ...(dataDir === undefined ? {} : { dataDir }),
    offline: context.flags.on('offline'),
    allowHttp: context.flags.on('allow-http-registry'),
    readOnly,
  })
}

/** The key `--key` (or `fallback`) names, opened; a person is asked for a passphrase only at a terminal. */
export async function openSignerOf(context: Context, workspace: Workspace, fallback = 'local', baseDir = context.cwd): Promise<OpenedKey> {
  const { openSigner, parseSignerReference } = await import('../trust/open-signer.ts')
  const named = context.flags.text('key')
  const file = context.flags.text('passphrase-file')
  return await openSigner(context.deps, parseSignerReference(named ?? fallback), {
    dataDir: workspace.dataDir,
    baseDir: named === undefined ? baseDir : context.cwd,
    offline: context.flags.on('offline'),
    passphrase: {
      ...(file === undefined ? {} : { file }),
      ...(context.terminal.interactive ? { prompt: () => askSecret('Passphrase: ') } : {}),
    },
  })
}

/** Asks for a line on the terminal. */
export async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}

/** Asks for a line on the terminal without showing it. */
export async function askSecret(question: string): Promise<string> {
  const { createInterface } = await import('node:readline')
  const { Writable } = await import('node:stream')
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => reject(fail('interrupted', 'no passphrase was given')))
      lines.once('close', () => reject(fail('passphrase-missing', 'no passphrase was given')))
    })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
