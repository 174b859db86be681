import type { Finding } from '../../../kernel/finding.ts'
import { findingAt } from '../../rule.ts'
import type { CheckFile, Rule } from '../../rule.ts'
import { DETECTORS } from './detectors.ts'
import type { Detector } from './detectors.ts'

/** Kinds of files that hold no text a person wrote. */
const NOT_TEXT =
  /\.(?:png|jpe?g|gif|webp|avif|ico|bmp|tiff?|pdf|zip|gz|tgz|xz|bz2|zst|7z|rar|jar|war|whl|tar|wasm|so|dylib|dll|exe|class|o|a|woff2?|ttf|otf|eot|mp[34]|mov|avi|webm|ogg|flac|wav|sqlite|db)$/i

const MAX_FINDINGS = 100

/** What is once in a repository stays in its history: a secret there is known to everybody who ever had a copy. */
export const secret: Rule = {
  id: 'secret',
  family: 'secrets',
  severity: 'critical',
  title: 'A secret lies in the source',
  help: 'revoke it where it was issued first; then take it out of the file, and keep it in a secret store',
  docs: 'docs/rules.md#secret',
  wants: (path) => !NOT_TEXT.test(path),
  check: (file) => {
    const found = DETECTORS.flatMap((detector) => findSecrets(file, detector))
    return found.slice(0, MAX_FINDINGS)
  },
}

function findSecrets(file: CheckFile, detector: Detector): readonly Finding[] {
  const found: Finding[] = []
  const pattern = new RegExp(detector.pattern.source, 'y')
  for (const start of detector.starts) {
    for (let at = file.text.indexOf(start); at !== -1 && found.length < MAX_FINDINGS; at = file.text.indexOf(start, at + start.length)) {
      if (isInsideWord(file.text[at - 1], detector)) continue
      pattern.lastIndex = at
      const match = pattern.exec(file.text)?.[0]
      if (match === undefined) continue
      const end = at + match.length
      const begin = at
      // On past what was matched, whether it holds or not: starts inside it would be tried over and over.
      at = end - start.length
      if (!detector.holds(match, file.text.slice(end, end + (detector.lookAhead ?? 0)))) continue
      const { severity, confidence } = detector
      found.push(
        findingAt(secret, file, { start: begin, end }, describe(detector, match), {
          ...(severity === undefined ? {} : { severity }),
          ...(confidence === undefined ? {} : { confidence }),
        }),
      )
    }
  }
  return found
}

/** A start in the middle of a longer word is part of something else, a hash or a base64 text. */
function isInsideWord(before: string | undefined, detector: Detector): boolean {
  return before !== undefined && (detector.notAfter ?? /[A-Za-z0-9+/]/).test(before)
}

/** Never the secret: its first four characters, which only say of what kind it is, and its length. */
function describe(detector: Detector, match: string): string {
  if (detector.shown !== undefined) return `${detector.name} (${detector.shown})`
  return `${detector.name} (\`${match.slice(0, 4)}…\`, ${match.length} characters)`
}
