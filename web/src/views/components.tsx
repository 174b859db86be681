import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { Component, Sbom } from '../api.ts'
import { countOf } from '../format.ts'
import { usePaged } from '../load.ts'
import { Empty, More, Time, Trouble, Waiting } from '../parts/pieces.tsx'
import { hrefOf } from '../route.ts'

/** What an artifact consists of, by the SBOM that holds now. */
export function Components({ digest, sboms }: { readonly digest: string; readonly sboms: readonly Sbom[] }) {
  const { items, problem, more } = usePaged(digest, async (after) => await api.components(digest, after))
  const [filter, setFilter] = useState('')
  if (problem !== undefined) return <Trouble problem={problem} />
  if (items === undefined) return <Waiting />
  const sbom = sboms.find((each) => each.until === undefined)
  if (items.length === 0) {
    if (sbom !== undefined) return <Empty>Its SBOM ({sbom.tool}) lists no component.</Empty>
    return (
      <Empty command={`tally attest ${digest} --type cyclonedx --predicate sbom.json`}>
        No SBOM of it is known. To say what it consists of:
      </Empty>
    )
  }
  const wanted = filter.trim().toLowerCase()
  const shown = items.filter((item) => item.purl.toLowerCase().includes(wanted) || (item.licence ?? '').toLowerCase().includes(wanted))
  return (
    <section aria-labelledby="components">
      <h2 id="components">Components</h2>
      {sbom === undefined ? undefined : (
        <p class="second">
          {countOf(sbom.components, 'component')} by an SBOM of {sbom.tool}, <Time at={sbom.created} />
          {sbom.completeness === 'complete' ? '' : `; it says itself: completeness ${sbom.completeness}`}
        </p>
      )}
      <div class="search">
        <label for="filter">Package or licence{more === undefined ? '' : `, among the ${items.length} read so far`}</label>
        <input
          id="filter"
          type="search"
          autocomplete="off"
          spellcheck={false}
          value={filter}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
      </div>
      <p class="hidden" role="status">
        {countOf(shown.length, 'component')} shown
      </p>
      {shown.length === 0 ? <Empty>None of them holds “{filter}”.</Empty> : <List items={shown} />}
      <More more={more} />
    </section>
  )
}

function List({ items }: { readonly items: readonly Component[] }) {
  return (
    <table>
      <caption class="hidden">Components, by package URL</caption>
      <thead>
        <tr>
          <th scope="col">Package</th>
          <th scope="col">Licence</th>
          <th scope="col" class="wide">
            Scope
          </th>
          <th scope="col">
            <span class="hidden">Impact</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={`${item.purl} ${item.artifact}`}>
            <th scope="row">
              {item.name} {item.version}
              <code class="second">{item.purl}</code>
            </th>
            <td>{item.licence ?? <span class="muted">not said</span>}</td>
            <td class="wide">{item.scope}</td>
            <td>
              <a href={hrefOf({ view: 'impact', q: item.purl })} aria-label={`Where else is ${item.name} ${item.version}?`}>
                where else
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
