import { describe, expect, test } from 'vitest'
import * as fs from 'node:fs/promises'
import { utf8 } from '../../kernel/bytes.ts'
import { readShippedSigning } from '../sigstore/root-store.ts'
import { parseSigningConfig, selectServices } from './signing-config.ts'
import type { ServiceRule } from './signing-config.ts'

const MEDIA = 'application/vnd.dev.sigstore.signingconfig.v0.2+json'
const NOW = new Date('2026-11-25T12:00:00Z')
const service = (url: string, majorApiVersion = 1, operator = 'a', start = '2026-01-01T00:00:00Z', end?: string) => ({
  url,
  majorApiVersion,
  operator,
  validFor: { start, ...(end === undefined ? {} : { end }) },
})
const parse = (value: unknown) => parseSigningConfig(utf8(JSON.stringify(value)), 'config.json')

describe('a signing configuration', () => {
  test('as cosign writes it is read', () => {
    const config = parse({
      mediaType: MEDIA,
      caUrls: [service('https://ca.example')],
      oidcUrls: [service('https://login.example')],
      rekorTlogUrls: [service('https://log.example', 2)],
      tsaUrls: [service('https://tsa.example/api/v1/timestamp')],
      rekorTlogConfig: { selector: 'ANY' },
      tsaConfig: { selector: 3, count: 1 },
    })
    expect(config.logs.map(({ url, version }) => [url.href, version])).toEqual([['https://log.example/', 2]])
    expect(config.timestampRule).toEqual({ kind: 'exact', count: 1 })
  })

  test('without any service is one: keys sign with it, and nobody is asked', () => {
    expect(parse({ mediaType: MEDIA, rekorTlogConfig: {}, tsaConfig: {} })).toMatchObject({ logs: [], timestampAuthorities: [] })
  })

  test.each([
    ['another version', { mediaType: MEDIA.replace('0.2', '0.1') }, 'version-unsupported'],
    ['no selector for its logs', { mediaType: MEDIA, rekorTlogUrls: [service('https://log.example', 2)] }, 'config-invalid'],
    [
      'EXACT and no count',
      { mediaType: MEDIA, tsaUrls: [service('https://t.example')], tsaConfig: { selector: 'EXACT' } },
      'config-invalid',
    ],
    ['an address that is not https', { mediaType: MEDIA, caUrls: [service('http://ca.example')] }, 'insecure-transport'],
    ['an address with a password', { mediaType: MEDIA, caUrls: [service('https://u:p@ca.example')] }, 'usage'],
    ['a service without a start', { mediaType: MEDIA, caUrls: [{ url: 'https://ca.example', majorApiVersion: 1 }] }, 'config-invalid'],
    ['too many services', { mediaType: MEDIA, caUrls: Array.from({ length: 65 }, () => service('https://ca.example')) }, 'config-invalid'],
  ])('with %s is refused', (_, value, code) => {
    expect(() => parse(value)).toThrow(expect.objectContaining({ code }))
  })
})

describe('choosing services', () => {
  const { logs } = parse({
    mediaType: MEDIA,
    rekorTlogUrls: [
      service('https://a1.example', 1, 'a'),
      service('https://a2-old.example', 2, 'a', '2026-01-01T00:00:00Z'),
      service('https://a2.example', 2, 'a', '2026-06-01T00:00:00Z'),
      service('https://a3.example', 3, 'a'),
      service('https://b.example', 2, 'b', '2025-01-01T00:00:00Z', '2026-11-25T12:00:00Z'),
      service('https://c.example', 2, 'c', '2026-11-25T12:00:01Z'),
      service('https://d.example', 2, 'd', '2026-11-25T12:00:00Z'),
    ],
    rekorTlogConfig: { selector: 'ANY' },
  })
  const choose = (rule: ServiceRule, versions = [2]) => selectServices(logs, rule, versions, NOW, 'logs').map(({ url }) => url.hostname)

  test('takes those valid now, the newest of each operator, of the highest version that is spoken', () => {
    expect(choose({ kind: 'all' })).toEqual(['d.example', 'a2.example'])
    expect(choose({ kind: 'any' })).toHaveLength(1)
    expect(choose({ kind: 'exact', count: 2 })).toHaveLength(2)
    expect(choose({ kind: 'all' }, [1, 2])).toContain('a2.example')
  })
  test('refuses when there are too few', () => {
    expect(() => choose({ kind: 'exact', count: 3 })).toThrow(expect.objectContaining({ code: 'config-invalid' }))
    expect(() => choose({ kind: 'any' }, [4])).toThrow('lists 0 logs that can be used now')
    expect(selectServices([], { kind: 'exact', count: 1 }, [2], NOW, 'logs')).toEqual([])
  })

  test('finds services of the public instance today', async () => {
    const { bytes, path } = await readShippedSigning({ fs })
    const { logs: found, logRule, authorities, timestampAuthorities } = parseSigningConfig(bytes, path)
    expect(selectServices(found, logRule, [2], NOW, 'logs')).toHaveLength(1)
    expect(selectServices(authorities, { kind: 'any' }, [1], NOW, 'authorities')).toHaveLength(1)
    expect(selectServices(timestampAuthorities, { kind: 'any' }, [1], NOW, 'timestamp authorities')).toHaveLength(1)
  })
})
