import { INPUT_GUARDS, OTHER_INPUTS } from './input-guards.ts'
import { OTHER_SERVICES, SERVICE_GUARDS } from './service-guards.ts'

/**
 * What keeps us from having the vulnerabilities others had: for each advisory the guard in the code, and the test, named by the
 * advisory, that fails when the guard is taken out. `prove.ts` takes out one after the other and sees that it does.
 */
export type Guard = {
  readonly id: string
  /** What would be let through. */
  readonly against: string
  readonly file: string
  /** The guard as it stands in the file, once, and what takes its place when it is taken out. */
  readonly guard: string
  readonly without: string
  readonly test: string
}

const SIGSTORE = 'src/trust/sigstore'
const LOG_ENTRIES = 'test/security/log-entries.test.ts'
const CERTIFICATES = 'test/security/certificates.test.ts'
const TIMESTAMPS = 'test/security/timestamps.test.ts'
const SHAPES = 'test/security/shapes.test.ts'
const WORDS = 'test/e2e/cosign-words.test.ts'
const GITSIGN = 'src/trust/git/gitsign.test.ts'
const TUF = 'src/trust/sigstore/tuf/refresh.test.ts'

export const GUARDS: readonly Guard[] = [
  {
    id: 'CVE-2022-36056',
    against: 'a log entry about another signature',
    file: `${SIGSTORE}/rekor-body.ts`,
    guard: "return equalBytes(signature, subject.signature) ? undefined : 'is about another signature'",
    without: 'return undefined',
    test: LOG_ENTRIES,
  },
  {
    id: 'CVE-2026-22703',
    against: 'a log entry about other bytes',
    file: `${SIGSTORE}/rekor-body.ts`,
    guard: "return equalBytes(digest, expected) ? undefined : 'is about other bytes'",
    without: 'return undefined',
    test: LOG_ENTRIES,
  },
  {
    id: 'CVE-2022-23649',
    against: 'a log entry about somebody else’s key',
    file: `${SIGSTORE}/rekor-body.ts`,
    guard: 'if (verifier.kind === expected.kind && equalBytes(verifier.der, expected.der)) return undefined',
    without: 'return undefined',
    test: LOG_ENTRIES,
  },
  {
    id: 'CVE-2022-23649',
    against: 'a good certificate of anybody',
    file: 'src/trust/authority.ts',
    guard: 'return identities.find((identity) => authority.subject.matches(identity))',
    without: 'return identities[0]',
    test: CERTIFICATES,
  },
  {
    id: 'CVE-2026-24122',
    against: 'an issuing certificate that had expired',
    file: `${SIGSTORE}/chain.ts`,
    guard: '?? checkValidity(certificate, times)',
    without: '?? (at === 0 ? checkValidity(certificate, times) : undefined)',
    test: CERTIFICATES,
  },
  {
    id: 'GHSA-59jp-pj84-45mr',
    against: 'an identity or issuer that holds the expected one',
    file: 'src/kernel/matcher.ts',
    guard: 'matches: (value) => value === text',
    without: 'matches: (value) => value.includes(text) || text.includes(value)',
    test: CERTIFICATES,
  },
  {
    id: 'GHSA-59jp-pj84-45mr',
    against: 'any issuer',
    file: 'src/trust/authority.ts',
    guard: 'if (facts.issuer === undefined || !authority.issuer.matches(facts.issuer)) return undefined',
    without: '',
    test: CERTIFICATES,
  },
  {
    id: 'GHSA-59jp-pj84-45mr',
    against: 'a pattern that matches a part',
    file: 'src/cli/identity-flags.ts',
    guard: 'matches: regex.matchesWhole }',
    without: 'matches: (value) => new RegExp(pattern).test(value) }',
    test: WORDS,
  },
  {
    id: 'CVE-2026-48815',
    against: 'a condition on the certificate that is written down and not asked',
    file: 'src/trust/authority.ts',
    guard: "if (!authority.facts.every(({ name, is }) => is.matches(facts[name] ?? ''))) return undefined",
    without: '',
    test: CERTIFICATES,
  },
  {
    id: 'GHSA-9vcr-p3rj-q5q6',
    against: 'several timestamps of one certificate log as several logs',
    file: `${SIGSTORE}/sct.ts`,
    guard: 'holding.set(log.operator, log)',
    without: 'holding.set(String(holding.size), log)',
    test: CERTIFICATES,
  },
  {
    id: 'GHSA-9vcr-p3rj-q5q6',
    against: 'several entries of one log as several logs',
    file: `${SIGSTORE}/witness.ts`,
    guard: 'new Set(entries.map((one) => one.log.operator)).size',
    without: 'entries.length',
    test: TIMESTAMPS,
  },
  {
    id: 'GHSA-9vcr-p3rj-q5q6',
    against: 'several timestamps of one authority as several authorities',
    file: `${SIGSTORE}/witness.ts`,
    guard: 'new Set(timestamps.map((one) => one.authority.operator)).size',
    without: 'timestamps.length',
    test: TIMESTAMPS,
  },
  {
    id: 'GHSA-wqqc-jjcq-vfxm',
    against: 'a managed key outside its time',
    file: 'src/trust/vouched.ts',
    guard: 'if (validFor === undefined) return witnessed',
    without: 'return witnessed',
    test: TIMESTAMPS,
  },
  {
    id: 'CVE-2026-39984',
    against: 'a decoy that stands first among a timestamp’s certificates',
    file: `${SIGSTORE}/timestamp.ts`,
    guard: '[...known, ...brought].find((certificate) => isNamed(certificate, token))',
    without: '[...brought, ...known][0]',
    test: TIMESTAMPS,
  },
  {
    id: 'CVE-2024-56138',
    against: 'a timestamp authority that is trusted no longer',
    file: `${SIGSTORE}/chain.ts`,
    guard: 'if (times.every((time) => isWithin(authority.validFor, time))) return undefined',
    without: 'return undefined',
    test: TIMESTAMPS,
  },
  {
    id: 'GHSA-88jx-383q-w4qc',
    against: 'log entries without end',
    file: 'src/evidence/bundle.ts',
    guard: 'entries.length > LIMITS.bundleLogEntries',
    without: 'entries.length > Infinity',
    test: SHAPES,
  },
  {
    id: 'CVE-2023-46737',
    against: 'signatures without end',
    file: 'src/evidence/dsse.ts',
    guard: 'signatures.length > LIMITS.bundleSignatures',
    without: 'signatures.length > Infinity',
    test: SHAPES,
  },
  {
    id: 'CVE-2024-45395',
    against: 'an inclusion proof without end',
    file: 'src/evidence/bundle.ts',
    guard: 'hashes: orElse(list(base64, { max: 64 }), [])',
    without: 'hashes: orElse(list(base64), [])',
    test: SHAPES,
  },
  {
    id: 'CVE-2023-33957',
    against: 'a certificate without end',
    file: `${SIGSTORE}/certificate.ts`,
    guard: 'raw.byteLength > LIMITS.certificateBytes',
    without: 'raw.byteLength > Infinity',
    test: SHAPES,
  },
  {
    id: 'GHSA-95pr-fxf5-86gv',
    against: 'a timestamp without end',
    file: `${SIGSTORE}/timestamp-token.ts`,
    guard: 'bytes.byteLength > LIMITS.timestampBytes',
    without: 'bytes.byteLength > Infinity',
    test: SHAPES,
  },
  {
    id: 'CVE-2023-33958',
    against: 'subjects without end',
    file: 'src/evidence/statement.ts',
    guard: 'subjects.length > LIMITS.statementSubjects',
    without: 'subjects.length > Infinity',
    test: SHAPES,
  },
  {
    id: 'CVE-2023-33958',
    against: 'digests of a subject without end',
    file: 'src/evidence/statement.ts',
    guard: 'Object.keys(digest).length > LIMITS.subjectDigests',
    without: 'Object.keys(digest).length > Infinity',
    test: SHAPES,
  },
  {
    id: 'CVE-2022-35929',
    against: 'an attestation of another type than was asked for',
    file: 'src/cli/cosign-verify.ts',
    guard: 'receipts.filter((receipt) => receipt.statement.predicateType === predicateType)',
    without: 'receipts',
    test: WORDS,
  },
  {
    id: 'CVE-2026-39395',
    against: 'an attestation of no type that was asked for',
    file: 'src/cli/cosign-verify.ts',
    guard: 'receipts.filter((receipt) => receipt.statement.predicateType === predicateType)',
    without: 'receipts',
    test: WORDS,
  },
  {
    id: 'CVE-2022-35929',
    against: 'a statement without a predicate type',
    file: 'src/evidence/statement.ts',
    guard: 'predicateType: text({ min: 1, max: 1024 })',
    without: "predicateType: orElse(text(), '')",
    test: SHAPES,
  },
  {
    id: 'CVE-2021-41087',
    against: 'a subject that is matched by anything but a strong digest',
    file: 'src/kernel/digest.ts',
    guard: 'return strong',
    without: 'return true',
    test: SHAPES,
  },
  {
    id: 'GHSA-72c7-4g63-hpw5',
    against: 'no signature taken for a good one',
    file: 'src/trust/holders.ts',
    guard: 'if (signature === undefined) {',
    without: 'if (signature === null) {',
    test: SHAPES,
  },
  {
    id: 'GHSA-273p-m2cw-6833',
    against: 'a crash by an empty field',
    file: 'src/trust/verify.ts',
    guard: 'if (error instanceof TallyError && isRejecting(error.code)) return refuse(error.code, error.message)',
    without: '',
    test: SHAPES,
  },
  {
    id: 'CVE-2025-25204',
    against: 'a yes where nothing was verified',
    file: 'src/cli/cosign-verify.ts',
    guard: 'wanted.length > 0 ? undefined : whyNone(',
    without: 'wanted.length >= 0 ? undefined : whyNone(',
    test: WORDS,
  },
  {
    id: 'CVE-2026-48501',
    against: 'a credential sent to a TUF mirror',
    file: `${SIGSTORE}/tuf/refresh.ts`,
    guard: "{ method: 'GET', url: new URL(path, base), repeatable: true }",
    without: "{ method: 'GET', url: new URL(path, base), repeatable: true, headers: { authorization: 'Bearer x' } }",
    test: TUF,
  },
  {
    id: 'GHSA-fcv2-xgw5-pqxf',
    against: 'a path in the metadata of a TUF repository',
    file: `${SIGSTORE}/tuf/refresh.ts`,
    guard: ' || !/^[0-9a-f]{64,128}$/.test(hash)',
    without: '',
    test: TUF,
  },
  {
    id: 'CVE-2023-47122',
    against: 'a commit signed by another key than that of its certificate',
    file: 'src/trust/git/gitsign.ts',
    guard: ' || !isSignedBy(message.algorithm, certificate.key(), message.signedBytes, signature)',
    without: '',
    test: GITSIGN,
  },
  {
    id: 'CVE-2024-51746',
    against: 'a commit with a log entry about another one',
    file: 'src/trust/git/gitsign.ts',
    guard: "return 'why' in witnessed ? witnessed.why : verify",
    without: "return 'why' in witnessed ? undefined : verify",
    test: GITSIGN,
  },
  {
    id: 'CVE-2026-44309',
    against: 'a commit that two readers take for two',
    file: 'src/trust/git/signed-object.ts',
    guard: 'seen.has(name) && once.includes(name)',
    without: 'false',
    test: 'src/trust/git/verify-object.test.ts',
  },
  ...SERVICE_GUARDS,
  ...INPUT_GUARDS,
]

