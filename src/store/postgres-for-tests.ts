import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdtemp, readFile, readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** One database for one test file: its URL, and how to drop it. */
export type TestDatabase = { readonly url: string; readonly drop: () => Promise<void> }

const BINARIES = '/usr/lib/postgresql'

/**
 * A fresh PostgreSQL database: on the server of TALLY_TEST_POSTGRES_URL, else on a private cluster from Debian's binaries, one
 * for each test process, which ends with it. Where there is neither: one line on stderr, and undefined.
 */
export async function postgresForTests(): Promise<TestDatabase | undefined> {
  const server = process.env['TALLY_TEST_POSTGRES_URL'] ?? (await privateCluster())
  if (server === undefined) return undefined
  const name = `tally_test_${randomBytes(6).toString('hex')}`
  await onServer(server, `create database ${name}`)
  return {
    url: withDatabase(server, name),
    drop: async () => await onServer(server, `drop database ${name} with (force)`),
  }
}

/** A fresh schema on the Citus coordinator of TALLY_TEST_CITUS_URL; undefined, with one line on stderr, where it is not set. */
export async function citusForTests(): Promise<TestDatabase | undefined> {
  const server = process.env['TALLY_TEST_CITUS_URL']
  if (server === undefined) {
    tellOnce('TALLY_TEST_CITUS_URL is not set: the store tests do not run on Citus')
    return undefined
  }
  const name = `tally_test_${randomBytes(6).toString('hex')}`
  await onServer(server, `create schema ${name}`)
  return {
    url: `${server}${server.includes('?') ? '&' : '?'}options=${encodeURIComponent(`-c search_path=${name}`)}`,
    drop: async () => await onServer(server, `drop schema ${name} cascade`),
  }
}

/** Runs one statement on a server, outside of any store. */
export async function onServer(url: string, statement: string): Promise<void> {
  const { Client } = await import('pg')
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

let cluster: Promise<string | undefined> | undefined

async function privateCluster(): Promise<string | undefined> {
  cluster ??= startCluster()
  return await cluster
}

async function startCluster(): Promise<string | undefined> {
  const binaries = await findBinaries()
  if (binaries === undefined) {
    tellOnce(`no PostgreSQL: neither TALLY_TEST_POSTGRES_URL nor ${BINARIES}/*/bin; the store tests run on SQLite only`)
    return undefined
  }
  const directory = await mkdtemp(join(tmpdir(), 'tally-postgres-'))
  // PostgreSQL refuses to run as root.
  const account = process.getuid?.() === 0 ? await unprivilegedAccount() : undefined
  if (account !== undefined) await chown(directory, account.uid, account.gid)
  await chmod(directory, 0o700)
  const port = await freePort()
  const server = spawn('/bin/sh', ['-c', CLUSTER, 'sh', binaries, directory, String(port)], {
    cwd: directory,
    env: { LC_ALL: 'C.UTF-8', PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'pipe'],
    ...account,
  })
  const said: string[] = []
  server.stderr.on('data', (bytes: Buffer) => said.push(bytes.toString()))
  // The pipe to its stdin holds the cluster; it must not hold this process.
  server.unref()
  for (const stream of [server.stdin, server.stderr]) if ('unref' in stream && typeof stream.unref === 'function') stream.unref()
  const url = `postgres://tally@127.0.0.1:${port}/postgres`
  for (let tries = 0; ; tries += 1) {
    try {
      await onServer(url, 'select 1')
      return url
    } catch (error) {
      if (server.exitCode !== null || tries > 200) throw new Error(`PostgreSQL did not start: ${said.join('')}`, { cause: error })
      await sleep(100)
    }
  }
}

// Ends, and takes its files along, as soon as its stdin closes: that is when the test process is gone, however it went.
const CLUSTER = `
"$1/initdb" -D "$2/data" -U tally -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null || exit 1
"$1/postgres" -D "$2/data" -c listen_addresses=127.0.0.1 -c port="$3" -c unix_socket_directories="$2" \\
  -c fsync=off -c deadlock_timeout=100ms -c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB -c logging_collector=off >/dev/null &
server=$!
cat >/dev/null
kill -INT "$server"
wait "$server"
rm -rf "$2"
`

async function findBinaries(): Promise<string | undefined> {
  try {
    const versions = (await readdir(BINARIES)).filter((name) => /^[0-9]+$/.test(name)).toSorted((a, b) => Number(b) - Number(a))
    return versions[0] === undefined ? undefined : join(BINARIES, versions[0], 'bin')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The ids of `postgres`, else of `nobody`, for a child of a root process. */
export async function unprivilegedAccount(): Promise<{ readonly uid: number; readonly gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const account = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody')
  if (account === undefined) throw new Error('neither postgres nor nobody is an account of this machine')
  return { uid: Number(account[2]), gid: Number(account[3]) }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function withDatabase(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

const told = new Set<string>()

function tellOnce(line: string): void {
  if (told.has(line)) return
  told.add(line)
  process.stderr.write(`${line}\n`)
}
