import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { startCollection } from '../../collect.ts'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { nixCataloger } from './nix-cataloger.ts'
import { parseStorePath } from './store-path.ts'

const A = 'a'.repeat(32)
const B = 'b'.repeat(32)
const C = '0123456789abcdfghijklmnpqrsvwxyz'

function database(): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'tally-'))
  const db = new DatabaseSync(join(directory, 'db.sqlite'))
  try {
    db.exec('create table ValidPaths (id integer primary key autoincrement not null, path text unique not null, hash text not null)')
    db.exec('create table Refs (referrer integer not null, reference integer not null, primary key (referrer, reference))')
    const paths = [`/nix/store/${A}-hello-2.12.1`, `/nix/store/${B}-glibc-2.34-210`, `/nix/store/${C}-source`]
    for (const path of paths) db.prepare('insert into ValidPaths (path, hash) values (?, ?)').run(path, 'x')
    db.exec('insert into Refs values (1, 2), (1, 1), (2, 3), (1, 99)')
    return new Uint8Array(readFileSync(join(directory, 'db.sqlite')))
  } finally {
    db.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

function catalog(paths: readonly string[], db?: Uint8Array) {
  const collection = startCollection([nixCataloger], 'installed')
  for (const path of paths) collection.see(path)
  if (db !== undefined) collection.take('nix/var/nix/db/db.sqlite', db)
  return collection.finish().catalogs[0]
}

const PATHS = [
  `nix/store/${A}-hello-2.12.1/bin/hello`,
  `nix/store/${A}-hello-2.12.1/share/man`,
  `nix/store/${B}-glibc-2.34-210/lib/libc.so.6`,
  `nix/store/${C}-glibc-2.34-210-bin/bin/ldd`,
  `nix/store/${C}-single-1.0`,
  `nix/store/${C}-source/README`,
  `srv/nix/store/${A}-other-1.0/x`,
]

describe('the Nix store', () => {
  it('is what its paths say, each once', () => {
    expect(catalog(PATHS)?.components.map(({ purl, evidence }) => `${purl} ${evidence[0]?.file}`)).toEqual([
      `pkg:nix/glibc@2.34-210?output=bin&outputhash=${C} nix/store/${C}-glibc-2.34-210-bin`,
      `pkg:nix/single@1.0?outputhash=${C} nix/store/${C}-single-1.0`,
      `pkg:nix/hello@2.12.1?outputhash=${A} nix/store/${A}-hello-2.12.1`,
      `pkg:nix/glibc@2.34-210?outputhash=${B} nix/store/${B}-glibc-2.34-210`,
    ])
  })

  it('has edges where Nix’s database lies beside it', () => {
    expect(catalog(PATHS, database())?.edges).toEqual([
      { from: `pkg:nix/hello@2.12.1?outputhash=${A}`, to: `pkg:nix/glibc@2.34-210?outputhash=${B}` },
    ])
    expect(catalog(PATHS, new Uint8Array(5000))?.components).toHaveLength(4)
  })

  it('has no say in a closure', () => {
    const collection = startCollection([nixCataloger], 'runtime-closure')
    for (const path of PATHS) collection.see(path)
    expect(collection.finish().catalogs[0]?.components).toEqual([])
  })

  it.each([
    [`${A}-hello-2.12.1`, { hash: A, name: 'hello', version: '2.12.1', output: '' }],
    [`${A}-python3.11-requests-2.31.0-dist`, { hash: A, name: 'python3.11-requests', version: '2.31.0', output: 'dist' }],
    [`${A}-glibc-2.34-210`, { hash: A, name: 'glibc', version: '2.34-210', output: '' }],
    [`${A}-gcc-unwrapped-13.2.0-lib`, { hash: A, name: 'gcc-unwrapped', version: '13.2.0', output: 'lib' }],
    [`${A}-source`, undefined],
    [`${A}-hello-2.12.1.tar.gz`, undefined],
    [`${A}-hello-2.12.1.drv`, undefined],
    [`${'e'.repeat(32)}-hello-2.12.1`, undefined],
    ['.links', undefined],
    [`${A}--1`, undefined],
  ])('%s is %j', (segment, expected) => {
    expect(parseStorePath(segment)).toEqual(expected)
  })

  it('is read or refused when its database is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const notes = Object.fromEntries(PATHS.map((path) => [nixCataloger.notes?.(path) ?? '', '']))
    const outcome = await fuzzCataloger(nixCataloger, { ...notes, 'nix/var/nix/db/db.sqlite': database() }, { mode: 'installed' })
    expect(outcome.strange).toEqual([])
    expect(outcome.refused).toBe(0)
  })
})
