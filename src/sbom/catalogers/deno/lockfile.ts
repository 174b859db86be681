import { z } from 'zod'
import { fail } from '../../../kernel/errors.ts'
import { parseJson } from '../../../kernel/json.ts'
import { describeIssues } from '../../../kernel/shape.ts'

const texts = z.record(z.string(), z.string()).default({})
/** Version 3 maps names to keys, later ones list `name`, `name@version` or `alias@npm:name@version`. */
const needs = z.union([z.array(z.string()), z.record(z.string(), z.string()).transform(Object.values<string>)]).default([])
const npmEntries = z
  .record(z.string(), z.object({ integrity: z.string().optional(), dependencies: needs, optionalDependencies: needs }))
  .default({})
const jsrEntries = z
  .record(z.string(), z.object({ integrity: z.string().optional(), dependencies: z.array(z.string()).default([]) }))
  .default({})
const member = z.object({
  dependencies: z.array(z.string()).default([]),
  packageJson: z.object({ dependencies: z.array(z.string()).default([]) }).optional(),
})
const LOCKFILE = z.object({
  version: z.string(),
  remote: texts,
  specifiers: texts,
  jsr: jsrEntries,
  npm: z.union([z.object({ specifiers: texts, packages: npmEntries }).strict(), npmEntries]).default({}),
  packages: z.object({ specifiers: texts, npm: npmEntries, jsr: jsrEntries }).optional(),
  workspace: member.extend({ members: z.record(z.string(), member).default({}) }).optional(),
})

/** deno.lock, whichever version it has: `specifiers` are what is asked for (`npm:chalk@4`), each with what it became. */
export type DenoLock = {
  readonly specifiers: Readonly<Record<string, string>>
  readonly npm: z.infer<typeof npmEntries>
  readonly jsr: z.infer<typeof jsrEntries>
  readonly remote: Readonly<Record<string, string>>
  /** What each project asks for, by its folder; none when the lockfile does not say. */
  readonly members: ReadonlyMap<string, readonly string[]>
}

/** Reads deno.lock of version 2 to 5. Throws `artifact-malformed`, `version-unsupported`, `limit-exceeded`. Source: what deno 1.37 to 2.9 write. */
export function parseDenoLock(bytes: Uint8Array, where: string): DenoLock {
  const parsed = LOCKFILE.safeParse(parseJson(bytes, where, { code: 'artifact-malformed', limitName: 'lockfileBytes' }))
  if (!parsed.success) {
    throw fail('artifact-malformed', `is not a lockfile of deno: ${describeIssues(parsed.error)}`, {
      where,
      hint: 'make it again with `deno install`',
    })
  }
  const { version, workspace, packages, remote } = parsed.data
  if (!/^[2-5]$/.test(version)) {
    throw fail('version-unsupported', `is a deno lockfile of version ${version.slice(0, 20)}; versions 2 to 5 are read`, { where })
  }
  const members = new Map<string, readonly string[]>()
  for (const [folder, one] of Object.entries(workspace === undefined ? {} : { '': workspace, ...workspace.members })) {
    members.set(folder, [...one.dependencies, ...(one.packageJson?.dependencies ?? [])])
  }
  const old = oldNpm(parsed.data.npm)
  if (old !== undefined) return { specifiers: prefixed(old.specifiers), npm: old.packages, jsr: {}, remote, members }
  if (packages !== undefined) return { specifiers: packages.specifiers, npm: packages.npm, jsr: packages.jsr, remote, members }
  return { specifiers: parsed.data.specifiers, npm: parsed.data.npm as DenoLock['npm'], jsr: parsed.data.jsr, remote, members }
}

type OldNpm = { readonly specifiers: Readonly<Record<string, string>>; readonly packages: DenoLock['npm'] }

/** Version 2 keeps specifiers and packages of npm together. */
function oldNpm(npm: z.infer<typeof LOCKFILE>['npm']): OldNpm | undefined {
  const old = npm as Partial<OldNpm>
  return old.specifiers !== undefined && old.packages !== undefined ? { specifiers: old.specifiers, packages: old.packages } : undefined
}

function prefixed(specifiers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(specifiers).map(([asked, became]) => [`npm:${asked}`, `npm:${became}`]))
}
