import { api } from '../api.ts'
import type { Impact as ImpactAnswer, PackageMatch } from '../api.ts'
import { artifactTitle, countOf } from '../format.ts'
import { useLoaded } from '../load.ts'
import { fieldText } from '../parts/form.ts'
import { ArtifactLink, Command, DigestText, Empty, Places, Trouble, useTitle, Waiting } from '../parts/pieces.tsx'
import { go, hrefOf } from '../route.ts'

const EXAMPLES = ['left-pad@<1.3.1', 'pkg:npm/event-stream@3.3.6', 'pkg:deb/debian/openssl']

/** Which artifacts hold a package, and where they are. */
export function Impact({ q }: { readonly q: string }) {
  useTitle(q === '' ? 'Impact' : `Impact of ${q}`)
  return (
    <>
      <h1>Impact</h1>
      <form
        role="search"
        class="search"
        onSubmit={(event) => {
          event.preventDefault()
          go(hrefOf({ view: 'impact', q: fieldText(event.currentTarget, 'q').trim() }))
        }}
      >
        <label for="q">Package URL, or name@range</label>
        <div class="row">
          <input id="q" name="q" key={q} type="search" autocomplete="off" spellcheck={false} defaultValue={q} />
          <button type="submit">Search</button>
        </div>
      </form>
      {q === '' ? <Examples /> : <Answer q={q} />}
    </>
  )
}

function Examples() {
  return (
    <div class="empty">
      <p>Which artifacts hold a package, and where do they run? For example:</p>
      <ul class="inline">
        {EXAMPLES.map((example) => (
          <li key={example}>
            <a class="chip" href={hrefOf({ view: 'impact', q: example })}>
              <code>{example}</code>
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Answer({ q }: { readonly q: string }) {
  const loaded = useLoaded(q, async () => await api.impact({ q }))
  if (loaded.state === 'loading') return <Waiting />
  if (loaded.state === 'failed') return <Trouble problem={loaded.problem} />
  return <Found q={q} impact={loaded.value} />
}

function Found({ q, impact }: { readonly q: string; readonly impact: ImpactAnswer }) {
  const { items, next } = impact.artifacts
  if (items.length === 0) {
    return (
      <Empty>
        {impact.packages.length === 0
          ? `No known artifact holds ${q}.`
          : `${countOf(impact.packages.length, 'package')} known by that name, and no artifact holds any now.`}{' '}
        Only artifacts with an SBOM can be found.
      </Empty>
    )
  }
  return (
    <section aria-labelledby="holders">
      <h2 id="holders">{next === undefined ? countOf(items.length, 'artifact') : `More than ${countOf(items.length, 'artifact')}`}</h2>
      <p class="second">
        {countOf(impact.packages.length, 'package')} asked for{impact.incomplete ? ', and more that were not followed' : ''}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Artifact</th>
            <th scope="col">Holds</th>
            <th scope="col">Is in</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.digest}>
              <th scope="row">
                <ArtifactLink digest={item.digest} show="components">
                  {artifactTitle(item, item.digest)}
                </ArtifactLink>
                <span class="second wide">
                  <DigestText digest={item.digest} />
                </span>
              </th>
              <td>
                <Packages packages={item.packages} />
              </td>
              <td>
                <Places places={item.places} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {next === undefined ? undefined : (
        <>
          <p>This is the first page. All of them, for a script:</p>
          <Command text={`tally impact '${q}' --format json`} />
        </>
      )}
    </section>
  )
}

function Packages({ packages }: { readonly packages: readonly PackageMatch[] }) {
  return (
    <ul class="plain">
      {packages.map(({ purl, match }) => (
        <li key={purl}>
          <code>{purl}</code>
          {match === 'unknown' ? <span class="second">may match: its version cannot be ordered</span> : undefined}
        </li>
      ))}
    </ul>
  )
}
