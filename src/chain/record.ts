import { recordArtifact } from '../inventory/record-artifact.ts'
import { recordComponents } from '../inventory/record-components.ts'
import { recordEvidence, recordVerdict } from '../inventory/record-evidence.ts'
import { moveCurrent, recordEnvironment } from '../inventory/record-places.ts'
import { recordRun } from '../inventory/runs.ts'
import type { Digest } from '../kernel/digest.ts'
import { fromCycloneDx } from '../sbom/formats/cyclonedx/read.ts'
import { localScope } from '../store/scope.ts'
import type { Store } from '../store/store.ts'
import { pathTo } from './config.ts'
import type { ShipOutcome } from './ship.ts'

/**
 * Writes what a run did into the inventory, for people and questions; nothing in it is an input of any verdict. Repeating
 * it changes nothing. In: the finished run and an open store.
 */
export async function recordShip(store: Store, outcome: ShipOutcome): Promise<void> {
  const { job, shippable, listed, proof, arrivals, verdicts } = outcome
  const scope = localScope('ship')
  const { artifact } = shippable
  // People ask how large what they shipped is, not the manifest that wraps it.
  const shown = artifact.file === undefined ? artifact : { ...artifact, size: artifact.file.size }
  // Each project has environments of its own: `tallystick/prod` is not `other/prod`.
  const placeName = (environment: string): string => `${job.project.config.name}/${environment}`
  const seenAt = job.workspace.deps.now().toISOString()
  await recordArtifact(store, scope, { artifact: shown, version: job.version, seenAt: job.startedAt })
  const sbom = await job.workspace.blobs.get(listed.digest as Digest)
  if (sbom !== undefined) await recordComponents(store, scope, artifact.digest, fromCycloneDx(sbom, 'SBOM'), job.created)
  for (const receipt of proof.receipts) await recordEvidence(store, scope, artifact.digest, receipt, seenAt)
  for (const { environment, verdict } of verdicts) await recordVerdict(store, scope, verdict, placeName(environment))
  for (const [position, name] of pathTo(job.project.config, outcome.target).entries()) {
    const environment = job.project.config.environments[name]
    await recordEnvironment(store, scope, {
      name: placeName(name),
      position,
      ...(environment?.from === undefined ? {} : { from: placeName(environment.from) }),
      ...(environment === undefined ? {} : { registry: environment.registry }),
    })
  }
  for (const arrival of arrivals) {
    await moveCurrent(store, scope, {
      environment: placeName(arrival.environment),
      artifact: artifact.digest,
      tag: arrival.tag ?? '',
      at: arrival.at,
    })
  }
  await recordRun(store, scope, {
    id: job.invocationId,
    project: job.project.config.name,
    commit: job.git.present ? job.git.commit : '',
    target: outcome.target,
    outcome: outcome.judgement?.verdict.decision ?? 'allow',
    artifact: artifact.digest,
    startedAt: job.created,
    finishedAt: seenAt,
  })
}
