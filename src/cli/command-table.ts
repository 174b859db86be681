import type { Command } from './command.ts'

/** A command's place in help and how its file is loaded; nothing of it is read before it is called. */
export type CommandEntry = {
  readonly group: 'the chain' | 'one step' | 'look' | 'manage'
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** Every command. Adding one is adding a file under commands/ and a line here. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  ship: {
    group: 'the chain',
    summary: 'check, build, sign, log, judge and promote this project',
    load: async () => (await import('./commands/ship.ts')).ship,
  },
  init: {
    group: 'the chain',
    summary: 'write a commented tally.yaml for this project',
    load: async () => (await import('./commands/init.ts')).init,
  },
  verify: {
    group: 'the chain',
    summary: 'who signed and attested an artifact, and does that suffice',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  'verify-blob': {
    group: 'look',
    summary: 'is a file signed by a key or identity, in cosign’s words',
    load: async () => (await import('./commands/verify-blob.ts')).verifyBlob,
  },
  'verify-attestation': {
    group: 'look',
    summary: 'who attested what about an image, in cosign’s words',
    load: async () => (await import('./commands/verify-attestation.ts')).verifyAttestation,
  },
  'verify-blob-attestation': {
    group: 'look',
    summary: 'who attested what about a file, in cosign’s words',
    load: async () => (await import('./commands/verify-blob-attestation.ts')).verifyBlobAttestation,
  },
  trust: {
    group: 'manage',
    summary: 'show, refresh and pin the Sigstore trusted root',
    load: async () => (await import('./commands/trust.ts')).trust,
  },
  gate: { group: 'the chain', summary: 'judge an artifact by a policy', load: async () => (await import('./commands/gate.ts')).gate },
  promote: {
    group: 'the chain',
    summary: 'copy an artifact and its evidence, if the policy allows it',
    load: async () => (await import('./commands/promote.ts')).promote,
  },
  serve: {
    group: 'the chain',
    summary: 'the page and the HTTP API, on loopback',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  check: {
    group: 'one step',
    summary: 'find what is wrong in workflows, Dockerfiles, lockfiles, secrets',
    load: async () => (await import('./commands/check.ts')).check,
  },
  sbom: {
    group: 'one step',
    summary: 'list what is inside a directory or an image',
    load: async () => (await import('./commands/sbom.ts')).sbom,
  },
  build: {
    group: 'one step',
    summary: 'run a build and record its provenance',
    load: async () => (await import('./commands/build.ts')).build,
  },
  sign: { group: 'one step', summary: 'sign an artifact', load: async () => (await import('./commands/sign.ts')).sign },
  attest: {
    group: 'one step',
    summary: 'sign a statement about an artifact',
    load: async () => (await import('./commands/attest.ts')).attest,
  },
  'sign-blob': {
    group: 'one step',
    summary: 'sign the bytes of a file, as cosign does',
    load: async () => (await import('./commands/sign-blob.ts')).signBlob,
  },
  'attest-blob': {
    group: 'one step',
    summary: 'sign a statement about a file, as cosign does',
    load: async () => (await import('./commands/attest-blob.ts')).attestBlob,
  },
  inspect: {
    group: 'look',
    summary: 'what is there, who signed it, and what to do next',
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  tree: { group: 'look', summary: 'all evidence on an artifact', load: async () => (await import('./commands/tree.ts')).tree },
  download: {
    group: 'look',
    summary: 'fetch evidence as it is stored',
    load: async () => (await import('./commands/download.ts')).download,
  },
  impact: {
    group: 'look',
    summary: 'which artifacts hold a package, and where they run',
    load: async () => (await import('./commands/impact.ts')).impact,
  },
  log: {
    group: 'look',
    summary: 'check the ledger, alone or against a receipt',
    load: async () => (await import('./commands/log.ts')).log,
  },
  key: { group: 'manage', summary: 'make, show, import and export keys', load: async () => (await import('./commands/key.ts')).key },
  login: { group: 'manage', summary: 'store a credential for a registry', load: async () => (await import('./commands/login.ts')).login },
  token: { group: 'manage', summary: 'make and revoke tokens for machines', load: async () => (await import('./commands/token.ts')).token },
  config: {
    group: 'manage',
    summary: 'print the configuration in force, and where it comes from',
    load: async () => (await import('./commands/config.ts')).config,
  },
  completion: {
    group: 'manage',
    summary: 'completion for bash, zsh or fish',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
}
