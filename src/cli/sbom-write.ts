import { resolve } from 'node:path'
import { writeFileAtomic } from '../kernel/atomic-file.ts'
import { fail } from '../kernel/errors.ts'
import { safeText } from '../kernel/text.ts'
import { SBOM_FORMATS, parseSbomFormat, writeSbom } from '../sbom/formats/formats.ts'
import { snapshotContext } from '../sbom/formats/github/write.ts'
import { WITHHOLDABLE } from '../sbom/model.ts'
import type { Sbom } from '../sbom/model.ts'
import { FAIL_ON, shortcomings } from '../sbom/operations/fail-on.ts'
import { withhold } from '../sbom/operations/withhold.ts'
import type { Context, OptionSpec } from './command.ts'

const NAMES = Object.keys(SBOM_FORMATS)

/** Flags of what writes an SBOM. */
export const WRITE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  format: { type: 'string', short: 'f', value: 'FORMAT', help: `${NAMES.join(', ')}; @VERSION behind it picks one`, default: 'table' },
  output: { type: 'string', short: 'o', value: 'FORMAT=FILE', multiple: true, help: 'also write FORMAT to FILE' },
  author: { type: 'string', value: 'WHO', help: 'who makes this SBOM: "Name <e-mail or URL>"' },
  withhold: {
    type: 'string',
    value: WITHHOLDABLE.join('|'),
    multiple: true,
    choices: WITHHOLDABLE,
    help: 'leave a field out that is known, and say so',
  },
  'fail-on': { type: 'string', value: FAIL_ON.join('|'), multiple: true, choices: FAIL_ON, help: 'end with 1 when the SBOM is so' },
}

/** Writes an SBOM to where the flags say. Out: the exit code, 1 for what --fail-on names. */
export async function deliver(context: Context, whole: Sbom, fallback = 'table'): Promise<number> {
  const { flags, deps, terminal, cwd } = context
  const outputs = flags.list('output').map(readOutput)
  const asked = flags.text('format')
  const format = parseSbomFormat(asked ?? fallback, '--format')
  const sbom = withheld(context, whole)
  const snapshot = snapshotContext(deps.env)
  for (const output of outputs) await writeFileAtomic(deps, resolve(cwd, output.file), writeSbom(sbom, output.format, snapshot))
  if (outputs.length === 0 || asked !== undefined) {
    terminal.outBytes(writeSbom(sbom, format, snapshot, terminal.isScreen ? terminal.columns : undefined))
  }
  const conditions = FAIL_ON.filter((condition) => flags.list('fail-on').includes(condition))
  const found = shortcomings(whole, conditions)
  for (const { what, message, components } of found) {
    const examples = components.slice(0, 5).map(({ purl }) => `\n    ${safeText(purl)}`)
    terminal.note(
      `${terminal.noteStyle('red', what)}: ${message}${examples.join('')}${components.length > 5 ? `\n    and ${components.length - 5} more` : ''}`,
    )
  }
  return found.length > 0 ? 1 : 0
}

/** An SBOM without what --withhold names. */
export function withheld({ flags }: Context, whole: Sbom): Sbom {
  const asked = flags.list('withhold')
  return withhold(
    whole,
    WITHHOLDABLE.filter((field) => asked.includes(field)),
  )
}

/** Reads FORMAT=FILE. Throws `usage`. */
export function readOutput(text: string): { readonly format: ReturnType<typeof parseSbomFormat>; readonly file: string } {
  const at = text.indexOf('=')
  if (at < 1 || at + 1 === text.length) {
    throw fail('usage', 'is not FORMAT=FILE', { where: `--output ${text}`, hint: `formats: ${NAMES.join(', ')}` })
  }
  return { format: parseSbomFormat(text.slice(0, at), '--output'), file: text.slice(at + 1) }
}
