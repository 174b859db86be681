import { api } from '../api.ts'
import type { Environment } from '../api.ts'
import { artifactTitle, countOf } from '../format.ts'
import { useLoaded } from '../load.ts'
import { ArtifactLink, Empty, Time, Trouble, useTitle, Waiting } from '../parts/pieces.tsx'
import { hrefOf } from '../route.ts'

export function Environments() {
  useTitle('Environments')
  const loaded = useLoaded('environments', api.environments)
  return (
    <>
      <h1>Environments</h1>
      {loaded.state === 'loading' ? <Waiting /> : undefined}
      {loaded.state === 'failed' ? <Trouble problem={loaded.problem} /> : undefined}
      {loaded.state === 'ok' && loaded.value.environments.length === 0 ? (
        <Empty command="tally ship">There are none yet. Shipping a project makes those its tally.yaml names:</Empty>
      ) : undefined}
      {loaded.state === 'ok' ? (
        <ol class="way">
          {loaded.value.environments.map((each) => (
            <li key={each.name}>
              <One environment={each} />
            </li>
          ))}
        </ol>
      ) : undefined}
    </>
  )
}

function One({ environment }: { readonly environment: Environment }) {
  const { current } = environment
  return (
    <article class="card">
      <h2>
        <a href={hrefOf({ view: 'environment', name: environment.name })}>{environment.name}</a>
      </h2>
      <p class="second">{environment.from === undefined ? 'where artifacts land' : `takes what stands in ${environment.from}`}</p>
      {current === undefined ? (
        <p class="muted">Nothing is current here.</p>
      ) : (
        <dl class="facts">
          <dt>Current</dt>
          <dd>
            <ArtifactLink digest={current.artifact}>{artifactTitle(current, current.artifact)}</ArtifactLink>
          </dd>
          <dt>Tag</dt>
          <dd>
            <code>{current.tag}</code>
          </dd>
          <dt>Since</dt>
          <dd>
            <Time at={current.from} /> by {current.actor}
          </dd>
          {environment.workloads === 0 ? undefined : (
            <>
              <dt>Runs in</dt>
              <dd>{countOf(environment.workloads, 'workload')}</dd>
            </>
          )}
        </dl>
      )}
    </article>
  )
}
