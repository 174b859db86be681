import { inflateSync } from 'node:zlib'
import { z } from 'zod'
import { overLimit } from '../../../kernel/bytes.ts'
import { TallyError } from '../../../kernel/errors.ts'
import { parseJson } from '../../../kernel/json.ts'
import { LIMITS } from '../../../kernel/limits.ts'
import { purlText } from '../../../package/purl.ts'
import type { Executable } from '../../executable/read-executable.ts'
import { malformed } from '../../byte-view.ts'
import type { Component, Edge } from '../../model.ts'
import type { Catalog } from '../cataloger.ts'
import type { Place } from '../inspector.ts'

const PACKAGE = z.object({
  name: z.string().min(1),
  version: z.string(),
  source: z.string(),
  kind: z.enum(['runtime', 'build']).catch('runtime').default('runtime'),
  dependencies: z.array(z.number().int().nonnegative()).default([]),
  root: z.boolean().default(false),
})
const AUDIT = z.object({ packages: z.array(PACKAGE).max(100_000) })

/** Cargo's section; in PE files, whose names have eight characters, it has the same. */
const SECTION = '.dep-v0'

/**
 * What a Rust program built with cargo-auditable says it was built of: zlib-packed JSON in a section of its own, with edges and
 * without what only tests needed. What only the build needed is `dev`. Undefined when there is no such section; `unreadable` when
 * there is and it is broken, over the cap, or was not kept.
 */
export function catalogAuditable(executable: Executable, place: Place): Catalog | 'unreadable' | undefined {
  for (const { sections, order } of executable.layouts) {
    const section = sections.find(({ name }) => name === SECTION)
    if (section === undefined) continue
    if (!executable.kept.has(section.offset, section.size)) return 'unreadable'
    try {
      return catalogOf(readAudit(executable.kept.view(section.offset, section.size, order).bytes, place.path), place)
    } catch (error) {
      if (error instanceof TallyError && (error.code === 'artifact-malformed' || error.code === 'limit-exceeded')) return 'unreadable'
      throw error
    }
  }
  return undefined
}

type Audit = z.infer<typeof AUDIT>

function readAudit(packed: Uint8Array, where: string): Audit {
  const json = parseJson(unpack(packed, where), where, { code: 'artifact-malformed', limitName: 'auditableBytes' })
  const parsed = AUDIT.safeParse(json)
  if (!parsed.success) throw malformed(where, 'has a list of Rust packages of another shape')
  return parsed.data
}

function unpack(packed: Uint8Array, where: string): Uint8Array {
  try {
    return inflateSync(packed, { maxOutputLength: LIMITS.auditableBytes })
  } catch (error) {
    if (error instanceof RangeError) throw overLimit('auditableBytes', LIMITS.auditableBytes, where)
    throw malformed(where, 'has a list of Rust packages that cannot be unpacked')
  }
}

function catalogOf({ packages }: Audit, place: Place): Catalog {
  const purls = packages.map(({ name, version }) => purlText({ type: 'cargo', name, version }))
  const edges: Edge[] = []
  for (const [at, { dependencies }] of packages.entries()) {
    for (const index of dependencies) {
      const to = purls[index]
      if (to !== undefined) edges.push({ from: purls[at] ?? '', to })
    }
  }
  return { components: packages.map((one, at) => componentOf(one, purls[at] ?? '', place)), edges, projects: [], read: [] }
}

function componentOf({ name, version, kind, root }: Audit['packages'][number], purl: string, { path, layer }: Place): Component {
  return {
    purl,
    name,
    version,
    type: root ? 'application' : 'library',
    hashes: {},
    evidence: [{ cataloger: 'cargo-auditable', file: path, method: 'binary', confidence: 1 }],
    scope: kind === 'build' ? 'dev' : 'required',
    ...(layer === undefined ? {} : { layer }),
  }
}
