import type { Dialect } from '../store/dialect.ts'
import { createTables } from '../store/table-shape.ts'
import type { TableShape, TablesOf } from '../store/table-shape.ts'
import type { Migration } from '../store/migrations.ts'

/*
 * What lasts for a while carries `valid_from` (included) and `valid_to` (excluded; null: still), so "as of" is a filter
 * and nothing that was known is overwritten.
 */
const during = { valid_from: 'text', valid_to: 'text?' } as const
// `series` is what has one value at a time: an environment, a workload in it, a tag in a repository.
// `actor` of a row is who wrote it last, which is who ended it; `set_by` is who began it.
const series = {
  series: 'text',
  id: 'text',
  artifact: 'text?',
  tag: 'text',
  set_by: 'text',
  confirmed_at: 'text',
  ...during,
} as const
const seriesKey = ['series', 'valid_from', 'id'] as const

/** What holds now, apart from the history. */
const open = { columns: ['environment', 'artifact'], where: 'valid_to is null' } as const

export const inventoryShapes = {
  artifact: {
    columns: { digest: 'text', kind: 'text', name: 'text', version: 'text?', media_type: 'text?', size: 'integer', first_seen: 'text' },
    key: ['digest'],
    indexes: { newest: { columns: ['first_seen', 'digest'] } },
  },
  /** A manifest and the digests of the same thing: the file it wraps, the config of an image. */
  artifact_alias: {
    columns: { artifact: 'text', alias: 'text', role: 'text' },
    key: ['artifact', 'alias'],
    indexes: { alias: { columns: ['alias'] } },
    references: [{ columns: ['artifact'], table: 'artifact', key: ['digest'] }],
    lean: true,
  },
  /** A package version. `short_name` is the last part of its name in lower case, by which questions find it. */
  component: {
    columns: { purl: 'text', short_name: 'text', name: 'text', version: 'text', type: 'text' },
    key: ['purl'],
    indexes: { short_name: { columns: ['short_name', 'purl'] } },
  },
  sbom: {
    columns: {
      artifact: 'text',
      id: 'text',
      completeness: 'text',
      components: 'integer',
      tool: 'text',
      created_at: 'text',
      ...during,
    },
    key: ['artifact', 'valid_from', 'id'],
  },
  /** The big relation, kept in both directions. */
  component_by_artifact: {
    columns: { artifact: 'text', purl: 'text', scope: 'text', licence: 'text?', ...during },
    key: ['artifact', 'purl', 'valid_from'],
    references: [{ columns: ['purl'], table: 'component', key: ['purl'] }],
    lean: true,
  },
  artifact_by_purl: {
    columns: { purl: 'text', artifact: 'text', ...during },
    key: ['purl', 'artifact', 'valid_from'],
    lean: true,
  },
  evidence: {
    columns: {
      artifact: 'text',
      envelope: 'text',
      predicate_type: 'text',
      authority: 'text',
      signer_kind: 'text',
      key_id: 'text',
      identity: 'text?',
      issuer: 'text?',
      signed_at: 'text',
      time_proof: 'text',
      log_index: 'integer?',
      log_size: 'integer?',
      log_root: 'text?',
      checkpoint_by: 'text?',
      matched: 'text',
      place: 'text',
      recorded_at: 'text',
    },
    key: ['artifact', 'envelope'],
  },
  verdict: {
    columns: {
      id: 'text',
      artifact: 'text',
      environment: 'text?',
      decision: 'text',
      policy_name: 'text',
      policy_digest: 'text',
      clauses: 'text',
      judged_at: 'text',
    },
    key: ['id'],
    indexes: { artifact: { columns: ['artifact', 'judged_at', 'id'] } },
  },
  environment: {
    columns: { name: 'text', comes_from: 'text?', registry: 'text?', position: 'integer' },
    key: ['name'],
  },
  current_history: {
    columns: { ...series, environment: 'text' },
    key: seriesKey,
    indexes: { artifact: { columns: ['artifact'] }, open },
    references: [{ columns: ['environment'], table: 'environment', key: ['name'] }],
  },
  deployment: {
    columns: { ...series, environment: 'text', workload: 'text' },
    key: seriesKey,
    indexes: { artifact: { columns: ['artifact'] }, open },
    references: [{ columns: ['environment'], table: 'environment', key: ['name'] }],
  },
  tag_history: {
    columns: { ...series, repository: 'text' },
    key: seriesKey,
    indexes: { artifact: { columns: ['artifact'] } },
  },
  waiver: {
    columns: {
      id: 'text',
      clause: 'text',
      scope: 'text',
      asked_by: 'text',
      approved_by: 'text',
      reason: 'text',
      ticket: 'text',
      not_after: 'text',
      recorded_at: 'text',
    },
    key: ['id'],
  },
  /** A run of `ship`. */
  run: {
    columns: {
      id: 'text',
      project: 'text',
      source_commit: 'text',
      target: 'text',
      outcome: 'text',
      artifact: 'text?',
      started_at: 'text',
      finished_at: 'text?',
    },
    key: ['id'],
    indexes: { newest: { columns: ['started_at', 'id'] } },
  },
} as const satisfies Record<string, TableShape>

export type InventoryTables = TablesOf<typeof inventoryShapes>

/** Evidence by its signer: two may sign the same bytes, which cosign 2 stores once with a signature of each beside. */
const evidenceBySigner = { ...inventoryShapes.evidence, key: ['artifact', 'envelope', 'key_id'] } as const satisfies TableShape

/** The schema of this room, for `openStore`. What was released is never changed here: a change is another entry. */
export const inventoryMigrations: readonly Migration[] = [
  { name: 'inventory-0001-first', statements: (dialect) => createTables(dialect, inventoryShapes) },
  { name: 'inventory-0002-evidence-by-signer', statements: rekeyEvidence },
]

/** A key cannot be changed on SQLite, where the table is made anew and its rows moved; PostgreSQL exchanges the key in place. */
function rekeyEvidence(dialect: Dialect): readonly string[] {
  if (dialect === 'postgres') {
    const key = ['tenant', ...evidenceBySigner.key].map((column) => `"${column}"`).join(', ')
    return [
      `alter table "evidence" drop constraint "evidence_pkey"`,
      `alter table "evidence" add constraint "evidence_pkey" primary key (${key})`,
    ]
  }
  return [
    ...createTables(dialect, { evidence_by_signer: evidenceBySigner }),
    `insert into "evidence_by_signer" select * from "evidence"`,
    `drop table "evidence"`,
    `alter table "evidence_by_signer" rename to "evidence"`,
  ]
}
