import type { Confidence, Severity } from '../../../kernel/finding.ts'
import { hasBase62Checksum, jwtClaims, looksRandom } from './token-checks.ts'

/** How one kind of secret is recognised. */
export type Detector = {
  /** What it is, as in "a GitHub token". */
  readonly name: string
  /** Literal texts one of which every match starts with: found by plain search, so that patterns run only where they may match. */
  readonly starts: readonly string[]
  /** Tried exactly where a start was found (sticky). Every repetition has an upper bound. */
  readonly pattern: RegExp
  /** What a real one must pass beside the pattern: checksum, structure, randomness. */
  readonly holds: (match: string, after: string) => boolean
  readonly severity?: Severity
  readonly confidence?: Confidence
  /** How much text after the match `holds` wants to see. */
  readonly lookAhead?: number
  /** Characters that may not stand before a start, as a set; by default letters, digits, `+` and `/`. */
  readonly notAfter?: RegExp
  /** What is shown of it, when not the first four characters. */
  readonly shown?: string
}

const body = (from: number): ((match: string) => boolean) => {
  return (match) => looksRandom(match.slice(from))
}

/** PEM text may stand in a string, with written-out line ends. */
const PEM_BODY =
  /^(?:\\[rn]|[\s"'+,]){0,40}(?:(?:Proc-Type|DEK-Info|Version|Comment): {0,2}[^\r\n]{1,100}\s{1,4}){0,4}(?:\\[rn]|[\s"'+,]){0,40}[A-Za-z0-9+/=]{40}/

/** High-confidence secrets only: each has a fixed start and a length, and most can be checked without asking anybody. */
export const DETECTORS: readonly Detector[] = [
  {
    name: 'a private key',
    starts: ['-----BEGIN '],
    pattern: /-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|PGP) )?PRIVATE KEY(?: BLOCK)?-----/y,
    lookAhead: 600,
    holds: (_match, after) => PEM_BODY.test(after),
    shown: 'PEM',
  },
  {
    name: 'an encrypted private key',
    starts: ['-----BEGIN '],
    pattern: /-----BEGIN (?:ENCRYPTED |ENCRYPTED SIGSTORE |ENCRYPTED COSIGN )PRIVATE KEY-----/y,
    lookAhead: 600,
    holds: (_match, after) => PEM_BODY.test(after),
    severity: 'medium',
    shown: 'PEM',
  },
  {
    name: 'an AWS access key id',
    starts: ['AKIA', 'ASIA'],
    pattern: /A(?:KIA|SIA)[A-Z2-7]{16}(?![A-Za-z0-9])/y,
    holds: (match) => looksRandom(match.slice(4), 3) && !match.endsWith('EXAMPLE'),
    severity: 'high',
  },
  {
    name: 'a GitHub token',
    starts: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    pattern: /gh[pousr]_[A-Za-z0-9]{36}(?![A-Za-z0-9_])/y,
    holds: (match) => hasBase62Checksum(match.slice(4)),
  },
  {
    name: 'a GitHub fine-grained token',
    starts: ['github_pat_'],
    pattern: /github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}(?![A-Za-z0-9_])/y,
    holds: body(11),
  },
  {
    name: 'an npm token',
    starts: ['npm_'],
    pattern: /npm_[A-Za-z0-9]{36}(?![A-Za-z0-9_])/y,
    holds: (match) => hasBase62Checksum(match.slice(4)),
  },
  {
    name: 'a PyPI token',
    starts: ['pypi-AgEIcHlwaS5vcmc', 'pypi-AgENdGVzdC5weXBpLm9yZw'],
    pattern: /pypi-Ag[A-Za-z0-9_-]{60,400}/y,
    holds: (match) => looksRandom(match.slice(30)),
  },
  {
    name: 'a GitLab token',
    starts: ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'glcbt-'],
    pattern: /gl(?:pat|dt|rt|ptt|cbt)-[A-Za-z0-9_.-]{20,320}/y,
    holds: (match) => looksRandom(match.slice(6)),
  },
  {
    name: 'a Slack token',
    starts: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xapp-'],
    pattern: /(?:xox[bpars]-\d{8,14}-|xapp-\d-[A-Z0-9]{8,14}-\d{8,14}-)[A-Za-z0-9-]{20,250}/y,
    holds: (match) => looksRandom(match.slice(-20), 3),
  },
  {
    name: 'a Slack webhook',
    starts: ['https://hooks.slack.com/'],
    pattern: /https:\/\/hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Z0-9]{8,14}\/[A-Za-z0-9]{8,24}\/[A-Za-z0-9]{20,50}/y,
    holds: (match) => looksRandom(match.slice(-20), 3),
    severity: 'high',
    shown: 'hooks.slack.com',
  },
  {
    name: 'a Stripe live key',
    starts: ['sk_live_', 'rk_live_'],
    pattern: /[sr]k_live_[A-Za-z0-9]{20,250}(?![A-Za-z0-9])/y,
    holds: body(8),
  },
  {
    name: 'a Google API key',
    starts: ['AIza'],
    pattern: /AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/y,
    holds: body(4),
    severity: 'high',
    confidence: 'medium',
  },
  {
    name: 'a Google OAuth client secret',
    starts: ['GOCSPX-'],
    pattern: /GOCSPX-[A-Za-z0-9_-]{28}(?![A-Za-z0-9_-])/y,
    holds: body(7),
  },
  {
    name: 'a Docker Hub token',
    starts: ['dckr_pat_', 'dckr_oat_'],
    pattern: /dckr_[po]at_[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_-])/y,
    holds: body(9),
  },
  {
    name: 'a service token (JWT)',
    starts: ['eyJ'],
    // All characters of a JWT: a start inside one would make every try run over the rest of it.
    notAfter: /[A-Za-z0-9+/_.-]/,
    pattern: /eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{40,1500}/y,
    holds: isServiceToken,
    severity: 'high',
    confidence: 'medium',
  },
]

/** A JWT with an issuer or a role is a credential of a service; without either it is a sample more often than not. */
function isServiceToken(match: string): boolean {
  const claims = jwtClaims(match)
  if (claims === undefined) return false
  const issued = [claims['iss'], claims['role']].some((claim) => typeof claim === 'string' && claim !== '')
  return issued && looksRandom(match.slice(match.lastIndexOf('.') + 1), 4)
}
