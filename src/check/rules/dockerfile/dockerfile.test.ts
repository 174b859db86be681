import { describe, expect, it } from 'vitest'
import { checkText } from '../check-text.ts'
import { isDockerfile, parseDockerfile } from './parse-dockerfile.ts'
import { rootUser } from './root-user.ts'
import { unpinnedImage } from './unpinned-image.ts'

const DIGEST = `@sha256:${'a'.repeat(64)}`

describe('parseDockerfile', () => {
  it('joins lines, passes over comments, and keeps places', () => {
    const text = '# escape=\\\nFROM a\n\n  # note\nRUN one \\\n  # between\n  two \\\n\n  three\nUSER x\n'
    const instructions = parseDockerfile(text)
    expect(instructions.map(({ keyword, words }) => [keyword, ...words.map((word) => word.text)])).toEqual([
      ['FROM', 'a'],
      ['RUN', 'one', 'two', 'three'],
      ['USER', 'x'],
    ])
    const user = instructions[2]?.words[0]
    expect(text.slice(user?.start, user?.end)).toBe('x')
  })

  it('obeys the escape directive', () => {
    expect(parseDockerfile('# escape=`\nRUN a `\n b\nCOPY c:\\ d\\\nUSER x\n').map(({ keyword }) => keyword)).toEqual([
      'RUN',
      'COPY',
      'USER',
    ])
  })

  it('passes over heredocs, and only over those that end', () => {
    expect(parseDockerfile('RUN <<EOF\nUSER root\nEOF\nUSER x\n').map(({ keyword }) => keyword)).toEqual(['RUN', 'USER'])
    expect(parseDockerfile('COPY <<-"A" <<B /x/\n\tUSER 1\n\tA\nUSER 2\nB\nUSER x\n').map(({ words }) => words[0]?.text)).toEqual([
      '<<-"A"',
      'x',
    ])
    expect(parseDockerfile('RUN echo "<<EOF"\nUSER root\n').map(({ keyword }) => keyword)).toEqual(['RUN', 'USER'])
  })

  it('knows a Dockerfile by its name', () => {
    expect(['Dockerfile', 'a/Dockerfile', 'Dockerfile.prod', 'web.dockerfile', 'Containerfile'].every(isDockerfile)).toBe(true)
    expect(['Dockerfile.dockerignore', 'Dockerfile.md', 'src/dockerfile/x.ts', 'MyDockerfile'].some(isDockerfile)).toBe(false)
  })

  it('survives anything', () => {
    for (const text of [
      '',
      '\\',
      '\\\n\\\n\\',
      '\r\n\r\n',
      'FROM',
      'FROM \\\n',
      `RUN ${'a '.repeat(100_000)}`,
      '\\\n'.repeat(50_000),
      'RUN <<A <<B <<C\n'.repeat(200),
    ]) {
      expect(Array.isArray(parseDockerfile(text))).toBe(true)
    }
  })
})

const imagePlaces = (text: string): string[] => {
  const { findings, quoted } = checkText(unpinnedImage, 'Dockerfile', text)
  return findings.map(
    (finding, index) => `${finding.severity} ${finding.span.startLine}:${finding.span.startColumn} ${quoted[index] ?? ''}`,
  )
}

describe('unpinned-image', () => {
  it.each([
    ['FROM node\n', ['high 1:6 node']],
    ['FROM node:latest\n', ['high 1:6 node:latest']],
    ['FROM node:24\n', ['medium 1:6 node:24']],
    ['FROM registry.example:5000/node\n', ['high 1:6 registry.example:5000/node']],
    ['from --platform=linux/amd64 node:24 as build\n', ['medium 1:29 node:24']],
    ['FROM \\\n  node:24\n', ['medium 2:3 node:24']],
    ['ARG V=24\nFROM node:${V}\n', ['medium 2:6 node:${V}']],
    ['ARG IMAGE\nFROM $IMAGE\n', ['medium 2:6 $IMAGE']],
    ['FROM ${IMAGE:-node}\n', ['high 1:6 ${IMAGE:-node}']],
    [`FROM node${DIGEST} AS a\nFROM b\n`, ['high 2:6 b']],
    [`FROM node${DIGEST}\nCOPY --from=busybox:1 /a /b\n`, ['medium 2:6 --from=busybox:1']],
  ])('finds %j', (text, places) => {
    expect(imagePlaces(text)).toEqual(places)
  })

  it.each([
    `FROM node:24${DIGEST}\n`,
    'FROM scratch\n',
    `FROM node${DIGEST} AS Build\nFROM build\n`,
    `ARG IMAGE=node${DIGEST}\nFROM \${IMAGE}\n`,
    `ARG IMAGE\nFROM "$IMAGE${DIGEST}"\n`,
    `FROM node${DIGEST} AS a\nCOPY --from=a /x /y\nCOPY --from=0 /x /y\n`,
    '# FROM node\n',
  ])('passes %j', (text) => {
    expect(imagePlaces(text)).toEqual([])
  })
})

const rootPlaces = (text: string): string[] =>
  checkText(rootUser, 'Dockerfile', text).findings.map((each) => `${each.severity} ${each.span.startLine}:${each.span.startColumn}`)

describe('root-user', () => {
  it.each([
    ['FROM a\n', ['medium 1:1']],
    ['FROM scratch\nCOPY x /x\n', ['high 1:1']],
    ['FROM a\nUSER app\nUSER root\n', ['high 3:6']],
    ['FROM a\nUSER 0:0\n', ['high 2:6']],
    ['FROM a\nUSER "root:root"\n', ['high 2:6']],
    ['FROM a\nARG U=0\nUSER $U\n', ['high 3:6']],
    ['FROM a AS b\nUSER app\nFROM c\nRUN x\n', ['medium 3:1']],
    ['FROM a AS b\nUSER root\nFROM b\nRUN x\n', ['high 3:1']],
  ])('finds %j', (text, places) => {
    expect(rootPlaces(text)).toEqual(places)
  })

  it.each([
    'FROM a\nUSER root\nUSER app\n',
    'FROM a\nUSER 10001:10001\n',
    'FROM a AS b\nUSER app\nFROM b\n',
    'FROM x:nonroot\n',
    'FROM a\nARG U\nUSER $U\n',
    'FROM a AS b\nUSER root\nFROM c\nUSER app\n',
    '',
  ])('passes %j', (text) => {
    expect(rootPlaces(text)).toEqual([])
  })
})
