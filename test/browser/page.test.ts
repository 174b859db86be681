import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM, openBrowser, servePage } from './browser.ts'
import { DIGESTS, fixtureRoutes } from './fixture-api.ts'

const TOKEN = 'a-session-token-of-32-characters'

/** Every view, by a path that shows it. */
const VIEWS: Readonly<Record<string, string>> = {
  'the artifacts': '/',
  'a search': '/?search=shelf',
  'a search without a hit': '/?search=nothing-of-the-kind',
  'the receipts of an artifact': `/artifacts/${DIGESTS.CURRENT}`,
  'a verdict that allows': `/artifacts/${DIGESTS.CURRENT}?show=verdicts`,
  'a verdict that denies': `/artifacts/${DIGESTS.REFUSED}?show=verdicts`,
  'the components': `/artifacts/${DIGESTS.CURRENT}?show=components`,
  'an artifact without an SBOM': `/artifacts/${DIGESTS.REFUSED}?show=components`,
  'a digest nobody knows': `/artifacts/${DIGESTS.UNKNOWN}`,
  'the environments': '/environments',
  'the history of one': '/environments/prod',
  'an environment nothing entered': '/environments/stage',
  'a question of impact': '/impact',
  'its answer': '/impact?q=zod',
  'its answer when there is none': '/impact?q=nothing',
  'a question that is none': '/impact?q=%3Cx',
  nowhere: '/no/such/place',
}

if (CHROMIUM === undefined) console.warn('SKIPPED: no Chromium, so the page is not tested. Install one, or name it in TALLY_TEST_CHROMIUM.')

