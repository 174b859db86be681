/** One row of the error table: what the code means, how a process ends, how a server answers, what to do next. */
type ErrorRow = { readonly exit: ExitCode; readonly http: number; readonly means: string; readonly hint: string }

/** The stable exit codes of `tally` (docs/errors.md). 0 is success and stands in no row. */
export type ExitCode = 1 | 2 | 3 | 4 | 5 | 70 | 130

/**
 * The closed table of everything that can go wrong. docs/errors.md is generated from it. A row's `hint` is the default
 * next step; whoever raises the error gives a better one where it knows more.
 */
export const ERROR_TABLE = {
  // 1: the answer is no, or what was judged is not what it claims to be.
  denied: {
    exit: 1,
    http: 403,
    means: 'the policy does not allow this artifact',
    hint: 'read the failed clauses above; each names the command that mends it',
  },
  'no-evidence': {
    exit: 1,
    http: 404,
    means: 'nothing that could be verified was found',
    hint: 'sign it with `tally sign`, or say where evidence is with --bundle or --from',
  },
  untrusted: {
    exit: 1,
    http: 403,
    means: 'evidence is there, but from nobody who is trusted',
    hint: 'name who you trust with --key, or under `trust` in tally.yaml',
  },
  'artifact-malformed': {
    exit: 1,
    http: 422,
    means: 'the bytes of the artifact are not what their format says',
    hint: 'fetch or build the artifact again',
  },
  'evidence-malformed': {
    exit: 1,
    http: 422,
    means: 'a piece of evidence cannot be read',
    hint: 'make the evidence again with the tool that wrote it',
  },
  'digest-mismatch': {
    exit: 1,
    http: 422,
    means: 'bytes do not have the digest they were promised to have',
    hint: 'do not use these bytes; fetch them again from a source you trust',
  },
  'signature-invalid': {
    exit: 1,
    http: 422,
    means: 'a signature does not match its bytes and key',
    hint: 'do not use this evidence; ask its author for it again',
  },
  'limit-exceeded': {
    exit: 1,
    http: 413,
    means: 'an input is larger, deeper or longer than its cap',
    hint: 'no honest input known to us passes this cap; if yours does, please report it with the cap named above',
  },
  'tag-would-move': { exit: 1, http: 409, means: 'a release tag already names other bits', hint: 'give the new bits a new version' },
  'log-unsound': {
    exit: 1,
    http: 409,
    means: 'the ledger does not prove what it claims',
    hint: 'keep a copy of the ledger as it is and compare it with a receipt somebody else holds',
  },
  findings: {
    exit: 1,
    http: 422,
    means: 'checks found problems at or above the level that fails',
    hint: 'mend them, or lower `check.fail-on`, or add a waiver with a reason and an end',
  },
  'build-failed': {
    exit: 1,
    http: 422,
    means: 'the build command did not succeed',
    hint: 'read its output above, and run it alone to mend it',
  },
  'source-dirty': {
    exit: 1,
    http: 409,
    means: 'the source tree is not what the commit says',
    hint: 'commit or stash the change, then run again',
  },
  // 2: the question was wrong.
  usage: { exit: 2, http: 400, means: 'the command line cannot be understood', hint: 'see `tally help`' },
  'flag-unsupported': {
    exit: 2,
    http: 400,
    means: 'a flag is known elsewhere and not supported here',
    hint: "see the command's --help for what is",
  },
  'config-invalid': {
    exit: 2,
    http: 400,
    means: 'a configuration file is not valid',
    hint: 'mend the named field; `tally init` writes a commented example',
  },
  'policy-invalid': {
    exit: 2,
    http: 400,
    means: 'a policy is not valid',
    hint: 'mend the named field; the schema is schemas/policy.schema.json',
  },
  'waiver-invalid': {
    exit: 2,
    http: 400,
    means: 'a waiver is not valid or has ended',
    hint: 'ask another person to approve a new one with a later end',
  },
  'reference-invalid': {
    exit: 2,
    http: 400,
    means: 'an artifact or package reference cannot be understood',
    hint: 'write it as a file, oci:<dir>@sha256:…, oci-archive:<file> or host/repository@sha256:…',
  },
  'key-invalid': { exit: 2, http: 400, means: 'a key cannot be used', hint: 'see `tally key --help` for the kinds that can' },
  'passphrase-missing': {
    exit: 2,
    http: 400,
    means: 'a key is encrypted and no passphrase was given',
    hint: 'set TALLY_KEY_PASSPHRASE or use --passphrase-file',
  },
  'passphrase-wrong': {
    exit: 2,
    http: 400,
    means: 'a passphrase does not open its key',
    hint: 'check TALLY_KEY_PASSPHRASE or the passphrase file',
  },
  'data-newer': { exit: 2, http: 500, means: 'the data were written by a newer tally', hint: 'use that version, or another --data-dir' },
  'not-a-project': { exit: 2, http: 400, means: 'no tally.yaml was found here or above', hint: 'run `tally init`' },
  'version-unsupported': {
    exit: 2,
    http: 400,
    means: 'a file is of a version this tally does not read',
    hint: 'update tally, or convert the file',
  },
  // 3: nothing to judge.
  'nothing-to-check': { exit: 3, http: 422, means: 'the set of targets is empty', hint: 'check the path or pattern' },
  // 4: who are you?
  'login-needed': { exit: 4, http: 401, means: 'the other side wants to know who asks', hint: 'run `tally login <registry>`' },
  forbidden: { exit: 4, http: 403, means: 'the other side knows who asks, and says no', hint: 'ask its owner for the right to do this' },
  // 5: the world.
  'not-found': { exit: 5, http: 404, means: 'a file, tag or digest is not there', hint: 'check the name' },
  network: {
    exit: 5,
    http: 502,
    means: 'the other side could not be reached',
    hint: 'check the address and the network, then run again; nothing is lost',
  },
  'registry-error': {
    exit: 5,
    http: 502,
    means: 'a registry answered with something it should not',
    hint: 'try again; if it stays, ask its owner',
  },
  'service-error': {
    exit: 5,
    http: 502,
    means: 'a key service, certificate authority, log or timestamp authority answered with something it should not',
    hint: 'try again; if it stays, ask its owner',
  },
  'insecure-transport': {
    exit: 5,
    http: 502,
    means: 'credentials or content would travel unprotected',
    hint: 'use https, or --allow-http-registry if you know the network',
  },
  'root-stale': {
    exit: 5,
    http: 503,
    means: 'the Sigstore trusted root has not been refreshed for too long to be relied on',
    hint: 'run `tally trust update`, or name a root with --trusted-root',
  },
  disk: { exit: 5, http: 507, means: 'the disk refused a write', hint: 'make room, then run again; what was accepted is kept' },
  permission: { exit: 5, http: 500, means: 'the operating system refuses access', hint: 'check owner and mode, or use another --data-dir' },
  'port-in-use': { exit: 5, http: 500, means: 'the port is taken', hint: 'use --port 0 or another port' },
  database: { exit: 5, http: 503, means: 'the database could not be used', hint: 'check TALLY_DATABASE_URL and that the server runs' },
  busy: { exit: 5, http: 503, means: 'another process holds what this one needs', hint: 'wait for it to finish, then run again' },
  timeout: { exit: 5, http: 504, means: 'something took longer than its limit', hint: 'run again; if it stays, look at what it waits for' },
  'tool-missing': { exit: 5, http: 500, means: 'a program this step needs is not installed', hint: 'install it and run again' },
  offline: { exit: 5, http: 503, means: 'this needs the network, and --offline was given', hint: 'run without --offline' },
  // 70, 130
  bug: {
    exit: 70,
    http: 500,
    means: 'tally itself is wrong',
    hint: 'please report it with the lines above; SECURITY.md says how if it is a security matter',
  },
  interrupted: { exit: 130, http: 499, means: 'it was stopped from outside', hint: 'run it again; it goes on where it stood' },
} as const satisfies Record<string, ErrorRow>

