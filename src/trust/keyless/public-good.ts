import type { Service, SigningConfig } from './signing-config.ts'

const since = (url: string, version: number, start: string): Service => ({
  url: new URL(url),
  operator: 'sigstore.dev',
  version,
  start: Date.parse(start),
  end: Infinity,
})

/** The public Sigstore instance, as its signing configuration of October 2025 names it. Rekor v2 moves to a new shard at times: --signing-config names a newer one. */
export const PUBLIC_GOOD_SIGNING: SigningConfig = {
  authorities: [since('https://fulcio.sigstore.dev', 1, '2022-04-13T20:06:15Z')],
  issuers: [since('https://oauth2.sigstore.dev/auth', 1, '2022-04-13T20:06:15Z')],
  logs: [since('https://log2025-1.rekor.sigstore.dev', 2, '2025-10-06T00:00:00Z')],
  logRule: { kind: 'any' },
  timestampAuthorities: [since('https://timestamp.sigstore.dev/api/v1/timestamp', 1, '2025-07-04T00:00:00Z')],
  timestampRule: { kind: 'any' },
}
