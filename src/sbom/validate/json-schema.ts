import type { Json } from '../../kernel/json.ts'
import { checkFormat } from './text-formats.ts'

/** A JSON schema (draft 7, the part the CycloneDX schemas use): one of our own files, so its shape is trusted. */
export type Schema = boolean | Rules
export type Rules = { readonly [key: string]: unknown }

export type SchemaProblem = { readonly path: string; readonly message: string }

type Check = {
  readonly schemas: ReadonlyMap<string, Schema>
  readonly problems: SchemaProblem[]
  /** Stop after so many. */
  readonly most: number
  /** Compiled once: a document holds thousands of values of one pattern. */
  readonly patterns: Map<string, RegExp>
}
type Place = { readonly file: string; readonly path: string }

/**
 * The reasons why a value does not fit a schema, at most `most`; none when it fits. `schemas` are by file name, as their `$ref`s
 * name them. Where alternatives are offered only that none fits is said.
 */
export function checkSchema(value: Json, schemaFile: string, schemas: ReadonlyMap<string, Schema>, most: number): SchemaProblem[] {
  const check: Check = { schemas, problems: [], most, patterns: new Map() }
  checkValue(check, value, schemas.get(schemaFile) ?? false, { file: schemaFile, path: '$' })
  return check.problems
}

function checkValue(check: Check, value: Json, schema: Schema, place: Place): void {
  if (check.problems.length >= check.most) return
  if (typeof schema === 'boolean') {
    if (!schema) report(check, place, 'nothing is allowed here')
    return
  }
  if (typeof schema['$ref'] === 'string') {
    const [otherFile = '', pointer = ''] = schema['$ref'].split('#', 2)
    const file = otherFile === '' ? place.file : otherFile
    checkValue(check, value, follow(check.schemas.get(file) ?? false, pointer), { file, path: place.path })
    return
  }
  const wrong = wrongKind(value, schema)
  if (wrong !== undefined) {
    report(check, place, wrong)
    return
  }
  checkCombined(check, value, schema, place)
  if (typeof value === 'string') checkText(check, value, schema, place)
  else if (Array.isArray(value)) checkItems(check, value, schema, place)
  else if (typeof value === 'object' && value !== null) checkMembers(check, value as { [key: string]: Json }, schema, place)
}

function report(check: Check, { path }: Place, message: string): void {
  if (check.problems.length < check.most) check.problems.push({ path: path.slice(0, 300), message })
}

function follow(schema: Schema, pointer: string): Schema {
  let found: unknown = schema
  for (const key of pointer.split('/').slice(1)) found = typeof found === 'object' && found !== null ? (found as Rules)[key] : undefined
  return typeof found === 'boolean' || (typeof found === 'object' && found !== null) ? (found as Schema) : false
}

function wrongKind(value: Json, schema: Rules): string | undefined {
  if (schema['type'] !== undefined) {
    const types = [schema['type']].flat().map(String)
    const fits = types.some((type) => (type === 'integer' ? Number.isInteger(value) : type === typeName(value)))
    if (!fits) return `is ${typeName(value)}, not ${types.join(' or ')}`
  }
  if (Array.isArray(schema['enum']) || 'const' in schema) {
    const allowed = Array.isArray(schema['enum']) ? schema['enum'] : [schema['const']]
    const key = JSON.stringify(value)
    if (!allowed.some((one) => JSON.stringify(one) === key)) {
      return allowed.length > 8 ? 'is none of the allowed values' : `is none of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`
    }
  }
  if (typeof value === 'number') {
    if (typeof schema['minimum'] === 'number' && value < schema['minimum']) return `is under the minimum ${schema['minimum']}`
    if (typeof schema['maximum'] === 'number' && value > schema['maximum']) return `is over the maximum ${schema['maximum']}`
  }
  return undefined
}

function typeName(value: Json): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

function fits(check: Check, value: Json, schema: unknown, place: Place): boolean {
  const own: Check = { ...check, problems: [], most: 1 }
  checkValue(own, value, schema as Schema, place)
  return own.problems.length === 0
}

function checkCombined(check: Check, value: Json, schema: Rules, place: Place): void {
  const { allOf, anyOf, oneOf } = schema
  if (Array.isArray(allOf)) for (const one of allOf) checkValue(check, value, one as Schema, place)
  if (Array.isArray(anyOf) && !anyOf.some((one) => fits(check, value, one, place))) report(check, place, 'fits none of its alternatives')
  if (Array.isArray(oneOf)) {
    const fitting = oneOf.filter((one) => fits(check, value, one, place)).length
    if (fitting !== 1)
      report(check, place, fitting === 0 ? 'fits none of its alternatives' : `fits ${fitting} of its alternatives, not one`)
  }
  if (schema['not'] !== undefined && fits(check, value, schema['not'], place)) report(check, place, 'is what it must not be')
  if (schema['if'] !== undefined) {
    const branch = fits(check, value, schema['if'], place) ? schema['then'] : schema['else']
    if (branch !== undefined) checkValue(check, value, branch as Schema, place)
  }
}

function checkText(check: Check, value: string, schema: Rules, place: Place): void {
  if (typeof schema['pattern'] === 'string' && !patternOf(check, schema['pattern']).test(value)) {
    report(check, place, `does not match ${schema['pattern']}`)
  }
  if (typeof schema['minLength'] === 'number' && value.length < schema['minLength']) report(check, place, 'is too short')
  if (typeof schema['maxLength'] === 'number' && value.length > schema['maxLength']) report(check, place, 'is too long')
  if (typeof schema['format'] === 'string' && !checkFormat(schema['format'], value)) report(check, place, `is no ${schema['format']}`)
}

function patternOf({ patterns }: Check, source: string): RegExp {
  const known = patterns.get(source)
  if (known !== undefined) return known
  const pattern = new RegExp(source, 'u')
  patterns.set(source, pattern)
  return pattern
}

function checkItems(check: Check, value: readonly Json[], schema: Rules, place: Place): void {
  if (typeof schema['minItems'] === 'number' && value.length < schema['minItems']) report(check, place, 'has too few items')
  if (typeof schema['maxItems'] === 'number' && value.length > schema['maxItems']) report(check, place, 'has too many items')
  if (schema['uniqueItems'] === true && new Set(value.map((item) => JSON.stringify(item))).size !== value.length) {
    report(check, place, 'has the same item twice')
  }
  const { items, additionalItems } = schema
  for (const [index, item] of value.entries()) {
    const rule: unknown = Array.isArray(items) ? (index < items.length ? items[index] : (additionalItems ?? true)) : (items ?? true)
    checkValue(check, item, rule as Schema, { file: place.file, path: `${place.path}[${index}]` })
  }
}

function checkMembers(check: Check, value: { readonly [key: string]: Json }, schema: Rules, place: Place): void {
  for (const name of (schema['required'] as readonly string[] | undefined) ?? []) {
    if (!Object.hasOwn(value, name)) report(check, place, `has no \`${name}\``)
  }
  const properties = (schema['properties'] as Rules | undefined) ?? {}
  for (const [name, member] of Object.entries(value)) {
    const isKnown = Object.hasOwn(properties, name)
    const rule: unknown = isKnown ? properties[name] : (schema['additionalProperties'] ?? true)
    const inner = { file: place.file, path: `${place.path}.${name.slice(0, 60)}` }
    if (!isKnown && rule === false) report(check, inner, 'is no field of this kind of object')
    else checkValue(check, member, rule as Schema, inner)
  }
}
