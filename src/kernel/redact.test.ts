import { describe, expect, test } from 'vitest'
import { redact, withoutUserInfo } from './redact.ts'

describe('redact', () => {
  test.each([
    ['user and password', 'GET https://me:hunter2@reg.example/v2/', 'GET https://[redacted]@reg.example/v2/'],
    ['a token as user', 'git+https://ghp_hunter2@git.example/x', 'git+https://[redacted]@git.example/x'],
    ['a password with an @', 'postgres://me:hun@ter2@db.example/x', 'postgres://[redacted]@db.example/x'],
    ['two in one line', 'ssh://a:hunter2@x, ssh://b:hunter2@y', 'ssh://[redacted]@x, ssh://[redacted]@y'],
    [
      'query values',
      'https://x.example/?a=1&token=hunter2&X-Amz-Signature=hunter2',
      'https://x.example/?a=1&token=[redacted]&X-Amz-Signature=[redacted]',
    ],
    [
      'names of other services',
      '/?access_token=hunter2&client_secret=hunter2&api_key=hunter2',
      '/?access_token=[redacted]&client_secret=[redacted]&api_key=[redacted]',
    ],
    ['headers', 'authorization: Bearer hunter2.hunter2', 'authorization: Bearer [redacted]'],
    ['basic', 'Basic aHVudGVyMg==', 'Basic [redacted]'],
  ])('takes out %s', (_what, text, redacted) => {
    expect(redact(text)).toBe(redacted)
  })

  test.each(['https://x.example/a@b', 'https://x.example/?q=a@b', 'name@sha256:abc', 'someone@mail.example', 'Basic usage', 'a ?b=c&d=e'])(
    'leaves %s',
    (text) => {
      expect(redact(text)).toBe(text)
    },
  )
})

test('withoutUserInfo keeps the rest of a URL, and falls back to redaction', () => {
  expect(withoutUserInfo('https://me:hunter2@git.example/a?b#c')).toBe('https://git.example/a?b#c')
  expect(withoutUserInfo('not a url https://me:hunter2@x')).toBe('not a url https://[redacted]@x')
})