/** The closed union of error codes. */
export type ErrorCode = keyof typeof ERROR_TABLE

type ErrorDetail = {
  /** Where: a path, a reference, `file:line:column`, a field. Never a secret; control characters are escaped when shown. */
  readonly where?: string
  /** The next step, when the thrower knows a better one than the table. */
  readonly hint?: string
  readonly cause?: unknown
}

/** The one error type. Faults are thrown; expected outcomes (denied, unsigned) are returned values until the edge. */
export class TallyError extends Error {
  readonly code: ErrorCode
  readonly where: string | undefined
  readonly hint: string
  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'TallyError'
    this.code = code
    this.where = detail.where
    this.hint = detail.hint ?? ERROR_TABLE[code].hint
  }
}

/** Makes an error to throw: `throw fail('usage', '…', { where: '--key' })`. The message says what and why, in lower case, without a full stop. */
export function fail(code: ErrorCode, message: string, detail: ErrorDetail = {}): TallyError {
  return new TallyError(code, message, detail)
}

/** Exit code for anything that was thrown: a TallyError by its row, an abort 130, all else is a bug (70). */
export function exitCodeOf(error: unknown): ExitCode {
  return ERROR_TABLE[asTallyError(error).code].exit
}

const SYSTEM_CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  ENAMETOOLONG: 'not-found',
  ELOOP: 'not-found',
  EISDIR: 'not-found',
  EACCES: 'permission',
  EPERM: 'permission',
  EROFS: 'permission',
  ENOSPC: 'disk',
  EDQUOT: 'disk',
  EIO: 'disk',
  EFBIG: 'disk',
  EMFILE: 'disk',
  ENFILE: 'disk',
  EADDRINUSE: 'port-in-use',
  ECONNREFUSED: 'network',
  ECONNRESET: 'network',
  ENOTFOUND: 'network',
  EAI_AGAIN: 'network',
  EHOSTUNREACH: 'network',
  ENETUNREACH: 'network',
  ETIMEDOUT: 'network',
  EPIPE: 'network',
  EPROTO: 'network',
  CERT_HAS_EXPIRED: 'network',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'network',
  SELF_SIGNED_CERT_IN_CHAIN: 'network',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'network',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'network',
  ERR_TLS_CERT_ALTNAME_INVALID: 'network',
  UND_ERR_CONNECT_TIMEOUT: 'network',
  UND_ERR_SOCKET: 'network',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
}

