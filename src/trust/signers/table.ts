import type { Deps } from '../../kernel/deps.ts'
import type { Signer } from '../signer.ts'

export type SignerDeps = Pick<Deps, 'fetch' | 'fs' | 'env' | 'now' | 'randomBytes' | 'signal' | 'spawn'>

type KeyService = {
  /** Whether it is asked over the network, which --offline forbids. */
  readonly isRemote: boolean
  readonly open: (deps: SignerDeps, uri: string) => Promise<Signer>
}

/** Where keys live other than in files, by the scheme of their references. Adding one is a file beside this and a line here. */
export const KEY_SERVICES: Readonly<Record<string, KeyService>> = {
  awskms: { isRemote: true, open: async (deps, uri) => await (await import('./aws-kms.ts')).openAwsKms(deps, uri) },
  azurekms: { isRemote: true, open: async (deps, uri) => await (await import('./azure-key-vault.ts')).openAzureKeyVault(deps, uri) },
  gcpkms: { isRemote: true, open: async (deps, uri) => await (await import('./gcp-kms.ts')).openGcpKms(deps, uri) },
  hashivault: { isRemote: true, open: async (deps, uri) => await (await import('./vault-transit.ts')).openVaultTransit(deps, uri) },
  pkcs11: { isRemote: false, open: async (deps, uri) => await (await import('./plug-in.ts')).openPlugIn(deps, uri) },
  plugin: { isRemote: false, open: async (deps, uri) => await (await import('./plug-in.ts')).openPlugIn(deps, uri) },
}
