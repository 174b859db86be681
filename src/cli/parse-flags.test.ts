import { describe, expect, test } from 'vitest'
import { defineCommand } from './command.ts'
import { nearest, parseLine, variableOf } from './parse-flags.ts'

const paint = defineCommand({
  name: 'paint',
  summary: 'paint a wall',
  usage: ['tally paint WALL [--shade SHADE]'],
  examples: [['tally paint north', 'a wall']],
  options: {
    shade: { type: 'string', short: 's', value: 'SHADE', choices: ['dark', 'light'], help: 'dark or light', default: 'light' },
    coat: { type: 'string', short: 'c', value: 'NAME', multiple: true, help: 'a coat' },
    'dry-run': { type: 'boolean', help: 'paint nothing' },
    solvent: { type: 'boolean', help: 'must be spelled out', noEnv: true },
    key: { type: 'string', value: 'FILE', help: 'has another variable', env: 'TALLY_PAINT_KEY' },
  },
  words: { min: 1, max: 2, names: 'one wall or two' },
  refused: { spray: 'it goes everywhere' },
  run: async () => 0,
})

const parse = (line: readonly string[], env: Record<string, string> = {}, command = paint) => parseLine(command, line, env)

describe('flags and words', () => {
  test('stand in any order, values beside or behind an equals sign, short or long', () => {
    for (const line of [
      ['north', '--shade', 'dark', '--dry-run'],
      ['--shade=dark', 'north', '--dry-run'],
      ['-s', 'dark', '--dry-run', 'north'],
      ['-sdark', '--dry-run=true', 'north'],
      ['-s=dark', '--dry-run', '--', 'north'],
    ]) {
      const { flags, words } = parse(line)
      expect([flags.text('shade'), flags.on('dry-run'), words], line.join(' ')).toEqual(['dark', true, ['north']])
    }
  })

  test('what was not given is not there: the command knows its defaults', () => {
    const { flags } = parse(['north'])
    expect([flags.text('shade'), flags.on('dry-run'), flags.list('coat')]).toEqual([undefined, false, []])
  })

  test('repeatable ones keep their order; others given twice are refused', () => {
    expect(parse(['north', '-c', 'one', '--coat=two']).flags.list('coat')).toEqual(['one', 'two'])
    expect(() => parse(['north', '-s', 'dark', '--shade', 'dark'])).toThrow('was given twice')
  })

  test('a switch can be switched off', () => {
    expect(parse(['north', '--dry-run=false']).flags.on('dry-run')).toBe(false)
    expect(() => parse(['north', '--dry-run=perhaps'])).toThrow('takes no value')
  })

  test('`-` is a word and a value, `--` ends the flags', () => {
    expect(parse(['-']).words).toEqual(['-'])
    expect(parse(['north', '--coat', '-']).flags.list('coat')).toEqual(['-'])
    expect(parse(['--', '--shade', '-x']).words).toEqual(['--shade', '-x'])
    const builder = { ...paint, takesRest: true }
    expect(parse(['north', '--', '--shade', 'x'], {}, builder)).toMatchObject({ words: ['north'], rest: ['--shade', 'x'] })
  })

  test('every command has the global ones', () => {
    const { flags } = parse(['north', '-q', '-C', 'there', '--data-dir=d'])
    expect([flags.on('quiet'), flags.text('project'), flags.text('data-dir')]).toEqual([true, 'there', 'd'])
  })
})

