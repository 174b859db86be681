import { classifyLicence } from '../../licence/classify.ts'
import type { Classified } from '../../licence/classify.ts'
import { readLicence } from '../../licence/licence.ts'

/** Names of licences in Debian's copyright files (machine-readable format 1.0, "License specification") that SPDX calls otherwise. */
const NAMES: Readonly<Record<string, string>> = {
  expat: 'MIT',
  'mit/x11': 'MIT',
  'mit/expat': 'MIT',
  x11: 'X11',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd-4-clause': 'BSD-4-Clause',
  'apache-2': 'Apache-2.0',
  apache: 'Apache-2.0',
  artistic: 'Artistic-1.0-Perl',
  'artistic-2': 'Artistic-2.0',
  cc0: 'CC0-1.0',
  zlib: 'Zlib',
  isc: 'ISC',
  python: 'Python-2.0',
  psf: 'PSF-2.0',
  openssl: 'OpenSSL',
  boost: 'BSL-1.0',
  'bsl-1': 'BSL-1.0',
  'mpl-2': 'MPL-2.0',
}
const FAMILY = /^(gpl|lgpl|agpl|gfdl|fdl)-?v?(\d)(?:\.(\d))?(?:\.0)?(\+|-or-later|-only)?$/i
/** A text names at most so many; the rest would help nobody. */
const MOST = 24

/**
 * The licences of a Debian copyright file: those its paragraphs name, all of which apply to some file; of one that is not in the
 * machine-readable format those that it refers to or holds. Undefined when nothing is recognised.
 */
export function readDebianCopyright(text: string): Classified | undefined {
  const named = /^Format:.*copyright-format/m.test(text.slice(0, 2000)) ? namedLicences(text) : []
  if (named.length > 0) return { licence: joined(named), confidence: 0.95 }
  const referred = [...text.matchAll(/\/usr\/share\/common-licenses\/([A-Za-z0-9.-]*[A-Za-z0-9])/g)].map(([, name = '']) => spdxName(name))
  const found = [...new Set(referred.filter((name) => name !== undefined))]
  return found.length > 0 ? { licence: joined(found), confidence: 0.8 } : classifyLicence(text)
}

/** The `License:` of every paragraph that speaks of files. */
function namedLicences(text: string): string[] {
  const found = new Set<string>()
  for (const line of text.split('\n')) {
    const short = /^License:[ \t]*(\S.*)$/.exec(line)?.[1]?.replace(/[ \t]+/g, ' ')
    if (short === undefined) continue
    for (const name of short.split(/ (?:and|or) |,/i)) {
      const bare = name.trim().replace(/ with .*$/i, '')
      if (bare !== '' && bare.length <= 60) found.add(spdxName(bare) ?? bare)
    }
  }
  return [...found]
}

/** The SPDX id of a name; undefined when it has none. */
function spdxName(name: string): string | undefined {
  const [, family, major, minor, later = ''] = FAMILY.exec(name) ?? []
  if (family !== undefined && major !== undefined) {
    const id = `${family.toUpperCase().replace(/^FDL$/, 'GFDL')}-${major}.${minor ?? (/^(?:fdl|gfdl)$/i.test(family) ? '2' : '0')}`
    return readLicence(`${id}${later === '+' || later === '-or-later' ? '-or-later' : '-only'}`).kind === 'id'
      ? `${id}${later === '+' || later === '-or-later' ? '-or-later' : '-only'}`
      : undefined
  }
  const key = name.toLowerCase()
  if (Object.hasOwn(NAMES, key)) return NAMES[key]
  const read = readLicence(name)
  return read.kind === 'id' ? read.id : undefined
}

function joined(names: readonly string[]): string {
  return [...new Set(names.map(asOperand))].toSorted().slice(0, MOST).join(' AND ')
}

/** What has no SPDX id is a reference, so that the whole stays an expression. */
function asOperand(name: string): string {
  return readLicence(name).kind === 'id' ? name : `LicenseRef-${name.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^-|-$/g, '')}`
}
