import type { DocumentFacts } from '../formats/read-sbom.ts'
import { safeText } from '../../kernel/text.ts'
import type { Sbom } from '../model.ts'
import type { ScoredElement } from './element.ts'
import { STANDARDS } from './standards.ts'

export type Score = {
  readonly standard: string
  readonly title: string
  /** Mean over its elements of the share that has each, 0 to 100, rounded down. */
  readonly percent: number
  readonly elements: readonly ScoredElement[]
}

/** How far an SBOM has what each standard asks for. It says what is there, not whether it is true. */
export function scoreSbom(sbom: Sbom, document: DocumentFacts): Score[] {
  return STANDARDS.map(({ id, title, elements: ask }) => {
    const elements = ask(sbom, document)
    const shares = elements.map(({ met, of }) => (of === 0 ? 0 : met / of))
    const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length)
    return { standard: id, title, percent: Math.floor(mean * 100), elements }
  })
}

/** Scores for people: a line an element that is not whole, with what mends it. */
export function scoreText(scores: readonly Score[]): string {
  return scores
    .map(({ title, percent, elements }) => {
      const whole = elements.filter(({ met, of }) => of > 0 && met === of).length
      const lines = elements.filter(({ met, of }) => of === 0 || met < of).map(elementLine)
      return [`${title}: ${percent} of 100, ${whole} of ${elements.length} elements whole`, ...lines].join('\n')
    })
    .join('\n\n')
    .concat('\n')
}

function elementLine({ title, met, of, missing, fix, withheld }: ScoredElement): string {
  const count = of === 1 && missing.length === 0 ? 'missing' : `${met} of ${of}`
  const held = withheld === 0 ? '' : `, ${withheld} withheld`
  const examples = missing.length === 0 ? '' : `\n      such as ${missing.slice(0, 2).map(safeText).join(', ')}`
  return `  ${title}: ${count}${held}${examples}\n      fix: ${fix}`
}

/** Scores as data. */
export function scoreJson(scores: readonly Score[], document: DocumentFacts): object {
  return { schema: 'https://tallystick.dev/schemas/sbom-score/v1', document, scores }
}
