import { resolve } from 'node:path'
import { checkPredicate, predicateTypeOf } from '../evidence/predicates/index-table.ts'
import { readAll, textOf } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import type { Context, OptionSpec } from './command.ts'

/** Flags of `attest` and `attest-blob`: what is said. */
export const PREDICATE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  predicate: { type: 'string', value: 'FILE', help: 'the predicate, JSON; - for stdin' },
  type: {
    type: 'string',
    value: 'TYPE',
    help: 'slsaprovenance1, cyclonedx, spdxjson, vuln, openvex, … or a URI; custom wraps any text',
    default: 'custom',
  },
}

/** Reads the predicate the flags name. Throws `usage` without one, `evidence-malformed` when it is not what its type promises. */
export async function readPredicate(context: Context): Promise<{ readonly predicateType: string; readonly predicate: unknown }> {
  const { flags, deps, cwd } = context
  const file = flags.text('predicate')
  if (file === undefined) throw fail('usage', 'is missing', { where: '--predicate', hint: 'name the file that holds the predicate' })
  const where = file === '-' ? 'stdin' : file
  if (file === '-') context.deps.log('debug', 'reading the predicate from stdin')
  const type = flags.text('type') ?? 'custom'
  const predicateType = predicateTypeOf(type)
  const bytes =
    file === '-'
      ? await readAll(context.stdin(), LIMITS.bundleBytes, 'bundleBytes', where)
      : await readFileBounded(deps, resolve(cwd, file), 'bundleBytes')
  // cosign's own predicate for what is of no type: the text as it is, and when it was signed.
  if (type === 'custom') return { predicateType, predicate: { Data: textOf(bytes, 'usage', where), Timestamp: deps.now().toISOString() } }
  const predicate = parseJson(bytes, where)
  const checked = checkPredicate(predicateType, predicate)
  if (!checked.ok)
    throw fail('evidence-malformed', `is not a predicate of type ${predicateType}: ${checked.why}`, {
      where,
      hint: 'check --type, or make the predicate again with the tool that wrote it',
    })
  return { predicateType, predicate }
}
