import { api } from '../api.ts'
import type { ArtifactDetail } from '../api.ts'
import { artifactTitle, countOf, formatSize } from '../format.ts'
import { useLoaded } from '../load.ts'
import { Empty, Places, Time, Trouble, useTitle, Waiting } from '../parts/pieces.tsx'
import { hrefOf, SHOWS } from '../route.ts'
import type { Show } from '../route.ts'
import { Components } from './components.tsx'
import { Receipts } from './receipts.tsx'
import { Verdicts } from './verdicts.tsx'

const TITLES: Readonly<Record<Show, string>> = { receipts: 'Receipts', verdicts: 'Verdicts', components: 'Components' }

export function Artifact({ digest, show }: { readonly digest: string; readonly show: Show }) {
  const loaded = useLoaded(digest, async () => await api.artifact(digest))
  const name = artifactTitle(loaded.state === 'ok' ? loaded.value : {}, digest)
  useTitle(name)
  return (
    <>
      <h1>{name}</h1>
      {loaded.state === 'loading' ? <Waiting /> : undefined}
      {loaded.state === 'failed' ? <Failed digest={digest} problem={loaded.problem} /> : undefined}
      {loaded.state === 'ok' ? <Detail artifact={loaded.value} show={show} /> : undefined}
    </>
  )
}

function Failed({ digest, problem }: { readonly digest: string; readonly problem: Parameters<typeof Trouble>[0]['problem'] }) {
  if (problem.code !== 'not-found') return <Trouble problem={problem} />
  return <Empty command={`tally verify ${digest}`}>Nothing of this digest was recorded here. What can be found elsewhere about it:</Empty>
}

function Detail({ artifact, show }: { readonly artifact: ArtifactDetail; readonly show: Show }) {
  return (
    <>
      <dl class="facts">
        <dt>Digest</dt>
        <dd>
          <code>{artifact.digest}</code>
        </dd>
        <dt>Kind</dt>
        <dd>
          {artifact.kind === 'file' ? 'file' : `manifest${artifact.mediaType === undefined ? '' : `, ${artifact.mediaType}`}`},{' '}
          {formatSize(artifact.size)}
        </dd>
        {artifact.alsoKnownAs.length === 0 ? undefined : (
          <>
            <dt>Also known as</dt>
            {artifact.alsoKnownAs.map((digest) => (
              <dd key={digest}>
                <code>{digest}</code>
              </dd>
            ))}
          </>
        )}
        <dt>First seen</dt>
        <dd>
          <Time at={artifact.firstSeen} />
        </dd>
        <dt>Is in</dt>
        <dd>
          <Places places={artifact.places} />
        </dd>
        <dt>Evidence</dt>
        <dd>{countOf(artifact.evidence.length, 'verified piece')}</dd>
      </dl>
      <nav aria-label="About this artifact" class="tabs">
        <ul class="inline">
          {SHOWS.map((each) => (
            <li key={each}>
              <a href={hrefOf({ view: 'artifact', digest: artifact.digest, show: each })} aria-current={each === show ? 'page' : undefined}>
                {TITLES[each]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {show === 'receipts' ? <Receipts digest={artifact.digest} /> : undefined}
      {show === 'verdicts' ? <Verdicts digest={artifact.digest} /> : undefined}
      {show === 'components' ? <Components digest={artifact.digest} sboms={artifact.sboms} /> : undefined}
    </>
  )
}
