import { describe, expect, it } from 'vitest'
import { resolvePath } from './layer-links.ts'

const symlinks = new Map([
  ['lib', 'usr/lib'],
  ['etc/os-release', '../usr/lib/os-release'],
  ['var/run', '/run'],
  ['out', '../../../../etc/shadow'],
  ['loop', 'loop'],
  ['ping', 'pong'],
  ['pong', './ping'],
  ['grow', 'grow/grow'],
  ['root', '/'],
  ['usr/lib/deep', '../../lib/inner'],
])

describe('resolvePath', () => {
  it.each([
    ['etc/passwd', 'etc/passwd'],
    ['lib/so', 'usr/lib/so'],
    ['etc/os-release', 'usr/lib/os-release'],
    ['var/run/pid', 'run/pid'],
    ['out', 'etc/shadow'],
    ['root', '.'],
    ['root/lib/x', 'usr/lib/x'],
    ['lib/deep/x', 'usr/lib/inner/x'],
    ['lib/../etc', 'usr/etc'],
    ['../../x', 'x'],
  ])('%s is %s', (path, place) => expect(resolvePath(symlinks, path)).toBe(place))

  it.each(['loop', 'loop/x', 'ping', 'grow'])('%s leads nowhere', (path) => expect(resolvePath(symlinks, path)).toBeUndefined())
})
