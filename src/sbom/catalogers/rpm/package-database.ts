import { malformed } from '../../byte-view.ts'
import { isSqlite, readTable } from '../../sqlite/table.ts'
import { readWal } from '../../sqlite/wal.ts'
import { readBerkeleyHash } from './berkeley-hash.ts'
import { parseRpmHeader } from './header.ts'
import type { RpmPackage } from './header.ts'
import { readNdb } from './ndb.ts'

/** The folders rpm's database lies in: of old, since Fedora 36 and in SUSE, in rpm-ostree. */
export const RPM_FOLDERS: readonly string[] = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm']

/** Newest format first: a database that was converted may have left its old file behind. */
export const DATABASE_NAMES: readonly string[] = ['rpmdb.sqlite', 'Packages.db', 'Packages']

/**
 * The packages in one file of a database of rpm, whichever of its three formats it has. In: the file, its path, and SQLite's
 * write-ahead log where there is one. Throws `artifact-malformed` and `limit-exceeded`.
 */
export function readPackages(bytes: Uint8Array, path: string, wal?: Uint8Array): RpmPackage[] {
  const packages: RpmPackage[] = []
  for (const blob of readBlobs(bytes, path, wal)) {
    const found = parseRpmHeader(blob, path)
    if (found !== undefined) packages.push(found)
  }
  return packages
}

function readBlobs(bytes: Uint8Array, path: string, wal: Uint8Array | undefined): Iterable<Uint8Array> {
  // A database that was made and never used.
  if (bytes.byteLength === 0) return []
  if (path.endsWith('/Packages.db')) return readNdb(bytes, path)
  return isSqlite(bytes) ? readSqlite(bytes, path, wal) : readBerkeleyHash(bytes, path)
}

function* readSqlite(bytes: Uint8Array, path: string, wal: Uint8Array | undefined): Generator<Uint8Array> {
  const rows = readTable(bytes, path, 'Packages', wal === undefined ? undefined : readWal(wal, path))
  if (rows === undefined) throw malformed(path, 'is a database without a table of packages')
  for (const { values } of rows) {
    const blob = values.find((value) => value instanceof Uint8Array)
    if (blob !== undefined) yield blob
  }
}