describe('what cannot be understood is refused with the next step', () => {
  test.each([
    [['north', '--shad', 'dark'], '--shad', 'is not a flag of `tally paint`', 'did you mean --shade? see `tally paint --help`'],
    [['north', '-x'], '-x', 'is not a flag of `tally paint`', 'see `tally paint --help`'],
    [['north', '--constructor'], '--constructor', 'is not a flag of `tally paint`', 'see `tally paint --help`'],
    [['north', '--frobnicate=secret'], '--frobnicate', 'is not a flag of `tally paint`', 'see `tally paint --help`'],
    [['north', '--shade'], '--shade', 'needs a value (SHADE)', 'see `tally paint --help`'],
    [['north', '--shade='], '--shade', 'needs a value (SHADE)', 'see `tally paint --help`'],
    [
      ['north', '--shade', '--dry-run'],
      '--shade',
      'needs a value (SHADE), and `--dry-run` looks like a flag',
      'if it is meant, write --shade=--dry-run',
    ],
    [[], 'tally paint', 'needs one wall or two', 'tally paint WALL [--shade SHADE] (see `tally paint --help`)'],
    [['a', 'b', 'c'], 'c', 'is one word too many', 'see `tally paint --help`'],
  ])('%j', (line, where, message, hint) => {
    expect(() => parse(line)).toThrow(expect.objectContaining({ code: 'usage', where, message, hint }))
  })

  test('a value that is none of the choices', () => {
    expect(() => parse(['north', '-s', 'pink'])).toThrow(
      expect.objectContaining({ code: 'usage', where: '--shade pink', message: 'is none of dark, light' }),
    )
  })

  test('a flag other tools know, refused by name with the reason', () => {
    expect(() => parse(['north', '--spray'])).toThrow(expect.objectContaining({ code: 'flag-unsupported', message: 'it goes everywhere' }))
  })

  test('help is given however wrong the words are', () => {
    expect(parse(['--help']).flags.on('help')).toBe(true)
    expect(parse(['a', 'b', 'c', '-h']).flags.on('help')).toBe(true)
  })
})

describe('variables', () => {
  test('stand in for flags; the flag wins', () => {
    const env = { TALLY_SHADE: 'dark', TALLY_DRY_RUN: '1', TALLY_COAT: 'one,two', TALLY_DATA_DIR: 'd', TALLY_PAINT_KEY: 'k' }
    const { flags } = parse(['north'], env)
    expect([flags.text('shade'), flags.on('dry-run'), flags.list('coat'), flags.text('data-dir'), flags.text('key')]).toEqual([
      'dark',
      true,
      ['one', 'two'],
      'd',
      'k',
    ])
    const over = parse(['north', '--shade=light', '--dry-run=false', '--coat=three'], env).flags
    expect([over.text('shade'), over.on('dry-run'), over.list('coat')]).toEqual(['light', false, ['three']])
    expect([flags.written, over.written]).toEqual([[], ['shade', 'dry-run', 'coat']])
  })

  test('an empty one says nothing, and what must be spelled out is not read from one', () => {
    expect(parse(['north'], { TALLY_SHADE: '', TALLY_SOLVENT: '1', TALLY_KEY: 'x' }).flags).toSatisfy(
      (flags: ReturnType<typeof parse>['flags']) =>
        flags.text('shade') === undefined && !flags.on('solvent') && flags.text('key') === undefined,
    )
    expect(variableOf('solvent', paint.options['solvent'])).toBeUndefined()
  })

  test.each([
    ['1', true],
    ['true', true],
    ['YES', true],
    ['0', false],
    ['false', false],
    ['no', false],
    ['off', false],
  ])('a switch that is %j', (text, on) => {
    expect(parse(['north'], { TALLY_DRY_RUN: text }).flags.on('dry-run')).toBe(on)
  })

  test('are held to the same choices, and named in the error', () => {
    expect(() => parse(['north'], { TALLY_SHADE: 'pink' })).toThrow(expect.objectContaining({ where: 'TALLY_SHADE=pink' }))
    expect(() => parse(['north'], { TALLY_DRY_RUN: 'maybe' })).toThrow(
      expect.objectContaining({ where: 'TALLY_DRY_RUN=maybe', message: 'is neither 1 nor 0' }),
    )
    expect(parse(['north', '--shade=dark'], { TALLY_SHADE: 'pink' }).flags.text('shade')).toBe('dark')
  })
})

test.each([
  ['vrify', 'verify'],
  ['verfiy', 'verify'],
  ['sing', 'sign'],
  ['x', undefined],
  ['frobnicate', undefined],
  ['v'.repeat(500), undefined],
])('the word nearest to %s is %s', (word, near) => {
  expect(nearest(word, ['verify', 'sign', 'promote'])).toBe(near)
})