/** What axe finds wrong, as `rule: elements`. */
async function objections(axe: AxeBuilder): Promise<readonly string[]> {
  const { violations } = await axe.analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

describe.skipIf(CHROMIUM === undefined)('the page in a browser', () => {
  let browser: Browser
  let full: Awaited<ReturnType<typeof servePage>>
  let empty: Awaited<ReturnType<typeof servePage>>

  beforeAll(async () => {
    full = await servePage(fixtureRoutes('full'))
    empty = await servePage(fixtureRoutes('empty'))
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await full.close()
    await empty.close()
  })

  /** Opens a place and runs a test in it, which fails on anything the browser had to refuse or that was thrown. */
  async function visit(url: string, look: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', timezoneId: 'UTC', ...options })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      // An answer of 4xx is shown by the page itself.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource: the server responded with a status of 4'))
        complaints.push(message.text())
    })
    try {
      await page.goto(url)
      await page.locator('footer').waitFor()
      await page.locator('main .waiting').waitFor({ state: 'detached' })
      await look(page)
      expect(complaints).toEqual([])
    } finally {
      await context.close()
    }
  }

  test.each(Object.entries(VIEWS))(
    '%s: nothing that axe objects to in light or dark, and nothing that sticks out on a phone',
    async (_what, path) => {
      await visit(full.url + path, async (page) => {
        expect(await objections(new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']))).toEqual(
          [],
        )
        await page.emulateMedia({ colorScheme: 'dark' })
        await page.setViewportSize({ width: 390, height: 900 })
        expect(
          await objections(new AxeBuilder({ page }).withRules(['color-contrast', 'target-size', 'scrollable-region-focusable'])),
        ).toEqual([])
        expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
      })
    },
  )

  test('axe would object: a picture without words, grey on grey', async () => {
    await visit(full.url, async (page) => {
      await page.evaluate(`
        document.querySelector('main').append(Object.assign(document.createElement('img'), { src: '/icon.svg' }))
        document.querySelector('h1').style.setProperty('color', 'lightgrey')
      `)
      const found = await objections(new AxeBuilder({ page }))
      expect(found.map((each) => each.split(':')[0])).toEqual(expect.arrayContaining(['image-alt', 'color-contrast']))
    })
  })

  test('says the next command where there is nothing yet', async () => {
    await visit(empty.url, async (page) => expect(await page.locator('main').innerText()).toContain('tally ship'))
    await visit(`${empty.url}/environments`, async (page) => expect(await page.locator('main').innerText()).toContain('tally ship'))
    await visit(`${full.url}/artifacts/${DIGESTS.REFUSED}?show=components`, async (page) =>
      expect(await page.locator('main').innerText()).toContain(`tally attest ${DIGESTS.REFUSED} --type cyclonedx`),
    )
  })

  test('takes the token out of the address, keeps it for this tab, and sends it', async () => {
    await visit(`${full.url}/#token=${TOKEN}`, async (page) => {
      expect(page.url()).toBe(`${full.url}/`)
      const request = page.waitForRequest(/\/api\/v1\/environments/)
      await page.getByRole('link', { name: 'Environments' }).click()
      expect((await request).headers()['authorization']).toBe(`Bearer ${TOKEN}`)
      expect(await page.evaluate<number>('localStorage.length + document.cookie.length')).toBe(0)
      await page.reload()
      await page.getByRole('link', { name: 'stage' }).waitFor()
      expect(await page.locator('footer').innerText()).not.toContain('Read only')
    })
    await visit(full.url, async (page) => expect(await page.locator('footer').innerText()).toContain('Read only'))
  })

  test('a search stands in the URL, leaves no step back for each letter, and comes back with it', async () => {
    await visit(full.url, async (page) => {
      await page.getByRole('link', { name: 'Environments' }).click()
      await page.getByRole('link', { name: 'Artifacts' }).click()
      await page.getByRole('searchbox').pressSequentially('label')
      await page.waitForURL('**/?search=label')
      await page.getByText('shelf 1.5.0').waitFor({ state: 'detached' })
      expect(await page.getByRole('row').count()).toBe(2)
      await page.goBack()
      await page.waitForURL('**/environments')
      await page.goForward()
      await page.waitForURL('**/?search=label')
      expect(await page.getByRole('searchbox').inputValue()).toBe('label')
    })
  })

  test('the clauses that are met fit beside each other on a wide screen', async () => {
    await visit(`${full.url}/artifacts/${DIGESTS.CURRENT}?show=verdicts`, async (page) => {
      const [inner = 0, outer = 0] = await page.locator('.scroll').evaluate((region) => [region.scrollWidth, region.clientWidth])
      expect(outer).toBeGreaterThan(500)
      expect(inner).toBe(outer)
    })
  })

  test('a long list is read on, by the keyboard alone', async () => {
    await visit(full.url, async (page) => {
      const more = page.getByRole('button', { name: 'Show more' })
      await more.focus()
      await page.keyboard.press('Enter')
      await page.getByRole('link', { name: 'notes.tar.gz' }).waitFor()
      expect(await more.count()).toBe(0)
      expect(await page.getByRole('row').count()).toBe(6)
    })
  })

  test('from the list to why, by the keyboard: skip link, artifact, verdicts', async () => {
    await visit(full.url, async (page) => {
      await page.keyboard.press('Tab')
      expect(await page.evaluate<string>('document.activeElement.textContent')).toContain('Skip to the content')
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'shelf 1.5.0', level: 1 }).waitFor()
      expect(await page.evaluate<string>('document.activeElement.tagName')).toBe('MAIN')
      expect(await page.title()).toBe('shelf 1.5.0 · Tallystick')
      await page.getByRole('link', { name: 'Verdicts' }).focus()
      await page.keyboard.press('Enter')
      const failed = page.getByRole('region', { name: 'Clause sbom' })
      expect(await failed.innerText()).toMatch(
        /failed\s+sbom\s+Expected\s+an SBOM .* bound to this artifact\s+Found\s+one SBOM, about another digest\s+Next\s+tally attest/,
      )
      expect(await page.getByRole('region', { name: 'Clause check' }).innerText()).toContain('waived by w-7')
    })
  })

  test('the receipts tell who signed, where it is logged and how the time is proven', async () => {
    await visit(`${full.url}/artifacts/${DIGESTS.CURRENT}`, async (page) => {
      const provenance = page.getByRole('listitem').filter({ hasText: 'SLSA provenance' })
      expect(await provenance.innerText()).toMatch(
        /signed by this-machine \(local key: proves only this machine\)[^]*Entry 41 of a log of 44, checkpoint by shelf.example\/log · time asserted by the signer/,
      )
      await provenance.getByText('Details').click()
      expect(await provenance.innerText()).toMatch(/Envelope\s+sha256:[0-9a-f]{64}[^]*manifest, sha256:/)
    })
  })

  test('the components lead to where else they are', async () => {
    await visit(`${full.url}/artifacts/${DIGESTS.CURRENT}?show=components`, async (page) => {
      await page.getByRole('searchbox').fill('isc')
      expect(await page.getByRole('row').count()).toBe(2)
      await page.getByRole('searchbox').fill('zod')
      await page.getByRole('link', { name: 'Where else is zod 4.6.7?' }).click()
      await page.waitForURL('**/impact?q=pkg%3Anpm%2Fzod%404.6.7')
      await page.getByRole('heading', { name: '1 artifact' }).waitFor()
      expect(await page.getByRole('row').last().innerText()).toMatch(/shelf 1\.4\.0[^]*may match[^]*prod: web\/deployment\/shelf/)
    })
  })

  test('what the server refuses is told with its hint, and a server that is gone with what to do', async () => {
    await visit(`${full.url}/impact?q=%3Cx`, async (page) => {
      expect(await page.getByRole('alert').innerText()).toMatch(
        /neither a package URL nor name@range \(reference-invalid\)\s+write pkg:npm/,
      )
    })
    const gone = await servePage(fixtureRoutes('full'))
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(gone.url)
    await page.getByText('shelf 1.5.0').waitFor()
    await gone.close()
    await page.getByRole('link', { name: 'Environments' }).click()
    expect(await page.getByRole('alert').innerText()).toContain('the server does not answer (network)\n\nstart it again with `tally serve`')
    await context.close()
  })

  test('shows what others wrote as text', async () => {
    await visit(`${full.url}/?search=${encodeURIComponent('<img src=x onerror=alert(1)>')}`, async (page) => {
      expect(await page.locator('main').innerText()).toContain('<img src=x onerror=alert(1)>')
      expect(await page.locator('main img').count()).toBe(0)
    })
  })
})