/** Shown by a test of its name, and guarded in more places than one. */
export const MORE: readonly (readonly [id: string, against: string, test: string])[] = [
  ['secure-systems-lab/dsse#51', 'one key counted twice', SHAPES],
  ['chainloop#3397', 'a yes where nothing was verified', WORDS],
  ...OTHER_SERVICES,
  ...OTHER_INPUTS,
]

/** test/security/README.md. */
export function securityReadme(): string {
  const row = ({ id, against, file, guard, test }: Guard) =>
    `| ${id} | ${against} | \`${file}\`: \`${guard.trim().replaceAll('|', '\\|')}\` | \`${test}\` |`
  return [
    '# What others had, and we do not',
    '',
    'Each advisory has a test named by it. The guard is the piece of code that keeps us from having it too: with the guard taken out the',
    'test fails, which `node scripts/bootstrap.cjs script test/security/prove.ts` shows, one guard after the other, in a copy of the tree.',
    'This file is made of `guards.ts`.',
    '',
    '| advisory | would be let through | guard | test |',
    '|---|---|---|---|',
    ...GUARDS.map(row),
    ...MORE.map(([id, against, test]) => `| ${id} | ${against} | several | \`${test}\` |`),
    '',
    'Beside these, `mutated-bundles.test.ts` changes bundles at random, by a seed, and asks another verifier about every one that is still',
    'accepted (`TALLY_MUTATIONS` says how many). `regular-expressions.test.ts` gives every regular expression of the program texts made to',
    'hang it.',
    '',
    'Run with 1,000,000 on 25 November 2026 (Node 24.21), a quarter on each of four bundles. In the first three quarters 27,114 were still',
    'accepted, each by both verifiers, nothing threw, and the slowest took 39 ms of CPU on a machine with four times the work it has cores',
    'for. The last quarter (`rekor2-happy-path`; slowest 30 ms) found 101 that we accepted and the other did not: in each the copy of the',
    'authority’s certificate that a timestamp brings was changed, and passed over for the one in the trusted root. Since then a timestamp',
    'that brings certificates must bring its signer’s, and that quarter found nothing when it was run again.',
    '',
  ].join('\n')
}
