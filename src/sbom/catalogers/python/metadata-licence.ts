import type { PythonMetadata } from './metadata.ts'

/** Classifiers that mean one SPDX licence and no other; `BSD License` and the like mean several, and stay as they are. */
const CLASSIFIERS: Readonly<Record<string, string>> = {
  'Apache Software License': 'Apache-2.0',
  'MIT License': 'MIT',
  'MIT No Attribution License (MIT-0)': 'MIT-0',
  'ISC License (ISCL)': 'ISC',
  'Mozilla Public License 2.0 (MPL 2.0)': 'MPL-2.0',
  'Python Software Foundation License': 'PSF-2.0',
  'Zope Public License': 'ZPL-2.1',
  'The Unlicense (Unlicense)': 'Unlicense',
  'Boost Software License 1.0 (BSL-1.0)': 'BSL-1.0',
  'Universal Permissive License (UPL)': 'UPL-1.0',
  'zlib/libpng License': 'Zlib',
  'GNU General Public License v2 (GPLv2)': 'GPL-2.0-only',
  'GNU General Public License v2 or later (GPLv2+)': 'GPL-2.0-or-later',
  'GNU General Public License v3 (GPLv3)': 'GPL-3.0-only',
  'GNU General Public License v3 or later (GPLv3+)': 'GPL-3.0-or-later',
  'GNU Lesser General Public License v2 (LGPLv2)': 'LGPL-2.0-only',
  'GNU Lesser General Public License v2 or later (LGPLv2+)': 'LGPL-2.0-or-later',
  'GNU Lesser General Public License v3 (LGPLv3)': 'LGPL-3.0-only',
  'GNU Lesser General Public License v3 or later (LGPLv3+)': 'LGPL-3.0-or-later',
  'GNU Affero General Public License v3': 'AGPL-3.0-only',
  'GNU Affero General Public License v3 or later (AGPLv3+)': 'AGPL-3.0-or-later',
  'Eclipse Public License 2.0 (EPL-2.0)': 'EPL-2.0',
}

/** A licence field may hold a whole licence text; only what can be a name of one is taken. */
const LONGEST_NAME = 100

/** The licence a distribution declares: its expression, else its field, else its classifiers. */
export function licenceOfMetadata({ licenceExpression, licence, classifiers }: PythonMetadata): string | undefined {
  if (licenceExpression !== undefined) return licenceExpression
  if (licence !== undefined && licence.length <= LONGEST_NAME && !licence.includes('\n')) return licence
  const named = classifiers
    .filter((classifier) => classifier.startsWith('License ::'))
    .map((classifier) => classifier.split('::').at(-1)?.trim() ?? '')
    .filter((name) => name !== '' && name !== 'OSI Approved')
    .map((name) => (Object.hasOwn(CLASSIFIERS, name) ? (CLASSIFIERS[name] ?? name) : name))
  return named.length > 1 ? named.map((name) => (name.includes(' ') ? `(${name})` : name)).join(' AND ') : named[0]
}
