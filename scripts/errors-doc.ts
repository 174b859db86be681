import { ERROR_TABLE } from '../src/kernel/errors.ts'
import type { ExitCode } from '../src/kernel/errors.ts'

const ENDINGS: Readonly<Record<ExitCode, string>> = {
  1: 'the answer is no: denied, nothing found that proves it, or bytes that are not what they claim to be',
  2: 'the question was wrong: flags, configuration, policy, key or passphrase',
  3: 'there was nothing to judge',
  4: 'the other side wants to know who asks, or says no to who asks',
  5: 'the world did not let us: network, disk, port, permission, a missing program',
  70: 'a bug in tally',
  130: 'stopped from outside',
}

/** docs/errors.md: the exit codes, then every error with what it means, its HTTP status and its next step. */
export function errorsDoc(): string {
  const rows = Object.entries(ERROR_TABLE)
  const endings = Object.entries(ENDINGS).map(([exit, means]) => `| ${exit} | ${means} |`)
  const parts = Object.entries(ENDINGS).map(([exit, means]) => {
    const errors = rows
      .filter(([, row]) => String(row.exit) === exit)
      .map(([code, row]) => `| \`${code}\` | ${row.http} | ${row.means} | ${row.hint} |`)
    return [`## ${exit}: ${means}`, '', '| code | HTTP | means | next step |', '|---|---|---|---|', ...errors].join('\n')
  })
  return [
    '# Errors and exit codes',
    '',
    'Generated from `src/kernel/errors.ts` by `npm run generate`. Codes and exit codes are stable: scripts may rely on them.',
    'An error is told in one line (what, where, why) and one `help:` line, the next step; `--format json` carries the code.',
    '',
    '| exit | means |',
    '|---|---|',
    '| 0 | done; where something was judged, it was allowed |',
    ...endings,
    '',
    parts.join('\n\n'),
    '',
  ].join('\n')
}
