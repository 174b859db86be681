import { z } from 'zod'
import { ERROR_TABLE } from '../kernel/errors.ts'
import { VERSION } from '../kernel/version.ts'
import type { Route } from './route.ts'

/** What every failed request answers. */
export const errorSchema = z.strictObject({
  error: z.strictObject({
    code: z.enum(Object.keys(ERROR_TABLE) as [string, ...string[]]),
    message: z.string(),
    where: z.string().nullable(),
    hint: z.string(),
  }),
})

/** The API's description, OpenAPI 3.1, made from the very table that serves it. */
export function openApiOf(routes: readonly Omit<Route, 'handle'>[]): object {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const parameters = [
      ...Object.entries(route.params).map(([name, schema]) => ({ name, in: 'path', required: true, schema: jsonSchema(schema) })),
      ...Object.entries(route.query).map(([name, schema]) => ({
        name,
        in: 'query',
        required: !schema.safeParse(undefined).success,
        schema: jsonSchema(schema),
      })),
    ]
    paths[route.path] ??= {}
    const operations = paths[route.path]
    if (operations === undefined) continue
    operations[route.method] = {
      operationId: route.id,
      summary: route.summary,
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(route.body === undefined
        ? {}
        : {
            requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(route.body) } } },
            security: [{ token: [] }],
          }),
      responses: {
        '200': { description: 'OK', content: { 'application/json': { schema: jsonSchema(route.response) } } },
        default: { description: 'Error', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
      },
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Tallystick', version: VERSION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      schemas: { Error: jsonSchema(errorSchema) },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'the token in the printed URL, or one of `tally token`' } },
    },
  }
}

function jsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' })
  return rest
}
