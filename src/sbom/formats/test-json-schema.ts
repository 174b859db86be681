type Schema = boolean | { readonly [key: string]: unknown }

/**
 * For tests: the first reason why a value does not fit a JSON schema, as far as the CycloneDX schemas go (a part of draft
 * 7). Undefined when it fits. `schemas` are by file name, as their `$ref`s name them.
 */
export function whyInvalid(value: unknown, schemaFile: string, schemas: ReadonlyMap<string, Schema>): string | undefined {
  const check = (value: unknown, schema: Schema, file: string, at: string): string | undefined => {
    if (typeof schema === 'boolean') return schema ? undefined : `${at}: nothing is allowed here`
    if (typeof schema['$ref'] === 'string') {
      const [otherFile, pointer] = schema['$ref'].split('#', 2)
      const target = otherFile === '' || otherFile === undefined ? file : otherFile
      return check(value, follow(schemas.get(target) ?? false, pointer ?? ''), target, at)
    }
    const inner = (value: unknown, schema: unknown, place: string): string | undefined => check(value, schema as Schema, file, place)
    return (
      checkAny(value, schema, at) ??
      checkCombined(value, schema, at, inner) ??
      checkText(value, schema, at) ??
      checkParts(value, schema, at, inner)
    )
  }
  return check(value, schemas.get(schemaFile) ?? false, schemaFile, '$')
}

type Inner = (value: unknown, schema: unknown, at: string) => string | undefined
type Rules = { readonly [key: string]: unknown }

function follow(schema: Schema, pointer: string): Schema {
  let found: unknown = schema
  for (const key of pointer.split('/').slice(1)) found = (found as Rules)[key]
  return found as Schema
}

function checkAny(value: unknown, schema: Rules, at: string): string | undefined {
  if (schema['type'] !== undefined) {
    const types = [schema['type']].flat().map(String)
    const fits = types.some((type) => (type === 'integer' ? Number.isInteger(value) : type === typeName(value)))
    if (!fits) return `${at}: is ${typeName(value)}, not ${types.join(' or ')}`
  }
  const key = JSON.stringify(value)
  if (Array.isArray(schema['enum']) && !schema['enum'].some((one) => JSON.stringify(one) === key))
    return `${at}: ${key} is not one of the allowed values`
  if ('const' in schema && JSON.stringify(schema['const']) !== key) return `${at}: is not ${JSON.stringify(schema['const'])}`
  if (typeof value === 'number') {
    if (typeof schema['minimum'] === 'number' && value < schema['minimum']) return `${at}: is under the minimum`
    if (typeof schema['maximum'] === 'number' && value > schema['maximum']) return `${at}: is over the maximum`
  }
  return undefined
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

function checkCombined(value: unknown, schema: Rules, at: string, inner: Inner): string | undefined {
  const fits = (one: unknown): boolean => inner(value, one, at) === undefined
  for (const one of (schema['allOf'] as unknown[] | undefined) ?? []) {
    const why = inner(value, one, at)
    if (why !== undefined) return why
  }
  const { anyOf, oneOf } = schema
  if (Array.isArray(anyOf) && !anyOf.some(fits)) return `${at}: fits none of its alternatives`
  if (Array.isArray(oneOf) && oneOf.filter(fits).length !== 1)
    return `${at}: fits ${oneOf.filter(fits).length} of its alternatives, not one`
  if (schema['not'] !== undefined && fits(schema['not'])) return `${at}: fits what it must not`
  if (schema['if'] === undefined) return undefined
  const branch = fits(schema['if']) ? schema['then'] : schema['else']
  return branch === undefined ? undefined : inner(value, branch, at)
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  'iri-reference': /^[^\s<>"{}|\\^`]*$/,
  uri: /^[a-z][a-z0-9+.-]*:\S*$/i,
  'idn-email': /^[^\s@]+@[^\s@]+$/,
}

function checkText(value: unknown, schema: Rules, at: string): string | undefined {
  if (typeof value !== 'string') return undefined
  if (typeof schema['pattern'] === 'string' && !new RegExp(schema['pattern'], 'u').test(value))
    return `${at}: does not match ${schema['pattern']}`
  if (typeof schema['minLength'] === 'number' && value.length < schema['minLength']) return `${at}: is too short`
  if (typeof schema['maxLength'] === 'number' && value.length > schema['maxLength']) return `${at}: is too long`
  const format = FORMATS[String(schema['format'])]
  return format === undefined || format.test(value) ? undefined : `${at}: is no ${String(schema['format'])}`
}

function checkParts(value: unknown, schema: Rules, at: string, inner: Inner): string | undefined {
  return Array.isArray(value) ? checkItems(value, schema, at, inner) : checkMembers(value, schema, at, inner)
}

function checkItems(value: readonly unknown[], schema: Rules, at: string, inner: Inner): string | undefined {
  if (typeof schema['minItems'] === 'number' && value.length < schema['minItems']) return `${at}: has too few items`
  if (typeof schema['maxItems'] === 'number' && value.length > schema['maxItems']) return `${at}: has too many items`
  if (schema['uniqueItems'] === true && new Set(value.map((item) => JSON.stringify(item))).size !== value.length)
    return `${at}: has the same item twice`
  const { items, additionalItems } = schema
  for (const [index, item] of value.entries()) {
    const rule = Array.isArray(items) ? (index < items.length ? items[index] : (additionalItems ?? true)) : (items ?? true)
    const why = inner(item, rule, `${at}[${index}]`)
    if (why !== undefined) return why
  }
  return undefined
}

function checkMembers(value: unknown, schema: Rules, at: string, inner: Inner): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const name of (schema['required'] as string[] | undefined) ?? []) if (!Object.hasOwn(value, name)) return `${at}: has no \`${name}\``
  const properties = (schema['properties'] as Rules | undefined) ?? {}
  for (const [name, member] of Object.entries(value)) {
    const rule = Object.hasOwn(properties, name) ? properties[name] : (schema['additionalProperties'] ?? true)
    const why = inner(member, rule, `${at}.${name}`)
    if (why !== undefined) return why
  }
  return undefined
}
