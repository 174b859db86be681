import { fail } from './errors.ts'
import type { ErrorCode } from './errors.ts'

/**
 * Reads a value that came from JSON as a T, or throws `Mismatch`. Schemas (shape.ts) are the usual way; readers are for the few
 * forms every verification reads: they need nothing to be loaded or prepared, which is most of the time of a short run.
 */
export type Reader<T> = (value: unknown) => T

/** What a reader finds wrong, and where below the value it was given. `readBy` makes an error of it. */
class Mismatch extends Error {
  readonly path: (string | number)[] = []
}

/** Reads a value at an edge. Throws `code` naming the first field that is wrong and why; the values are not in the message, since they may be secret. */
export function readBy<T>(reader: Reader<T>, value: unknown, where: string, code: ErrorCode = 'evidence-malformed'): T {
  try {
    return reader(value)
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    const field = error.path.length === 0 ? 'the whole' : `\`${error.path.slice(0, 8).map(String).join('.').slice(0, 200)}\``
    throw fail(code, `${field}: ${error.message}`, { where })
  }
}

/** A text of so many UTF-16 units, which `pattern` must match whole where there is one. */
export function text({
  min = 0,
  max = Infinity,
  pattern,
}: { readonly min?: number; readonly max?: number; readonly pattern?: RegExp } = {}): Reader<string> {
  return (value) => {
    if (typeof value !== 'string') throw mismatch(value, 'text')
    if (value.length < min) throw new Mismatch(min === 1 ? 'is empty' : `is shorter than ${min} characters`)
    if (value.length > max) throw new Mismatch(`is longer than ${max} characters`)
    if (pattern?.test(value) === false) throw new Mismatch('is not of the form it must have')
    return value
  }
}

/** A text of which something holds. */
export function that<T extends string>(holds: (text: string) => text is T, otherwise: string): Reader<T> {
  return (value) => {
    if (typeof value !== 'string' || !holds(value)) throw new Mismatch(otherwise)
    return value
  }
}

/** One of some texts. */
export function oneOf<const T extends readonly string[]>(choices: T): Reader<T[number]> {
  return (value) => {
    const found: T[number] | undefined = choices.find((one) => one === value)
    if (found === undefined) throw new Mismatch(`is not ${choices.map((one) => `"${one}"`).join(' or ')}`)
    return found
  }
}

/** A whole number from zero up that a double holds exactly. */
export const count: Reader<number> = (value) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw mismatch(value, 'a whole number of zero or more')
  return value as number
}

export const aNumber: Reader<number> = (value) => {
  if (typeof value !== 'number') throw mismatch(value, 'a number')
  return value
}

/** Anything at all, also nothing. */
export const anything: Reader<unknown> = (value) => value

/** A reader for values that may be absent or null, which protobuf JSON writes for what is not set. */
export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value) => (value === undefined || value === null ? undefined : reader(value))
}

/** What is read when there is nothing. Null is not nothing. */
export function orElse<T, O extends T | undefined>(reader: Reader<T>, otherwise: O): Reader<T | O> {
  return (value) => (value === undefined ? otherwise : reader(value))
}

/** A list of so many. */
export function list<T>(
  reader: Reader<T>,
  { min = 0, max = Infinity }: { readonly min?: number; readonly max?: number } = {},
): Reader<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw mismatch(value, 'a list')
    if (value.length < min) throw new Mismatch(`has fewer than ${min} members`)
    if (value.length > max) throw new Mismatch(`has more than ${max} members`)
    return value.map((one: unknown, at) => inside(at, reader, one))
  }
}

type Read<F extends Readonly<Record<string, Reader<unknown>>>> = { readonly [K in keyof F]: F[K] extends Reader<infer T> ? T : never }

/** An object with these fields. Others are dropped, or refused with `exact`. */
export function fields<F extends Readonly<Record<string, Reader<unknown>>>>(
  readers: F,
  { exact = false }: { readonly exact?: boolean } = {},
): Reader<Read<F>> {
  const each = Object.entries(readers)
  return (value) => {
    if (!isObject(value)) throw mismatch(value, 'an object')
    if (exact) {
      const other = Object.keys(value).find((name) => !Object.hasOwn(readers, name))
      if (other !== undefined) throw new Mismatch('has a field that does not belong there')
    }
    const read: Record<string, unknown> = {}
    for (const [name, reader] of each) read[name] = inside(name, reader, Object.hasOwn(value, name) ? value[name] : undefined)
    return read as Read<F>
  }
}

/** An object whose names and values are all of one kind. */
export function record<T>(reader: Reader<T>, name: Reader<string> = text()): Reader<Readonly<Record<string, T>>> {
  return (value) => {
    if (!isObject(value)) throw mismatch(value, 'an object')
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [inside(key, name, key), inside(key, reader, one)]))
  }
}

/** The first of two readers that reads a value; what the second finds wrong. */
export function either<A, B>(first: Reader<A>, second: Reader<B>): Reader<A | B> {
  return (value) => {
    try {
      return first(value)
    } catch (error) {
      if (error instanceof Mismatch) return second(value)
      throw error
    }
  }
}

function inside<T>(at: string | number, reader: Reader<T>, value: unknown): T {
  try {
    return reader(value)
  } catch (error) {
    if (error instanceof Mismatch) error.path.unshift(at)
    throw error
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const KINDS: Readonly<Record<string, string>> = { string: 'text', object: 'an object' }

function mismatch(value: unknown, wanted: string): Mismatch {
  if (value === undefined) return new Mismatch(`is missing, where ${wanted} belongs`)
  const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : (KINDS[typeof value] ?? `a ${typeof value}`)
  return new Mismatch(`is ${found}, where ${wanted} belongs`)
}
