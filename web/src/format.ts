/** The first twelve hexadecimal digits: enough for people to tell digests apart, never to decide by. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12)
}

/** Name and version of an artifact; the version once, where the name holds it already. Its digest where nobody named it. */
export function artifactTitle(artifact: { readonly name?: string; readonly version?: string }, digest: string): string {
  const { name = shortDigest(digest), version } = artifact
  return version === undefined || name.includes(version) ? name : `${name} ${version}`
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** A size for people, in powers of 1000. */
export function formatSize(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

const PREDICATES: Readonly<Record<string, string>> = {
  'https://sigstore.dev/cosign/sign/v1': 'Signature',
  'https://slsa.dev/provenance/v1': 'SLSA provenance',
  'https://slsa.dev/provenance/v0.2': 'SLSA provenance 0.2',
  'https://cyclonedx.org/bom': 'SBOM (CycloneDX)',
  'https://spdx.dev/Document': 'SBOM (SPDX)',
  'https://slsa.dev/verification_summary/v1': 'Verdict',
  'https://in-toto.io/attestation/test-result/v0.1': 'Check result',
  'https://in-toto.io/attestation/release/v0.1': 'Release',
}

/** What a predicate type is called; the type itself when it is none we know. */
export function predicateName(type: string): string {
  return Object.hasOwn(PREDICATES, type) ? (PREDICATES[type] ?? type) : type
}

/** How a time is proven, in words. */
export function timeProof(proof: string): string {
  if (proof === 'log') return 'time proven by the log'
  if (proof === 'rfc3161') return 'time proven by a timestamp authority'
  return 'time asserted by the signer'
}

/** Who signed, in words; a local key says how little it proves. */
export function signerName(signer: {
  readonly authority: string
  readonly kind: string
  readonly identity?: string
  readonly issuer?: string
}): string {
  if (signer.kind === 'local') return `${signer.authority} (local key: proves only this machine)`
  if (signer.identity !== undefined)
    return `${signer.authority} (${signer.identity}${signer.issuer === undefined ? '' : `, by ${signer.issuer}`})`
  return signer.authority
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
