import { compareText } from '../../package/digits.ts'
import { EVIDENCE_METHODS, WITHHOLDABLE } from '../model.ts'
import type { Component } from '../model.ts'

/** Words for what SPDX has no field for, each at the beginning of a note. */
const MARKS = {
  scope: 'scope: ',
  range: 'range: ',
  layer: 'layer: ',
  withheld: 'withheld: ',
  licence: 'licence from: ',
  property: 'property: ',
} as const

/** What a component says that SPDX has no field for, one note each. */
export function notesOf({ scope, range, layer, withheld = [], concluded, properties = {} }: Component): string[] {
  return [
    ...(scope === 'required' ? [] : [`${MARKS.scope}${scope}`]),
    ...(range === undefined ? [] : [`${MARKS.range}${range}`]),
    ...(layer === undefined ? [] : [`${MARKS.layer}${layer}`]),
    ...(withheld.length === 0 ? [] : [`${MARKS.withheld}${withheld.join(' ')}`]),
    ...(concluded === undefined ? [] : [`${MARKS.licence}${concluded.confidence} ${concluded.file}`]),
    ...Object.entries(properties)
      .map(([name, value]) => `${MARKS.property}${name}=${value}`)
      .toSorted(compareText),
  ]
}

export type Noted = Pick<Component, 'range' | 'layer' | 'withheld' | 'properties'> & {
  readonly scope?: Component['scope']
  readonly licenceFrom?: { readonly confidence: number; readonly file: string }
}

/** The way back, from all notes on a component. */
export function readNotes(notes: readonly string[]): Noted {
  const noted = (mark: string): string | undefined => notes.find((note) => note.startsWith(mark))?.slice(mark.length)
  const [range, layer, licence] = [noted(MARKS.range), noted(MARKS.layer), noted(MARKS.licence)]
  const scope = (['dev', 'optional'] as const).find((one) => noted(MARKS.scope) === one)
  const withheld = WITHHOLDABLE.filter((field) => (noted(MARKS.withheld) ?? '').split(' ').includes(field))
  const properties = notes.flatMap((note) => propertyOf(note))
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(range === undefined ? {} : { range }),
    ...(layer === undefined ? {} : { layer }),
    ...(licence === undefined ? {} : { licenceFrom: placeOf(licence) }),
    ...(withheld.length === 0 ? {} : { withheld }),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
  }
}

function placeOf(note: string): { readonly confidence: number; readonly file: string } {
  const space = note.indexOf(' ')
  const confidence = Number(note.slice(0, Math.max(0, space)) || 'x')
  return { confidence: confidence >= 0 && confidence <= 1 ? confidence : 1, file: note.slice(space + 1) }
}

function propertyOf(note: string): [string, string][] {
  if (!note.startsWith(MARKS.property)) return []
  const equals = note.indexOf('=')
  return equals === -1 ? [] : [[note.slice(MARKS.property.length, equals), note.slice(equals + 1)]]
}

const FOUND = 'found by '

/** How a component was found, as one text. */
export function foundText(evidence: Component['evidence']): string | undefined {
  if (evidence.length === 0) return undefined
  return FOUND + evidence.map(({ cataloger, method, file }) => `${cataloger} ${method} ${file}`).join('; ')
}

/** The way back; of a text that somebody else wrote nothing. */
export function evidenceFrom(text: string): Component['evidence'] {
  if (!text.startsWith(FOUND)) return []
  return text
    .slice(FOUND.length)
    .split('; ')
    .flatMap((one) => {
      const [cataloger = '', how = '', ...file] = one.split(' ')
      const method = EVIDENCE_METHODS.find((each) => each === how)
      return method === undefined ? [] : [{ cataloger, method, file: file.join(' '), confidence: 1 }]
    })
}
