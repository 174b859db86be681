import { useEffect, useRef } from 'preact/hooks'
import { api } from '../api.ts'
import type { ArtifactSummary } from '../api.ts'
import { artifactTitle, formatSize } from '../format.ts'
import { usePaged } from '../load.ts'
import { fieldText } from '../parts/form.ts'
import { ArtifactLink, DecisionOf, DigestText, Empty, More, Time, Trouble, useTitle, Waiting } from '../parts/pieces.tsx'
import { go, hrefOf } from '../route.ts'

const TYPING_MS = 200

export function Artifacts({ search }: { readonly search: string }) {
  useTitle('Artifacts')
  const { items, problem, more } = usePaged(
    search,
    async (after) => await api.artifacts({ search, ...(after === undefined ? {} : { after }) }),
  )
  // While the next answer is on its way the last one stays, so that typing does not make the list flicker.
  const last = useRef(items)
  if (items !== undefined) last.current = items
  const shown = items ?? last.current
  return (
    <>
      <h1>Artifacts</h1>
      <Search text={search} />
      {problem === undefined ? undefined : <Trouble problem={problem} />}
      {shown === undefined && problem === undefined ? <Waiting /> : undefined}
      {shown === undefined ? undefined : <List items={shown} search={search} busy={items === undefined} />}
      <More more={more} />
    </>
  )
}

/** The search stands in the URL, and is asked when typing rests. */
function Search({ text }: { readonly text: string }) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => () => clearTimeout(timer.current), [])
  useEffect(() => {
    // The URL was changed by something else than typing here.
    if (input.current !== null && input.current !== document.activeElement) input.current.value = text
  }, [text])
  const ask = (search: string): void => go(hrefOf({ view: 'artifacts', search }), 'replace')
  return (
    <form
      role="search"
      class="search"
      onSubmit={(event) => {
        event.preventDefault()
        clearTimeout(timer.current)
        ask(fieldText(event.currentTarget, 'search'))
      }}
    >
      <label for="search">Name, or how the digest begins</label>
      <input
        id="search"
        ref={input}
        name="search"
        type="search"
        autocomplete="off"
        spellcheck={false}
        defaultValue={text}
        onInput={({ currentTarget }) => {
          clearTimeout(timer.current)
          timer.current = setTimeout(() => ask(currentTarget.value), TYPING_MS)
        }}
      />
    </form>
  )
}

function List({ items, search, busy }: { readonly items: readonly ArtifactSummary[]; readonly search: string; readonly busy: boolean }) {
  if (items.length === 0) {
    if (search !== '') return <Empty>No artifact’s name holds “{search}”, and no digest begins with it.</Empty>
    return <Empty command="tally ship">Nothing was recorded here yet. In the folder of a project:</Empty>
  }
  return (
    <table aria-busy={busy}>
      <caption class="hidden">Artifacts, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Artifact</th>
          <th scope="col">Verdict</th>
          <th scope="col">Is in</th>
          <th scope="col" class="wide">
            First seen
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.digest}>
            <th scope="row">
              <ArtifactLink digest={item.digest}>{artifactTitle(item, item.digest)}</ArtifactLink>
              <span class="second">
                <DigestText digest={item.digest} /> · {formatSize(item.size)}
              </span>
            </th>
            <td>
              <DecisionOf decision={item.decision} />
            </td>
            <td>
              {item.environments.length === 0 ? (
                <span class="muted">–</span>
              ) : (
                <ul class="inline">
                  {item.environments.map((name) => (
                    <li key={name}>
                      <a class="chip" href={hrefOf({ view: 'environment', name })}>
                        {name}
                      </a>
                    </li>
                  ))}
                </ul>
              )}
            </td>
            <td class="wide">
              <Time at={item.firstSeen} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
