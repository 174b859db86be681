import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testDeps } from '../../../test/support/deps.ts'
import { fetchVia, startHttpFake } from '../../../test/support/http-fake.ts'
import { startOidcIssuer } from '../../../test/support/oidc-issuer.ts'
import type { OidcIssuer } from '../../../test/support/oidc-issuer.ts'
import { AMBIENT_PROVIDERS, findAmbientToken, hasAmbientToken } from './ambient-token.ts'
import { askInBrowser } from './browser-token.ts'
import { readIdentityToken } from './identity-token.ts'

let issuer: OidcIssuer
beforeAll(async () => {
  issuer = await startOidcIssuer()
})
afterAll(async () => {
  await issuer.close()
})
const read = (text: string, audience = 'sigstore') => readIdentityToken(text, audience, new Date(), 'the token')

describe('an identity token', () => {
  test('names who it is of, by its address or its subject', () => {
    expect(read(issuer.token('dev@example.com'))).toMatchObject({ subject: 'dev@example.com', issuer: issuer.origin })
    expect(read(issuer.token('dev@example.com', { email: undefined, sub: 'repo:a/b' }))).toMatchObject({ subject: 'repo:a/b' })
    expect(read(`${issuer.token('dev@example.com', { aud: ['other', 'sigstore'] })}\n`)).toMatchObject({ subject: 'dev@example.com' })
  })
  test.each([
    ['for somebody else', { aud: 'another' }, 'usage'],
    ['for several, none of them us', { aud: ['a', 'b'] }, 'usage'],
    ['that has ended', { exp: Math.floor(Date.now() / 1000) - 1 }, 'login-needed'],
    ['with an address that nobody verified', { email_verified: false }, 'usage'],
    ['without an issuer', { iss: undefined }, 'usage'],
    ['without an end', { exp: undefined }, 'usage'],
  ])('%s is refused, and stays out of the message', (_, claims, code) => {
    const token = issuer.token('dev@example.com', claims)
    expect(() => read(token)).toThrow(expect.objectContaining({ code, where: 'the token' }))
    try {
      read(token)
    } catch (error) {
      expect(String(error)).not.toContain(token.split('.')[1])
    }
  })
  test.each(['', 'abc', 'a.b', 'a.b.c', 'a..c', 'a.e30.c', '....'])('%j is none', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})

describe('ambient tokens', () => {
  test('come from GitHub’s runner for whoever shows its secret, for our audience', async () => {
    const runner = await startHttpFake(({ path, headers }) => {
      const url = new URL(path, 'http://x')
      const isRight = headers['authorization'] === 'Bearer the runner secret' && url.searchParams.get('api-version') === '2.0'
      return isRight ? { json: { value: issuer.token('ci', { aud: url.searchParams.get('audience') }) } } : { status: 401 }
    })
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${runner.origin}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'the runner secret',
    }
    expect(await hasAmbientToken(testDeps({ env }))).toBe(true)
    const found = await findAmbientToken(testDeps({ env }), 'sigstore')
    expect(found.from).toBe('github-actions')
    expect(read(found.text).issuer).toBe(issuer.origin)
    const wrong = findAmbientToken(testDeps({ env: { ...env, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' } }), 'sigstore')
    await expect(wrong).rejects.toThrow(expect.objectContaining({ code: 'login-needed' }))
    const plain = findAmbientToken(testDeps({ env: { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: 'http://far.example/t' } }), 'sigstore')
    await expect(plain).rejects.toThrow(expect.objectContaining({ code: 'insecure-transport' }))
    await runner.close()
  })

  test('are asked for where the runner says, and the secret goes nowhere else (fulcio#e4637a3)', async () => {
    const elsewhere = await startHttpFake(() => ({ json: { value: 'a.b.c' } }))
    const runner = await startHttpFake(() => ({ status: 302, headers: { location: `${elsewhere.origin}/token` } }))
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: `${runner.origin}/token`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret' }
    await expect(findAmbientToken(testDeps({ env }), 'sigstore')).rejects.toThrow(expect.objectContaining({ code: 'service-error' }))
    expect([runner.seen.length, elsewhere.seen]).toEqual([1, []])
    await runner.close()
    await elsewhere.close()
  })

  test('come from the variable GitLab fills, from Buildkite’s agent, from a mounted file', async () => {
    expect(await findAmbientToken(testDeps({ env: { SIGSTORE_ID_TOKEN: 'a.b.c' } }), 'sigstore')).toEqual({ text: 'a.b.c', from: 'envvar' })

    const dir = await fs.mkdtemp(join(tmpdir(), 'tally-'))
    const agent = '#!/bin/sh\n[ "$*" = "oidc request-token --audience sigstore" ] && echo d.e.f\n'
    await fs.writeFile(join(dir, 'buildkite-agent'), agent, { mode: 0o755 })
    const { spawn } = testDeps()
    const found = await findAmbientToken(
      { ...testDeps({ env: { BUILDKITE_JOB_ID: '1' } }), spawn: async (file, args) => await spawn(join(dir, file), args) },
      'sigstore',
    )
    expect(found).toEqual({ text: 'd.e.f', from: 'buildkite-agent' })
    await fs.rm(dir, { recursive: true })

    await fs.mkdtemp(join(tmpdir(), 'tally-')).then(async (mounted) => {
      await fs.writeFile(join(mounted, 'token'), 'g.h.i\n')
      const open: typeof fs.open = async (path, flags) =>
        await fs.open(String(path) === '/var/run/sigstore/cosign/oidc-token' ? join(mounted, 'token') : path, flags)
      const stat = (async (path: string) =>
        await fs.stat(path === '/var/run/sigstore/cosign/oidc-token' ? join(mounted, 'token') : path)) as typeof fs.stat
      expect(await hasAmbientToken(testDeps({ fs: { ...fs, stat } }))).toBe(true)
      expect(await findAmbientToken(testDeps({ fs: { ...fs, open } }), 'sigstore')).toEqual({ text: 'g.h.i', from: 'filesystem' })
      await fs.rm(mounted, { recursive: true })
    })
  })

  test('are nowhere, or only where one does not look', async () => {
    await expect(findAmbientToken(testDeps(), 'sigstore')).rejects.toThrow(expect.objectContaining({ code: 'login-needed' }))
    const other = findAmbientToken(testDeps({ env: { SIGSTORE_ID_TOKEN: 'a.b.c' } }), 'sigstore', 'github-actions')
    await expect(other).rejects.toThrow(expect.objectContaining({ code: 'login-needed' }))
    for (const name of ['spiffe', 'google', 'constructor']) {
      await expect(findAmbientToken(testDeps(), 'sigstore', name)).rejects.toThrow(expect.objectContaining({ code: 'flag-unsupported' }))
    }
    expect(await hasAmbientToken(testDeps())).toBe(false)
    expect(Object.keys(AMBIENT_PROVIDERS).join(delimiter)).toContain('buildkite-agent')
  })
})

describe('a browser', () => {
  type Browser = (url: URL) => Promise<void>
  /** Follows the redirect as a browser does. */
  const follow: Browser = async (url) => {
    const answer = await fetch(url, { redirect: 'manual' })
    expect((await fetch(answer.headers.get('location') ?? '')).status).toBe(200)
  }
  const ask = async (open: Browser, deps = testDeps()) =>
    await askInBrowser(deps, { issuer: new URL(issuer.origin), clientId: 'sigstore', port: 0, open })

  test('brings back a token of whoever logged in', async () => {
    expect(await ask(follow)).toMatchObject({ subject: 'person@example.com', issuer: issuer.origin })
  })

  test('that comes with another state changes nothing: the right one is still waited for (GHSA-hm8f-75xx-w2vr)', async () => {
    const token = await ask(async (url) => {
      const back = url.searchParams.get('redirect_uri') ?? ''
      const attempts = [
        `${back}?code=code-of-somebody&state=guessed`,
        `${back}?code=code-of-somebody`,
        back,
        `${new URL(back).origin}/?state=x`,
      ]
      for (const attempt of attempts) expect((await fetch(attempt)).status).toBe(404)
      expect((await fetch(back, { method: 'POST' })).status).toBe(404)
      await follow(url)
    })
    expect(token.subject).toBe('person@example.com')
  })

  test('that stole a code cannot use it: the verifier stays here', async () => {
    let query = new URLSearchParams()
    await ask(async (url) => {
      query = url.searchParams
      await follow(url)
    })
    expect(query.get('code_challenge_method')).toBe('S256')
    expect(query.get('code_challenge')).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(query.get('state')).not.toBe(query.get('nonce'))
    const form = new URLSearchParams({ grant_type: 'authorization_code', code: 'code-0', code_verifier: 'guessed' })
    expect((await fetch(`${issuer.origin}/token`, { method: 'POST', body: form })).status).toBe(400)
  })

  test.each([
    ['another nonce', { nonce: 'another' }, 'service-error'],
    ['no nonce', { nonce: undefined }, 'service-error'],
    ['another issuer', { iss: 'https://evil.example' }, 'service-error'],
    ['another audience', { aud: 'another' }, 'usage'],
  ])('that brings a token with %s is refused', async (_, claims, code) => {
    Object.assign(issuer.wrong, claims)
    await expect(ask(follow)).rejects.toThrow(expect.objectContaining({ code }))
    for (const name of Object.keys(claims)) delete issuer.wrong[name]
  })

  test('is not sent to an issuer that calls itself another', async () => {
    issuer.wrong['issuer'] = 'https://evil.example'
    await expect(ask(() => Promise.reject(new Error('a browser was opened')))).rejects.toThrow('another issuer')
    delete issuer.wrong['issuer']
  })

  test('that brings a no, or comes from another issuer, ends it', async () => {
    const back =
      (more: string): Browser =>
      async (url) => {
        await fetch(`${url.searchParams.get('redirect_uri')}?state=${url.searchParams.get('state')}&${more}`)
      }
    await expect(ask(back('error=access_denied&error_description=no%1b[31m'))).rejects.toThrow('said no: access_denied: no\\u{1b}[31m')
    await expect(ask(back('code=x&iss=https://evil.example'))).rejects.toThrow('not who sent the browser back')
    await expect(ask(back('code='))).rejects.toThrow('without a code')
  })

  test('that never comes back is not waited for after an interruption', async () => {
    const controller = new AbortController()
    const asking = ask(() => Promise.resolve(controller.abort()), testDeps({ signal: controller.signal }))
    await expect(asking).rejects.toThrow(expect.objectContaining({ code: 'interrupted' }))
  })

  test('is not opened where the issuer cannot be reached safely', async () => {
    const open = () => Promise.reject(new Error('a browser was opened'))
    const flow = { issuer: new URL('https://login.example'), clientId: 'sigstore', port: 0, open }
    const fake = await startHttpFake(() => ({
      json: {
        issuer: 'https://login.example',
        authorization_endpoint: 'http://login.example/a',
        token_endpoint: 'https://login.example/t',
      },
    }))
    const asking = askInBrowser(testDeps({ fetch: fetchVia({ 'login.example': fake }) }), flow)
    await expect(asking).rejects.toThrow(expect.objectContaining({ code: 'insecure-transport' }))
    await fake.close()
  })
})
