import { fail } from '../kernel/errors.ts'
import { openApiOf } from './openapi.ts'
import { apiRoutes } from './routes.ts'

/** The API's description without a running server: schemas/openapi.json. */
export function openApiDocument(): object {
  const never = (): never => {
    throw fail('bug', 'a description has no data')
  }
  // Routes are made of their dependencies, and their description touches none of them.
  return openApiOf(apiRoutes({ store: new Proxy({} as never, { get: never }), now: never, logHead: never }))
}
