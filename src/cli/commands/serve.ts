import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeApp } from '../../server/app.ts'
import { loopbackHosts, sameSecret } from '../../server/guard-request.ts'
import { listen } from '../../server/listen.ts'
import { readPage } from '../../server/page-files.ts'
import { apiRoutes } from '../../server/routes.ts'
import { tokenHolds } from '../../server/tokens.ts'
import { fail } from '../../kernel/errors.ts'
import { localScope } from '../../store/scope.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { openWorkspaceOf } from '../context.ts'
import { withStore } from '../store.ts'

const DEFAULT_PORT = 7447

/** `tally serve`: page and API on loopback until it is stopped; prints the URL with a token in its fragment. */
export const serve = defineCommand({
  name: 'serve',
  summary: 'the page and the HTTP API, on loopback',
  usage: ['tally serve [--port PORT]'],
  examples: [
    ['tally serve', `http://127.0.0.1:${DEFAULT_PORT}, this machine only`],
    ['tally serve --port 0 --format json', 'any free port; the URL as data'],
  ],
  options: { port: { type: 'string', value: 'PORT', help: '0 for any free one', default: String(DEFAULT_PORT) }, format: FORMAT_TEXT_JSON },
  words: { min: 0, max: 0, names: 'no words' },
  run: async (context) => {
    const { flags, deps, terminal } = context
    const text = flags.text('port') ?? String(DEFAULT_PORT)
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw fail('usage', 'is not a port', { where: `--port ${text}` })
    const workspace = await openWorkspaceOf(context)
    const page = await readPage(deps, await pageDirectory(context))
    if (page === undefined) deps.log('warn', 'the page was not built: only the API answers (`npm run build` builds it)')
    const session = Buffer.from(deps.randomBytes(32)).toString('base64url')
    return await withStore(workspace, async (store) => {
      let hosts: ReadonlySet<string> = new Set()
      const app = makeApp({
        routes: apiRoutes({
          store,
          now: deps.now,
          logHead: async () => {
            const ledger = await workspace.ledger()
            return (await ledger.size()) === 0 ? undefined : { origin: ledger.origin, checkpoint: await ledger.checkpoint() }
          },
        }),
        page,
        hosts: () => hosts,
        mayWrite: async (given) => sameSecret(given, session) || (await tokenHolds(store, localScope('api'), given, deps.now())),
        log: deps.log,
      })
      const listening = await listen(app, '127.0.0.1', Number(text))
      hosts = loopbackHosts(listening.port)
      const url = `http://127.0.0.1:${listening.port}/#token=${session}`
      if (flags.text('format') === 'json') terminal.out(JSON.stringify({ url, port: listening.port, dataDir: workspace.dataDir }))
      else terminal.out(`${url}\n\nThe token in the URL lets its holder write; without it the page is read-only. Ctrl-C stops the server.`)
      await new Promise<void>((resolve) => {
        if (deps.signal.aborted) resolve()
        else deps.signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await listening.close()
      return 0
    })
  },
})

/** Where the built page is: beside the compiled program; from sources `dist/web`, built anew when its sources changed. */
async function pageDirectory(context: Parameters<typeof serve.run>[0]): Promise<string> {
  const here = dirname(fileURLToPath(import.meta.url))
  if (!here.endsWith(join('src', 'cli', 'commands'))) return existsSync(join(here, 'web')) ? join(here, 'web') : join(here, '..', 'web')
  const root = join(here, '..', '..', '..')
  const built = await context.deps.spawn(process.execPath, [join(root, 'scripts', 'build.ts'), 'page'], {
    cwd: root,
    env: plainEnv(context.deps.env),
  })
  if (built.exitCode !== 0)
    context.deps.log('warn', `the page could not be built: ${new TextDecoder().decode(built.stderr).trim().slice(-500)}`)
  return join(root, 'dist', 'web')
}

function plainEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
