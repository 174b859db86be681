import { describe, expect, test } from 'vitest'
import { attest } from './commands/attest.ts'
import { attestBlob } from './commands/attest-blob.ts'
import { sign } from './commands/sign.ts'
import { signBlob } from './commands/sign-blob.ts'
import { parseLine } from './parse-flags.ts'
import { annotationsOf } from './annotation-flags.ts'

describe('a line written for cosign', () => {
  test.each([
    [sign, ['--key', 'cosign.key', '--yes', '-a', 'build=7', '--upload=false', '--bundle', 'b.json', 'registry.example/app']],
    [signBlob, ['--key', 'env://COSIGN_PRIVATE_KEY', '-y', '--bundle', 'b.json', '--output-signature', 'sig', 'app.tgz']],
    [attest, ['--key', 'cosign.key', '--type', 'vuln', '--predicate', 'p.json', '--no-upload', 'registry.example/app']],
    [attestBlob, ['--key', 'cosign.key', '--predicate', 'p.json', '--bundle', 'b.json', 'app.tgz']],
  ])('is understood by $name', (command, line) => {
    expect(parseLine(command, line, {}).words).toHaveLength(1)
  })

  test.each([
    [sign, '--sk'],
    [sign, '--recursive'],
    [sign, '-r'],
    [sign, '--registry-password=x'],
    [attest, '--k8s-keychain'],
    [attest, '--statement=s.json'],
    [signBlob, '--certificate=c.pem'],
    [signBlob, '--timestamp-client-key=k'],
    [attestBlob, '--hash=ab'],
    [attestBlob, '-t'],
  ])('with a flag that $0.name does not have is refused by its name: %s', (command, flag) => {
    const name = flag.replace(/^-+/, '').split('=')[0]
    expect(() => parseLine(command, [flag, 'x'], {})).toThrow(expect.objectContaining({ code: 'flag-unsupported', where: `--${name}` }))
  })
})

describe('annotations', () => {
  test('are NAME=VALUE, several in one or in many', () => {
    expect(annotationsOf(['a=1,b=x=y', 'c='])).toEqual({ annotations: { a: '1', b: 'x=y', c: '' } })
    expect(annotationsOf([])).toEqual({})
  })
  test.each([['a'], ['=1'], ['a=1,a=2'], ['']])('%j is refused', (text) => {
    expect(() => annotationsOf([text])).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
