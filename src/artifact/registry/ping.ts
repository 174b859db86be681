import { refusal } from './repository.ts'
import { openSession } from './session.ts'
import type { RegistryDeps, SessionOptions } from './session.ts'

/**
 * Asks a registry whether it is one (distribution-spec 1.1, "Determining Support"), with a name and password, or else
 * with what the Docker configuration holds. A registry that lets everybody in does not look at them. Throws
 * `login-needed` when it refuses them, `not-found` when there is no registry, `network`, `offline`.
 */
export async function pingRegistry(
  deps: RegistryDeps,
  host: string,
  login: { readonly username: string; readonly password: string } | undefined,
  options: SessionOptions,
): Promise<void> {
  const session = openSession(deps, host, options, login === undefined ? undefined : { kind: 'basic', ...login })
  const answer = await session.send({ method: 'GET', target: '/v2/', scopes: [], repeatable: true })
  if (answer.status !== 200) throw await refusal(answer, 'find a registry', host)
  await answer.drop()
}
