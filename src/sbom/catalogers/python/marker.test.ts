import { describe, expect, it } from 'vitest'
import { evaluateMarker } from './marker.ts'

const LINUX = { python_version: '3.12', os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux', implementation_name: 'cpython' }

describe('a marker', () => {
  it.each([
    ['python_version >= "3.8"', true],
    ['python_version < "3.10"', false],
    ['python_version < "3.9" or sys_platform == "linux"', true],
    ['python_version < "3.9" and sys_platform == "linux"', false],
    ["'3.12' == python_version", true],
    ['python_version == "3.*"', true],
    ['python_version != "3.12.*"', false],
    ['python_version ~= "3.8"', true],
    ['python_version ~= "4.0"', false],
    ['python_version in "3.11 3.12"', true],
    ['python_version not in "3.11 3.12"', false],
    ['sys_platform == "win32"', false],
    ['sys.platform == "linux"', true],
    ['(os_name == "nt" or os_name == "posix") and implementation_name != "pypy"', true],
    ['extra == "Fast_Json"', true],
    ['extra == "slow"', false],
    ['extra == "slow" or python_version > "3"', true],
  ])('%s is %s', (marker, holds) => {
    expect(evaluateMarker(marker, LINUX, new Set(['fast-json']))).toBe(holds)
  })

  it.each([
    ['of what nobody knows', 'platform_machine == "x86_64"'],
    ['of what nobody knows, or what does not hold', 'platform_machine == "x86_64" or os_name == "nt"'],
    ['of a comparison that texts do not have', 'sys_platform > "linux"'],
    ['without an end', 'python_version >='],
    ['with more behind it', 'os_name == "posix" os_name'],
    ['with an open bracket', '(os_name == "posix"'],
    ['that is none', '!!'],
    ['as deep as it is long', `${'('.repeat(1000)}os_name == "posix"${')'.repeat(1000)}`],
    ['longer than any', `os_name == "posix"${' or os_name == "posix"'.repeat(500)}`],
    ['that is empty', ''],
  ])('%s is not known to hold', (_, marker) => {
    expect(evaluateMarker(marker, LINUX, new Set())).toBeUndefined()
  })

  it('that one known part decides is decided', () => {
    expect(evaluateMarker('platform_machine == "x86_64" and os_name == "nt"', LINUX, new Set())).toBe(false)
    expect(evaluateMarker('platform_machine == "x86_64" or os_name == "posix"', LINUX, new Set())).toBe(true)
  })
})
