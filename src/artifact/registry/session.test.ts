import { describe, expect, test } from 'vitest'
import { testDeps } from '../../../test/support/deps.ts'
import { openSession } from './session.ts'
import type { SessionOptions } from './session.ts'
import { toBase64, utf8 } from '../../kernel/bytes.ts'

const OPTIONS: SessionOptions = { allowHttp: false, offline: false }
const LOGIN = { kind: 'basic', username: 'me', password: 'secret' } as const
const BASIC = `Basic ${toBase64(utf8('me:secret'))}`
const CALL = { method: 'GET', target: '/v2/team/app/tags/list', scopes: ['repository:team/app:pull'], repeatable: true } as const

type Answer = { status?: number; headers?: Record<string, string>; body?: string } | Error

/** A world of hosts that answer as told; what was asked of each, with the authorization it came with. */
function world(answers: Readonly<Record<string, (authorization: string | null) => Answer>>, env: Record<string, string> = {}) {
  const asked: string[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input)
    const authorization = new Headers(init?.headers).get('authorization')
    asked.push(`${url.origin}${url.pathname} ${authorization ?? '-'}`)
    const answer = answers[`${url.origin}${url.pathname}`]?.(authorization) ?? { status: 404 }
    if (answer instanceof Error) throw answer
    return new Response(answer.body ?? '', { status: answer.status ?? 200, headers: answer.headers ?? {} })
  }
  return { asked, deps: testDeps({ fetch, env }) }
}

const wantsToken = (realm: string) => (authorization: string | null) =>
  authorization === 'Bearer t0ken' ? {} : { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}",service="s"` } }
const givesToken = () => ({ body: '{"token":"t0ken"}' })
const refused = () => Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) })

