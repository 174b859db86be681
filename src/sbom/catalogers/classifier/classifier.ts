import { purlText } from '../../../package/purl.ts'
import type { Component } from '../../model.ts'
import { fileNameOf } from '../../path.ts'
import type { Catalog } from '../cataloger.ts'
import type { Place } from '../inspector.ts'
import { CLASSIFIERS } from './table.ts'
import type { Classifier } from './table.ts'

/** Looks for the version of a well-known program among its bytes as they pass. */
export type Classification = {
  readonly push: (piece: Uint8Array) => void
  readonly catalog: (place: Place) => Catalog | undefined
}

/** So much of a piece is looked at again with the next: a version may lie across both. Patterns match no more than this. */
const OVERLAP = 256

/**
 * Starts looking, if a file has the name of a program of the table. What is found is a guess by text: it is sure that the text is there, and
 * likely that it is the program's own version.
 */
export function startClassification(path: string): Classification | undefined {
  const name = fileNameOf(path)
  const candidates = CLASSIFIERS.filter((one) => one.file.test(name)).map((one) => ({ one, pattern: patternOf(one, name) }))
  if (candidates.length === 0) return undefined
  const found = new Map<Classifier, string>()
  let rest = ''
  return {
    push: (piece) => {
      if (found.size === candidates.length) return
      const text = rest + Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1')
      for (const { one, pattern } of candidates) {
        const version = found.has(one) ? undefined : pattern.exec(text)?.[1]
        if (version !== undefined) found.set(one, version)
      }
      rest = text.slice(-OVERLAP)
    },
    catalog: (place) => {
      if (found.size === 0) return undefined
      return { components: [...found].map(([one, version]) => componentOf(one, version, place)), edges: [], projects: [], read: [] }
    },
  }
}

/** A pattern may need the version in the file's own name, `python3.11`: its digits stand for `{name}`. */
function patternOf({ version, file }: Classifier, name: string): RegExp {
  const series = file.exec(name)?.[1] ?? ''
  return new RegExp(version.source.replace('\\{name\\}', series.replaceAll('.', '\\.')), version.flags)
}

function componentOf({ name, purl }: Classifier, version: string, { path, layer }: Place): Component {
  return {
    purl: purlText({ type: 'generic', name: purl ?? name, version }),
    name,
    version,
    type: 'application',
    hashes: {},
    evidence: [{ cataloger: 'binary-classifier', file: path, method: 'binary', confidence: 0.8 }],
    scope: 'required',
    ...(layer === undefined ? {} : { layer }),
  }
}
