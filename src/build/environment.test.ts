import { describe, expect, test } from 'vitest'
import { buildEnvironment } from './environment.ts'

const ambient = {
  PATH: '/usr/bin',
  HOME: '/home/ada',
  LANG: 'C.UTF-8',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
  NPM_TOKEN: 'npm_abc',
  npm_config__authToken: 'npm_abc',
  NODE_OPTIONS: '--require ./evil.js',
  LD_PRELOAD: '/tmp/evil.so',
  GIT_DIR: '/elsewhere',
  MY_FLAG: 'on',
  TALLY_OUT: '/old',
  SOURCE_DATE_EPOCH: '1',
  GOPROXY: 'https://proxy.example',
  UNSET: undefined,
}

const seen = (env: Readonly<Record<string, string | undefined>>, declared: readonly string[] = []) =>
  buildEnvironment(env, { declared, outDir: '/out', node: '/bin/node' })

test('a build sees the standard variables and where to write, and nothing else', () => {
  expect(seen(ambient)).toEqual({
    env: {
      PATH: '/usr/bin',
      HOME: '/home/ada',
      LANG: 'C.UTF-8',
      GOPROXY: 'https://proxy.example',
      SOURCE_DATE_EPOCH: '1',
      TALLY_NODE: '/bin/node',
      TALLY_OUT: '/out',
    },
    names: ['GOPROXY', 'HOME', 'LANG', 'PATH', 'SOURCE_DATE_EPOCH', 'TALLY_NODE', 'TALLY_OUT'],
    withheld: [],
  })
})

test('what the project declares is let through if it is there', () => {
  expect(seen(ambient, ['MY_FLAG', 'NOT_THERE', 'UNSET']).names).toEqual([
    'GOPROXY',
    'HOME',
    'LANG',
    'MY_FLAG',
    'PATH',
    'SOURCE_DATE_EPOCH',
    'TALLY_NODE',
    'TALLY_OUT',
  ])
})

test('where there is a commit, its time is SOURCE_DATE_EPOCH, whatever was set', () => {
  const { env } = buildEnvironment(ambient, {
    declared: ['SOURCE_DATE_EPOCH'],
    outDir: '/out',
    node: '/bin/node',
    commitTime: '2026-03-04T05:06:07Z',
  })
  expect(env['SOURCE_DATE_EPOCH']).toBe('1772600767')
})

describe('addresses with credentials in them', () => {
  test.each([
    'https://ada:secret@pypi.example/simple',
    'https://token@pypi.example/simple',
    'https://a.example/simple https://ada:secret@b.example/simple',
    'https://a.example,https://ada:secret@b.example|direct',
  ])('%s is held back unless it is asked for', (value) => {
    expect(seen({ PIP_INDEX_URL: value })).toMatchObject({ env: { TALLY_OUT: '/out' }, withheld: ['PIP_INDEX_URL'] })
    expect(seen({ PIP_INDEX_URL: value }, ['PIP_INDEX_URL'])).toMatchObject({ env: { PIP_INDEX_URL: value }, withheld: [] })
  })

  test.each(['https://pypi.example/simple', 'https://registry.example/@scope', 'https://proxy.example,direct', 'a@b'])(
    '%s holds none',
    (value) => {
      expect(seen({ PIP_INDEX_URL: value }).withheld).toEqual([])
    },
  )
})

test.each(['TALLY_KEY_PASSPHRASE', 'COSIGN_PASSWORD', 'TALLY_DATABASE_URL'])('%s reaches no build, not even when asked for', (name) => {
  expect(() => seen({ [name]: 'x' }, [name])).toThrow(expect.objectContaining({ code: 'config-invalid', where: 'build.env' }))
})

test.each(['', 'A B', 'A=B', '1A', 'A-B', 'Ä', '__proto__\n'])('%j is no name of a variable', (name) => {
  expect(() => seen({}, [name])).toThrow(expect.objectContaining({ code: 'config-invalid' }))
})
