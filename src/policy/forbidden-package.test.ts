import { describe, expect, it } from 'vitest'
import { parsePurl } from '../package/purl.ts'
import { judgeForbidden, parseForbiddenPackage } from './forbidden-package.ts'

describe('a forbidden package', () => {
  it.each([
    ['pkg:npm/left-pad', 'pkg:npm/left-pad@1.3.0', 'yes'],
    ['pkg:npm/left-pad', 'pkg:npm/left-pad2@1.3.0', 'no'],
    ['pkg:npm/left-pad', 'pkg:pypi/left-pad@1.3.0', 'no'],
    ['pkg:npm/event-stream@3.3.6', 'pkg:npm/event-stream@3.3.6', 'yes'],
    ['pkg:npm/event-stream@3.3.6', 'pkg:npm/event-stream@3.3.5', 'no'],
    ['pkg:npm/@scope/a@>=1.2.0 <1.4.0', 'pkg:npm/%40scope/a@1.3.9', 'yes'],
    ['pkg:npm/@scope/a@>=1.2.0 <1.4.0', 'pkg:npm/%40scope/a@1.4.0', 'no'],
    ['pkg:npm/a@^2.0.0', 'pkg:npm/a@2.9.0', 'yes'],
    ['pkg:npm/a@^2.0.0', 'pkg:npm/a@not-a-version', 'unknown'],
    ['pkg:npm/a@^2.0.0', 'pkg:npm/a', 'unknown'],
    ['pkg:deb/debian/xz-utils@>= 5.6.0, <= 5.6.1', 'pkg:deb/debian/xz-utils@5.6.1-1', 'no'],
    ['pkg:deb/debian/xz-utils@>= 5.6.0, << 5.6.2', 'pkg:deb/debian/xz-utils@5.6.1-1?arch=amd64', 'yes'],
    ['pkg:deb/debian/xz-utils@>= 5.6.0, << 5.6.2', 'pkg:deb/debian/xz-utils@5.4.5-1', 'no'],
  ])('%s on %s: %s', (text, component, answer) => {
    const forbidden = parseForbiddenPackage(text)
    expect(forbidden).toBeDefined()
    if (forbidden !== undefined) expect(judgeForbidden(parsePurl(component), forbidden)).toBe(answer)
  })

  it.each(['left-pad', 'pkg:npm', 'pkg:npm/a@>=', 'pkg:npm/a@>=1.y', 'pkg:deb/debian/a@>=', 'pkg:deb/debian/a@<1 ||', ''])(
    'is not %j',
    (text) => {
      expect(parseForbiddenPackage(text)).toBeUndefined()
    },
  )
})
