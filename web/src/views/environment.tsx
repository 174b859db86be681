import { api } from '../api.ts'
import type { CurrentPeriod } from '../api.ts'
import { artifactTitle } from '../format.ts'
import { usePaged } from '../load.ts'
import { ArtifactLink, Empty, More, Time, Trouble, useTitle, Waiting } from '../parts/pieces.tsx'

/** What an environment's `current` was, the newest first. */
export function Environment({ name }: { readonly name: string }) {
  useTitle(name)
  const { items, problem, more } = usePaged(name, async (after) => await api.history(name, after))
  return (
    <>
      <h1>{name}</h1>
      <p class="second">
        <a href="/environments">All environments</a>
      </p>
      {problem === undefined ? undefined : <Trouble problem={problem} />}
      {items === undefined ? problem === undefined ? <Waiting /> : undefined : <History name={name} items={items} />}
      <More more={more} />
    </>
  )
}

function History({ name, items }: { readonly name: string; readonly items: readonly CurrentPeriod[] }) {
  if (items.length === 0) return <Empty command={`tally ship --to ${name}`}>Nothing was ever current here:</Empty>
  return (
    <section aria-labelledby="history">
      <h2 id="history">What was current</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Artifact</th>
            <th scope="col">From</th>
            <th scope="col">Until</th>
          </tr>
        </thead>
        <tbody>
          {items.map((period) => (
            <tr key={period.from}>
              <th scope="row">
                <ArtifactLink digest={period.artifact}>{artifactTitle(period, period.artifact)}</ArtifactLink>
                <span class="second">
                  <code>{period.tag}</code> · by {period.actor}
                </span>
              </th>
              <td>
                <Time at={period.from} />
              </td>
              <td>{period.until === undefined ? <span class="badge good">current</span> : <Time at={period.until} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
