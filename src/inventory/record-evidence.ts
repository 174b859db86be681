import type { Verdict } from '../evidence/verdict.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { canonicalBytes, canonicalJson } from '../kernel/json.ts'
import type { Waiver } from '../kernel/waiver.ts'
import type { Scope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import type { Receipt } from '../trust/receipt.ts'
import { inventoryDb } from './inventory-db.ts'
import { utcTime } from './times.ts'

/**
 * Notes a verified piece of evidence about an artifact, once for each signer of the same bytes. Again: nothing changes, except that a
 * log entry is added where none was known.
 */
export async function recordEvidence(store: Store, scope: Scope, artifact: Digest, receipt: Receipt, recordedAt: string): Promise<void> {
  const { signer, time, log } = receipt
  const logged = {
    log_index: log?.proof.index ?? null,
    log_size: log?.size ?? null,
    log_root: log?.root ?? null,
    checkpoint_by: log?.checkpointBy ?? null,
  }
  const row = {
    artifact,
    envelope: receipt.envelope,
    predicate_type: receipt.statement.predicateType,
    authority: signer.authority,
    signer_kind: signer.kind,
    key_id: signer.keyId,
    identity: signer.identity?.subject ?? null,
    issuer: signer.identity?.issuer ?? null,
    // Evidence that names no time keeps none: when it was recorded is another fact.
    signed_at: time.at === '' ? '' : utcTime(time.at, 'time of the evidence'),
    time_proof: time.proof,
    ...logged,
    matched: receipt.matched,
    place: receipt.where,
    recorded_at: utcTime(recordedAt, 'recordedAt'),
  }
  await inventoryDb(store, scope).transaction(async (db) => {
    await db.insertMissing('evidence', [row])
    if (log === undefined) return
    await db
      .updateTable('evidence')
      .set(logged)
      .where('artifact', '=', artifact)
      .where('envelope', '=', receipt.envelope)
      .where('key_id', '=', signer.keyId)
      .where('log_index', 'is', null)
      .execute()
  })
}

/** Notes a verdict, clause by clause. Out: its id, the digest of what was judged; the same verdict again changes nothing. */
export async function recordVerdict(store: Store, scope: Scope, verdict: Verdict, environment?: string): Promise<Digest> {
  const id = digestOf(canonicalBytes({ verdict, environment }))
  await inventoryDb(store, scope).insertMissing('verdict', [
    {
      id,
      artifact: verdict.artifact,
      environment: environment ?? null,
      decision: verdict.decision,
      policy_name: verdict.policy.name,
      policy_digest: verdict.policy.digest,
      clauses: canonicalJson(verdict.clauses),
      judged_at: utcTime(verdict.at, 'time of the verdict'),
    },
  ])
  return id
}

/** Notes a waiver as it was given; whether it holds is asked of `waiverState` when it is used. Again: nothing changes. */
export async function recordWaiver(store: Store, scope: Scope, waiver: Waiver, recordedAt: string): Promise<void> {
  await inventoryDb(store, scope).insertMissing('waiver', [
    {
      id: waiver.id,
      clause: waiver.clause,
      scope: waiver.scope,
      asked_by: waiver.askedBy,
      approved_by: waiver.approvedBy,
      reason: waiver.reason,
      ticket: waiver.ticket,
      not_after: utcTime(waiver.notAfter, `end of waiver ${waiver.id}`),
      recorded_at: utcTime(recordedAt, 'recordedAt'),
    },
  ])
}
