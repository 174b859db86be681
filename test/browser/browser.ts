import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { systemDeps } from '../../src/kernel/system.ts'
import { makeApp } from '../../src/server/app.ts'
import { loopbackHosts } from '../../src/server/guard-request.ts'
import { listen } from '../../src/server/listen.ts'
import { readPage } from '../../src/server/page-files.ts'
import type { Route } from '../../src/server/route.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Where Debian, Fedora and macOS put a Chromium; `TALLY_TEST_CHROMIUM` says another place. */
export const CHROMIUM: string | undefined = [
  process.env['TALLY_TEST_CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== '' && existsSync(path))

/** A headless browser that asks nobody on the network for anything. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** The real server with the real page (built if its sources changed), over the given operations. Out: its address. */
export async function servePage(routes: readonly Route[]): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build.ts'), 'page'])
  const deps = systemDeps({ log: () => {}, signal: new AbortController().signal })
  const page = await readPage(deps, join(ROOT, 'dist/web'))
  let port = 0
  const app = makeApp({ routes, page, hosts: () => loopbackHosts(port), mayWrite: async () => await Promise.resolve(false), log: () => {} })
  const listening = await listen(app, '127.0.0.1', 0)
  port = listening.port
  return { url: `http://127.0.0.1:${port}`, close: listening.close }
}