/**
 * Turns what Node throws (system errors, aborts, fetch failures) into a TallyError; a TallyError passes through.
 * In: the thrown value and what was being done to what (`where`). Out: a TallyError, code `bug` if it is nothing known.
 */
export function asTallyError(error: unknown, where?: string): TallyError {
  if (error instanceof TallyError) return error
  const detail = where === undefined ? { cause: error } : { cause: error, where }
  if (error instanceof Error) {
    if (error.name === 'AbortError') return fail('interrupted', 'stopped before it was done', detail)
    if (error.name === 'TimeoutError') return fail('timeout', 'took too long', detail)
    const code = systemCode(error)
    if (code !== undefined) {
      const known = SYSTEM_CODES[code]
      if (known !== undefined) return fail(known, `${describeSystem(known)} (${code})`, detail)
    }
    return fail('bug', error.message === '' ? error.name : error.message, detail)
  }
  return fail('bug', String(error), detail)
}

function systemCode(error: Error): string | undefined {
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string' && Object.hasOwn(SYSTEM_CODES, code)) return code
  const cause = error.cause
  return cause instanceof Error ? systemCode(cause) : undefined
}

function describeSystem(code: ErrorCode): string {
  return code === 'not-found' ? 'is not there' : ERROR_TABLE[code].means
}
