import { api } from '../api.ts'
import type { Evidence, TimelineEvent } from '../api.ts'
import { countOf, predicateName, signerName, timeProof } from '../format.ts'
import { useLoaded } from '../load.ts'
import { Badge, Empty, Time, Trouble, Waiting } from '../parts/pieces.tsx'
import { hrefOf } from '../route.ts'

/** Everything that happened to an artifact, in order: each event a notch on the stick. */
export function Receipts({ digest }: { readonly digest: string }) {
  const loaded = useLoaded(digest, async () => await api.timeline(digest))
  if (loaded.state === 'loading') return <Waiting />
  if (loaded.state === 'failed') return <Trouble problem={loaded.problem} />
  const { events } = loaded.value
  if (events.length === 0) return <Empty command={`tally verify ${digest}`}>Nothing happened to it yet. What can be found about it:</Empty>
  return (
    <section aria-labelledby="receipts">
      <h2 id="receipts">Receipts, in the order they were made</h2>
      <ol class="stick">
        {events.map((event, index) => (
          <li key={index} class={event.kind === 'evidence' || event.kind === 'verdict' ? 'proof' : undefined}>
            <p class="when">
              <Time at={event.at} />
            </p>
            <div class="what">
              <Event event={event} digest={digest} />
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Event({ event, digest }: { readonly event: TimelineEvent; readonly digest: string }) {
  switch (event.kind) {
    case 'seen':
      return (
        <p>
          <strong>First seen</strong> as {event.name} <By actor={event.actor} />
        </p>
      )
    case 'evidence':
      return <EvidenceEvent evidence={event.evidence} />
    case 'sbom':
      return (
        <p>
          <strong>Components known</strong>:{' '}
          <a href={hrefOf({ view: 'artifact', digest, show: 'components' })}>{countOf(event.components, 'component')}</a>
          {event.completeness === 'complete' ? '' : `, completeness ${event.completeness}`}
        </p>
      )
    case 'verdict':
      return (
        <p>
          <strong>Judged</strong> by policy {event.policy}
          {event.environment === undefined ? '' : ` for ${event.environment}`}: <Badge of={event.decision} />{' '}
          <a href={hrefOf({ view: 'artifact', digest, show: 'verdicts' })}>why</a>
        </p>
      )
    case 'tagged':
      return (
        <p>
          <strong>Tagged</strong> <code>{event.tag}</code> in {event.repository} <By actor={event.actor} />
        </p>
      )
    case 'became-current':
      return (
        <p>
          <strong>Became current</strong> in <EnvironmentLink name={event.environment} /> as <code>{event.tag}</code>{' '}
          <By actor={event.actor} />
        </p>
      )
    case 'was-replaced':
      return (
        <p>
          <strong>Was replaced</strong> in <EnvironmentLink name={event.environment} />
        </p>
      )
    case 'deployed':
    case 'undeployed':
      return (
        <p>
          <strong>{event.kind === 'deployed' ? 'Deployed' : 'Undeployed'}</strong>: {event.workload} in{' '}
          <EnvironmentLink name={event.environment} />
        </p>
      )
  }
}

function EvidenceEvent({ evidence }: { readonly evidence: Evidence }) {
  const { signer, log } = evidence
  return (
    <>
      <p>
        <strong>{predicateName(evidence.predicateType)}</strong> signed by {signerName(signer)}
      </p>
      <p class="second">
        {log === undefined ? 'Not in a log' : `Entry ${log.index} of a log of ${log.size}, checkpoint by ${log.checkpointBy}`} ·{' '}
        {timeProof(evidence.time.proof)}
      </p>
      <details>
        <summary>Details</summary>
        <dl class="facts">
          <dt>Envelope</dt>
          <dd>
            <code>{evidence.envelope}</code>
          </dd>
          <dt>Predicate type</dt>
          <dd>
            <code>{evidence.predicateType}</code>
          </dd>
          <dt>Key</dt>
          <dd>
            <code>{signer.keyId}</code>
          </dd>
          <dt>Matched by</dt>
          <dd>
            {evidence.matched}, <code>{evidence.artifact}</code>
          </dd>
          {log === undefined ? undefined : (
            <>
              <dt>Log root</dt>
              <dd>
                <code>{log.root}</code>
              </dd>
            </>
          )}
          <dt>Found at</dt>
          <dd>{evidence.where}</dd>
          <dt>Recorded</dt>
          <dd>
            <Time at={evidence.recordedAt} /> by {evidence.actor}
          </dd>
        </dl>
      </details>
    </>
  )
}

function EnvironmentLink({ name }: { readonly name: string }) {
  return <a href={hrefOf({ view: 'environment', name })}>{name}</a>
}

function By({ actor }: { readonly actor: string }) {
  return <span class="muted">by {actor}</span>
}