describe('a session', () => {
  test('Docker Hub: its API and its token server have other names', async () => {
    const { asked, deps } = world({
      'https://registry-1.docker.io/v2/team/app/tags/list': wantsToken('https://auth.docker.io/token'),
      'https://auth.docker.io/token': givesToken,
    })
    const session = openSession(deps, 'docker.io', OPTIONS, LOGIN)
    expect((await session.send(CALL)).status).toBe(200)
    await session.send(CALL)
    expect(asked).toEqual([
      'https://registry-1.docker.io/v2/team/app/tags/list -',
      `https://auth.docker.io/token ${BASIC}`,
      'https://registry-1.docker.io/v2/team/app/tags/list Bearer t0ken',
      'https://registry-1.docker.io/v2/team/app/tags/list Bearer t0ken',
    ])
  })

  test('a token server elsewhere is asked only when it was named', async () => {
    const answers = {
      'https://registry.example/v2/team/app/tags/list': wantsToken('https://login.example/token'),
      'https://login.example/token': givesToken,
    }
    const plain = world(answers)
    await expect(openSession(plain.deps, 'registry.example', OPTIONS, LOGIN).send(CALL)).rejects.toMatchObject({ code: 'registry-error' })
    expect(plain.asked).toEqual(['https://registry.example/v2/team/app/tags/list -'])
    const byOption = world(answers)
    await openSession(byOption.deps, 'registry.example', { ...OPTIONS, realmHosts: ['login.example'] }, LOGIN).send(CALL)
    const byEnvironment = world(answers, { TALLY_REALM_HOSTS: 'other.example, login.example' })
    await openSession(byEnvironment.deps, 'registry.example', OPTIONS, LOGIN).send(CALL)
    expect(byEnvironment.asked).toContain(`https://login.example/token ${BASIC}`)
  })

  test.each([
    ['http://registry.example/token', 'insecure-transport'],
    ['http://127.0.0.1/token', 'insecure-transport'],
    ['https://evil.example/token', 'registry-error'],
  ])('a realm of %s gets nothing', async (realm, code) => {
    const { asked, deps } = world({ 'https://registry.example/v2/team/app/tags/list': wantsToken(realm) })
    await expect(openSession(deps, 'registry.example', OPTIONS, LOGIN).send(CALL)).rejects.toMatchObject({ code })
    expect(asked).toHaveLength(1)
  })

  test('a redirect to another host drops authorization, also on the way back, and http is refused', async () => {
    const home = 'https://registry.example/v2/team/app/tags/list'
    const { asked, deps } = world({
      [home]: (authorization) =>
        authorization === null
          ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
          : { status: 307, headers: { location: 'https://cdn.example/a' } },
      'https://cdn.example/a': () => ({ status: 302, headers: { location: 'https://registry.example/b' } }),
      'https://registry.example/b': () => ({ status: 302, headers: { location: 'http://registry.example:8080/c?sig=s3cret' } }),
    })
    const error = await openSession(deps, 'registry.example', OPTIONS, LOGIN)
      .send(CALL)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'insecure-transport' })
    expect(String(error)).not.toContain('s3cret')
    expect(asked).toEqual([`${home} -`, `${home} ${BASIC}`, 'https://cdn.example/a -', 'https://registry.example/b -'])
  })

  test('an upload that goes to another host goes without authorization', async () => {
    const { asked, deps } = world({
      'https://registry.example/v2/team/app/tags/list': (authorization) =>
        authorization === null ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } } : {},
      'https://storage.example/upload': () => ({ status: 401 }),
    })
    const session = openSession(deps, 'registry.example', OPTIONS, LOGIN)
    const answer = await session.send(CALL)
    const { url } = session.resolveLink(answer.url, 'https://storage.example/upload')
    await session.send({ ...CALL, method: 'PUT', target: url, body: utf8('x') }).catch(() => undefined)
    expect(asked.at(-1)).toBe('https://storage.example/upload -')
    expect(() => session.resolveLink(answer.url, 'http://storage.example/upload')).toThrow(
      expect.objectContaining({ code: 'insecure-transport' }),
    )
  })

  test('a token that ran out is asked for anew', async () => {
    let given = 0
    const { deps } = world({
      'https://registry.example/v2/team/app/tags/list': (authorization) =>
        authorization === `Bearer t${given}` && given > 0
          ? {}
          : { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://registry.example/token"' } },
      'https://registry.example/token': () => {
        given += 1
        return { body: `{"access_token":"t${given}"}` }
      },
    })
    const session = openSession(deps, 'registry.example', OPTIONS, LOGIN)
    expect((await session.send(CALL)).status).toBe(200)
    given += 1
    expect((await session.send(CALL)).status).toBe(200)
  })

  test.each([
    ['no JSON', 'hello'],
    ['no token', '{}'],
    ['a token that is no header', '{"token":"a\\nb"}'],
  ])('an answer of %s is no token, and is not repeated', async (_what, body) => {
    const { deps } = world({
      'https://registry.example/v2/team/app/tags/list': wantsToken('https://registry.example/token'),
      'https://registry.example/token': () => ({ body }),
    })
    await expect(openSession(deps, 'registry.example', OPTIONS, LOGIN).send(CALL)).rejects.toMatchObject({ code: 'registry-error' })
  })

  test('someone known whose token does not open it is forbidden, someone unknown has to log in', async () => {
    const answers = {
      'https://registry.example/v2/team/app/tags/list': () => ({
        status: 401,
        headers: { 'www-authenticate': 'Bearer realm="https://registry.example/token"' },
        body: '{"errors":[{"code":"DENIED","message":"no\\u001b[31m https://me:secret@x/?token=abc"}]}',
      }),
      'https://registry.example/token': givesToken,
    }
    const known = await openSession(world(answers).deps, 'registry.example', OPTIONS, LOGIN)
      .send(CALL)
      .catch((error: unknown) => error)
    expect(known).toMatchObject({ code: 'forbidden', message: expect.stringContaining('DENIED') })
    expect(String(known)).not.toMatch(/secret|abc|\u001b/)
    await expect(openSession(world(answers).deps, 'registry.example', OPTIONS).send(CALL)).rejects.toMatchObject({
      code: 'login-needed',
      hint: expect.stringContaining('tally login registry.example'),
    })
  })

  test('a way to log in that we do not have is said so', async () => {
    const { deps } = world({
      'https://registry.example/v2/team/app/tags/list': () => ({ status: 401, headers: { 'www-authenticate': 'Negotiate' } }),
    })
    await expect(openSession(deps, 'registry.example', OPTIONS, LOGIN).send(CALL)).rejects.toMatchObject({ code: 'registry-error' })
  })

  test('plain http far away only where it was allowed, and after https', async () => {
    const answers = {
      'https://lan.example/v2/': refused,
      'https://lan.example/v2/team/app/tags/list': refused,
      'http://lan.example/v2/team/app/tags/list': () => ({}),
      'http://lan.example/v2/': () => ({}),
    }
    const strict = world(answers)
    await expect(openSession(strict.deps, 'lan.example', OPTIONS).send(CALL)).rejects.toMatchObject({ code: 'network' })
    expect(strict.asked.filter((call) => call.startsWith('http:'))).toEqual([])
    const allowed = world(answers)
    expect((await openSession(allowed.deps, 'lan.example', { ...OPTIONS, allowHttp: true }).send(CALL)).status).toBe(200)
    expect(allowed.asked[0]).toBe('https://lan.example/v2/ -')
  })

  test('a loopback registry with TLS is found too', async () => {
    const { deps } = world({
      'http://127.0.0.1:5000/v2/': () => ({ status: 400 }),
      'https://127.0.0.1:5000/v2/team/app/tags/list': () => ({}),
    })
    expect((await openSession(deps, '127.0.0.1:5000', OPTIONS).send(CALL)).status).toBe(200)
  })

  test('a certificate nobody trusts is named as such', async () => {
    const untrusted = () =>
      Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }) })
    const { deps } = world({ 'https://registry.example/v2/team/app/tags/list': untrusted })
    await expect(openSession(deps, 'registry.example', OPTIONS).send(CALL)).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
    })
  })
})
