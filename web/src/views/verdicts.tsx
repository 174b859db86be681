import { api } from '../api.ts'
import type { Clause, Verdict } from '../api.ts'
import { usePaged } from '../load.ts'
import { Badge, Command, DigestText, Empty, More, Time, Trouble, Waiting } from '../parts/pieces.tsx'

/** Every verdict on an artifact, clause by clause. What is not met comes first, with the command that mends it. */
export function Verdicts({ digest }: { readonly digest: string }) {
  const { items, problem, more } = usePaged(digest, async (after) => await api.verdicts(digest, after))
  if (problem !== undefined) return <Trouble problem={problem} />
  if (items === undefined) return <Waiting />
  if (items.length === 0) return <Empty command={`tally gate ${digest} --policy policy/prod.yaml`}>No policy has judged it yet:</Empty>
  return (
    <>
      {items.map((verdict, index) => (
        <OneVerdict key={verdict.id} verdict={verdict} newest={index === 0} />
      ))}
      <More more={more} />
    </>
  )
}

function OneVerdict({ verdict, newest }: { readonly verdict: Verdict; readonly newest: boolean }) {
  const unmet = verdict.clauses.filter((clause) => clause.result !== 'met')
  const met = verdict.clauses.filter((clause) => clause.result === 'met')
  const title = `verdict-${verdict.id}`
  return (
    <article class="verdict" aria-labelledby={title}>
      <h2 id={title}>
        <Badge of={verdict.decision} /> by policy {verdict.policy.name}
        {verdict.environment === undefined ? '' : `, for ${verdict.environment}`}
      </h2>
      <p class="second">
        <Time at={verdict.at} /> · asked by {verdict.actor} · policy <DigestText digest={verdict.policy.digest} /> · {met.length} of{' '}
        {verdict.clauses.length} clauses met
      </p>
      {unmet.map((clause) => (
        <UnmetClause key={clause.clause} clause={clause} />
      ))}
      {met.length === 0 ? undefined : (
        <details open={newest && unmet.length === 0}>
          <summary>{met.length} met</summary>
          <div class="scroll" role="region" aria-label="Clauses that are met" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">Clause</th>
                  <th scope="col">Expected</th>
                  <th scope="col">Found</th>
                </tr>
              </thead>
              <tbody>
                {met.map((clause) => (
                  <tr key={clause.clause}>
                    <th scope="row">
                      <code>{clause.clause}</code>
                    </th>
                    <td>{clause.expected}</td>
                    <td>{clause.found}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </article>
  )
}

function UnmetClause({ clause }: { readonly clause: Clause }) {
  return (
    <section class="clause" aria-label={`Clause ${clause.clause}`}>
      <h3>
        <Badge of={clause.result} /> <code>{clause.clause}</code>
        {clause.waivedBy === undefined ? undefined : <span class="chip">waived by {clause.waivedBy}</span>}
      </h3>
      <dl class="facts">
        <dt>Expected</dt>
        <dd>{clause.expected}</dd>
        <dt>Found</dt>
        <dd>{clause.found}</dd>
        {clause.next === '' ? undefined : (
          <>
            <dt>Next</dt>
            <dd>
              <Command text={clause.next} />
            </dd>
          </>
        )}
      </dl>
    </section>
  )
}
