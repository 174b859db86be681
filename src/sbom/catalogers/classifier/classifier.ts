import { purlText } from '../../../package/purl.ts'
import type { Component } from '../../model.ts'
import { fileNameOf } from '../../path.ts'
import { NOTHING_FOUND } from '../cataloger.ts'
import type { Catalog } from '../cataloger.ts'
import type { Place } from '../inspector.ts'
import { CLASSIFIERS, GO_PROGRAMS, GO_STAMP } from './binaries.ts'
import type { Classifier, Mark } from './binaries.ts'

/** Looks for the versions of well-known programs among the bytes of a file as they pass. */
export type Classification = {
  readonly push: (piece: Uint8Array) => void
  /** The program a file is, by its name and the texts in it. Undefined when nothing was found. */
  readonly catalog: (place: Place) => Catalog | undefined
  /** The version a Go program was stamped with, which only its linker knew. */
  readonly stamp: () => string | undefined
}

/** Bytes before and after what is found that a pattern sees, and so many bytes of a piece are looked at again with the next. */
const WINDOW = 256
/** A text that is found more often is no sign of anything: the rest of the file is not looked at for it. */
const MAX_PLACES = 2000

type Search = { readonly needle: Buffer; readonly pattern: RegExp; readonly take: (version: string) => void; places: number }

/** Starts looking, if a file has the name of a program of the table: few have, and no other one is looked at. */
export function startClassification(path: string): Classification | undefined {
  const { whole, base, series } = programName(fileNameOf(path))
  const candidates = BY_FILE.get(whole) ?? BY_FILE.get(base) ?? []
  const isGo = GO_PROGRAMS.has(whole)
  if (candidates.length === 0 && !isGo) return undefined
  const found = new Map<Classifier, Set<string>>()
  const stamps = new Set<string>()
  const searches: Search[] = candidates.flatMap((one) => {
    const versions = new Set<string>()
    found.set(one, versions)
    const inPath = one.path?.exec(path)?.[1]
    if (inPath !== undefined) versions.add(inPath)
    const take = (version: string): void => {
      const fits = one.sameSeries !== true || series === '' || version === series || version.startsWith(`${series}.`)
      if (fits && versions.size < 3) versions.add(version)
    }
    return one.marks.map((mark) => searchFor(mark, take))
  })
  if (isGo) searches.push(searchFor(GO_STAMP, (version) => void (stamps.size < 3 && stamps.add(version))))
  let carry: Uint8Array = new Uint8Array(0)
  return {
    push: (piece) => {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
      // What lies across two pieces.
      if (carry.byteLength > 0) lookFor(searches, Buffer.concat([carry, bytes.subarray(0, WINDOW)]))
      lookFor(searches, bytes)
      carry = Uint8Array.from(Buffer.concat([carry, bytes.subarray(-WINDOW)]).subarray(-WINDOW))
    },
    catalog: (place) => {
      const components = [...found].flatMap(([one, versions]) => {
        const [version] = versions
        return version === undefined || (one.alone === true && versions.size > 1) ? [] : [componentOf(one, version, place)]
      })
      return components.length === 0 ? undefined : { ...NOTHING_FOUND, components }
    },
    stamp: () => (stamps.size === 1 ? [...stamps][0] : undefined),
  }
}

const BY_FILE: ReadonlyMap<string, readonly Classifier[]> = new Map(
  CLASSIFIERS.flatMap(({ files }) => files).map((file) => [file, CLASSIFIERS.filter((one) => one.files.includes(file))] as const),
)

/** `python` and `3.11` of `python3.11`, `libpython3.11.so.1.0` or `python3.11.exe`; `gcc` and `12` of `x86_64-linux-gnu-gcc-12`. */
function programName(file: string): { readonly whole: string; readonly base: string; readonly series: string } {
  const whole = file
    .toLowerCase()
    // What is loaded into another program (`openssl.so` of Ruby) only knows what it was built against: it keeps its ending.
    .replace(/^(lib.*)\.so(?:\.[\d.]{0,30})?$|^(.*)\.(?:exe|dll|dylib)$/, '$1$2')
    .replace(/^[a-z0-9_]{2,20}-(?:[a-z0-9_]{1,20}-){1,3}(?=gcc|g\+\+|c\+\+)/, '')
    .replace(/-[0-9a-f]{16}$/, '')
  const series = /[-.]?(\d{1,9}(?:\.\d{1,9}){0,3})[a-z]?$/.exec(whole)
  return series === null ? { whole, base: whole, series: '' } : { whole, base: whole.slice(0, series.index), series: series[1] ?? '' }
}

function searchFor(mark: Mark, take: (version: string) => void): Search {
  return { needle: Buffer.from(mark.find, 'latin1'), pattern: new RegExp(mark.version.source, 'g'), take, places: 0 }
}

function lookFor(searches: readonly Search[], bytes: Buffer): void {
  let text: string | undefined
  for (const search of searches) {
    if (search.places > MAX_PLACES) continue
    if (search.needle.byteLength === 0) {
      text ??= bytes.toString('latin1')
      takeAll(search, text)
      continue
    }
    for (let at = bytes.indexOf(search.needle); at !== -1; at = bytes.indexOf(search.needle, at + search.needle.byteLength)) {
      takeAll(search, bytes.toString('latin1', Math.max(0, at - WINDOW), at + search.needle.byteLength + WINDOW))
      search.places += 1
      if (search.places > MAX_PLACES) break
    }
  }
}

/** A match that ends where the bytes do may go on in those that follow: it is seen whole with them. */
function takeAll({ pattern, take }: Search, text: string): void {
  for (const match of text.matchAll(pattern)) {
    if (match.index + match[0].length < text.length && match[1] !== undefined) take(match[1])
  }
}

function componentOf({ name, confidence }: Classifier, version: string, { path, layer }: Place): Component {
  return {
    purl: purlText({ type: 'generic', name, version }),
    name,
    version,
    type: 'application',
    hashes: {},
    evidence: [{ cataloger: 'binary-classifier', file: path, method: 'binary', confidence }],
    scope: 'required',
    ...(layer === undefined ? {} : { layer }),
  }
}
