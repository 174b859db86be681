import type { Guard } from './guards.ts'

/** Guards of what is asked of services: registries, issuers of identities, logs. */
export const SERVICE_GUARDS: readonly Guard[] = [
  {
    id: 'GHSA-hm8f-75xx-w2vr',
    against: 'a code of somebody else, brought by whoever makes a browser come here',
    file: 'src/trust/keyless/browser-token.ts',
    guard: "(query) => isSame(query.get('state'), state)",
    without: '() => true',
    test: 'src/trust/keyless/tokens.test.ts',
  },
  {
    id: 'fulcio#e4637a3',
    against: 'a secret sent on to wherever an answer says',
    file: 'src/artifact/registry/http.ts',
    guard: "redirect: 'manual', signal",
    without: "redirect: 'follow', signal",
    test: 'src/trust/keyless/tokens.test.ts',
  },
  {
    id: 'sigstore-js#85c5838',
    against: 'credentials of a host that has another’s name within its own',
    file: 'src/artifact/registry/credentials.ts',
    guard: 'const entry = ownValue(config.auths, key)',
    without: 'const entry = Object.entries(config.auths ?? {}).find(([name]) => name.includes(key) || key.includes(name))?.[1]',
    test: 'src/artifact/registry/credentials.test.ts',
  },
  {
    id: 'CVE-2023-33959',
    against: 'another manifest than was asked for',
    file: 'src/artifact/registry/repository.ts',
    guard: 'isDigest(reference) && real !== reference',
    without: 'false',
    test: 'src/artifact/registry/registry.test.ts',
  },
]

/** Shown by a test of its name, and guarded in more places than one. */
export const OTHER_SERVICES: readonly (readonly [id: string, against: string, test: string])[] = [
  ['GHSA-4c4x-jm2x-pf9j', 'a key fetched from wherever a log entry says', 'test/security/log-entries.test.ts'],
  ['GHSA-r2xv-vpr2-42m9', 'a publish attestation of npm that nobody verified', 'src/gate/npm.test.ts'],
]
