import { describe, expect, it } from 'vitest'
import { fuzzCataloger } from '../../fuzz-fixture.ts'
import { catalogTexts, shownComponents } from '../test-catalog.ts'
import { dockerfileCataloger } from './dockerfile-cataloger.ts'
import { readBases } from './dockerfile.ts'
import { imageName } from './image-purl.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}`
const FILE = `# syntax=docker/dockerfile:1
ARG VERSION=20 OTHER="registry.example:5000/team/base"
ARG SECRET
FROM --platform=$BUILDPLATFORM node:\${VERSION}-slim@${DIGEST} AS build
RUN <<EOF
FROM not/this:1
EOF
COPY --from=tools.example/cli:1.2 /cli /cli
RUN --mount=type=bind,from=cache:1,target=/x \\
    # a comment between
    make
FROM \${OTHER:-x} as Runtime
FROM runtime
COPY --from=build /app /app
COPY --from=0 /b /b
FROM scratch AS empty
FROM runtime AS last
`

describe('a Dockerfile', () => {
  it('tells the image that is shipped on from those that only build', () => {
    const found = catalogTexts(dockerfileCataloger, { 'docker/Dockerfile': FILE })
    expect(shownComponents(found)).toEqual([
      'dev docker/cache@1',
      `dev docker/cli@1.2?repository_url=tools.example`,
      `dev docker/node@${DIGEST}?tag=20-slim`,
      'required docker/team/base?repository_url=registry.example:5000',
    ])
    expect(found.read).toEqual(['docker/Dockerfile'])
  })

  it('is partial when only the build knows an image', () => {
    const found = catalogTexts(dockerfileCataloger, { Dockerfile: 'ARG BASE\nFROM $BASE\nFROM alpine:$TAG\nFROM debian:12\n' })
    expect(shownComponents(found)).toEqual(['required docker/debian@12'])
    expect(found).toMatchObject({ read: [], partial: ['Dockerfile'] })
  })

  it.each(['Dockerfile', 'a/Dockerfile.release', 'a/app.dockerfile', 'Containerfile'])('is found as %s', (path) => {
    expect(dockerfileCataloger.wants(path, 'installed')).toBe(true)
    expect(dockerfileCataloger.wants(path, 'runtime-closure')).toBe(false)
  })

  it.each(['a/dockerfile.ts/x', 'node_modules/x/Dockerfile', 'mydockerfiles', 'lint-dockerfile.js'])('is not found as %s', (path) => {
    expect(dockerfileCataloger.wants(path, 'installed')).toBe(false)
  })

  it('with another escape, with stages that stand on themselves, or with nothing, comes to an end', () => {
    expect(readBases('# escape=`\nFROM `\n  alpine:3\n').images).toEqual([{ image: 'alpine:3', final: true }])
    expect(readBases('FROM a AS a\nFROM a AS a\n').images).toEqual([{ image: 'a', final: true }])
    expect(readBases('').images).toEqual([])
    expect(readBases('RUN <<END\nFROM x').images).toEqual([])
    expect(readBases('FROM a AS a\n'.repeat(200_000)).images).toHaveLength(1)
  })

  it.each([
    ['alpine', 'pkg:docker/alpine'],
    ['docker.example/library/alpine:3.19', 'pkg:docker/library/alpine@3.19?repository_url=docker.example'],
    ['localhost/x:1', 'pkg:docker/x@1?repository_url=localhost'],
    ['Upper/Case', undefined],
    ['a b', undefined],
    ['', undefined],
    ['x@sha256:short', undefined],
    ['../../x', undefined],
  ])('names %j as %s', (text, purl) => {
    expect(imageName(text)?.purl).toBe(purl)
  })

  it('is read or passed over when it is damaged: 10,000 seeded mutations', { timeout: 120_000 }, async () => {
    const outcome = await fuzzCataloger(dockerfileCataloger, { Dockerfile: FILE }, { mode: 'installed' })
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBe(10_000)
  })
})
