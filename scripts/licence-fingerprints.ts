/**
 * Makes src/sbom/licence/licence-fingerprints.ts from the texts of the SPDX licence list (CC0-1.0):
 * `node scripts/licence-fingerprints.ts <folder>`, which holds a file `<id>.json` with a `licenseText` for each licence.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { licenceWords, sampleOf, shinglesOf, textHash } from '../src/sbom/licence/fingerprint.ts'

/** By the SPDX id of the text; where a text does not say whether later versions are meant, the id that does not either. */
const LICENCES: Readonly<Record<string, string>> = {
  '0BSD': '0BSD',
  'AGPL-3.0-only': 'AGPL-3.0',
  'Apache-1.1': 'Apache-1.1',
  'Apache-2.0': 'Apache-2.0',
  'Artistic-2.0': 'Artistic-2.0',
  'BSD-1-Clause': 'BSD-1-Clause',
  'BSD-2-Clause': 'BSD-2-Clause',
  'BSD-3-Clause': 'BSD-3-Clause',
  'BSD-4-Clause': 'BSD-4-Clause',
  'BSL-1.0': 'BSL-1.0',
  'BlueOak-1.0.0': 'BlueOak-1.0.0',
  'CC-BY-4.0': 'CC-BY-4.0',
  'CC-BY-SA-4.0': 'CC-BY-SA-4.0',
  'CC0-1.0': 'CC0-1.0',
  'CDDL-1.0': 'CDDL-1.0',
  'EPL-1.0': 'EPL-1.0',
  'EPL-2.0': 'EPL-2.0',
  'EUPL-1.2': 'EUPL-1.2',
  'GFDL-1.3-only': 'GFDL-1.3',
  'GPL-2.0-only': 'GPL-2.0',
  'GPL-3.0-only': 'GPL-3.0',
  ISC: 'ISC',
  'LGPL-2.0-only': 'LGPL-2.0',
  'LGPL-2.1-only': 'LGPL-2.1',
  'LGPL-3.0-only': 'LGPL-3.0',
  MIT: 'MIT',
  'MIT-0': 'MIT-0',
  'MPL-1.1': 'MPL-1.1',
  'MPL-2.0': 'MPL-2.0',
  NCSA: 'NCSA',
  'OFL-1.1': 'OFL-1.1',
  OpenSSL: 'OpenSSL',
  'PSF-2.0': 'PSF-2.0',
  PostgreSQL: 'PostgreSQL',
  'Python-2.0': 'Python-2.0',
  Ruby: 'Ruby',
  'UPL-1.0': 'UPL-1.0',
  Unlicense: 'Unlicense',
  Vim: 'Vim',
  WTFPL: 'WTFPL',
  X11: 'X11',
  'ZPL-2.1': 'ZPL-2.1',
  Zlib: 'Zlib',
  curl: 'curl',
}
/** A text of one body, in the words that everybody else puts there. */
const OTHER_WORDS: Readonly<Record<string, readonly [RegExp, string]>> = { ISC: [/\bISC(?! License)/g, 'THE AUTHOR'] }
const SAMPLE = 192

const [from] = process.argv.slice(2)
if (from === undefined) throw new Error('give the folder of texts')
const texts = Object.entries(LICENCES).flatMap(([file, id]) => {
  const text = (JSON.parse(readFileSync(join(from, `${file}.json`), 'utf8')) as { licenseText: string }).licenseText
  const other = OTHER_WORDS[id]
  return [{ id, text }, ...(other === undefined ? [] : [{ id, text: text.replaceAll(...other) }])]
})
const rows = texts.map(({ id, text }) => {
  const words = licenceWords(text)
  const all = shinglesOf(words)
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(all.size / SAMPLE)))
  const sample = sampleOf(all, step).toSorted((a, b) => a - b)
  const bytes = Buffer.alloc(sample.length * 4)
  for (const [at, shingle] of sample.entries()) bytes.writeUInt32BE(shingle, at * 4)
  return [id, textHash(words), step, bytes.toString('base64')].join(' ')
})
const head = `/**
 * Licences by their words, one a line: SPDX id, hash of all words, step of the sample, sample of the shingles (big-endian, base64).
 * Made by scripts/licence-fingerprints.ts.
 */
export const LICENCE_FINGERPRINTS = \`
`
writeFileSync(join(import.meta.dirname, '..', 'src', 'sbom', 'licence', 'licence-fingerprints.ts'), `${head}${rows.join('\n')}\n\`\n`)
