import { createHash } from 'node:crypto'
import type { Said } from './run-tally.ts'

/**
 * What a terminal shows of a command (`watchTally`), the same in every run: each random number (a digest of something signed, a key id) becomes a
 * made-up one by its place in the text, and folders become what a reader would have. `names` are texts and what stands for them.
 */
export function transcript(command: string, said: Said, names: Readonly<Record<string, string>>): string {
  const text = Object.entries(names)
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((rest, [from, to]) => rest.replaceAll(from, to), `$ ${command}\n${said.stdout}$ echo $?\n${said.exitCode}\n`)
  return withMadeUpRoots(withMadeUpNumbers(text))
}

/** The root of the log, which is base64. */
function withMadeUpRoots(text: string): string {
  return text.replaceAll(/(?<=root )[0-9A-Za-z+/]{43}=/g, createHash('sha256').update('root').digest('base64'))
}

/** Hexadecimal numbers of twelve digits and more: a short one is the beginning of a long one where there is such a long one. */
function withMadeUpNumbers(text: string): string {
  const known: { readonly real: string; readonly madeUp: string }[] = []
  return text.replaceAll(/(?<![0-9A-Za-z])[0-9a-f]{12,64}(?![0-9A-Za-z])/g, (real) => {
    const same = known.find((one) => one.real.startsWith(real) || real.startsWith(one.real))
    const madeUp =
      same?.madeUp ??
      createHash('sha256')
        .update(`number ${known.length + 1}`)
        .digest('hex')
    if (same === undefined) known.push({ real, madeUp })
    return madeUp.slice(0, real.length)
  })
}
