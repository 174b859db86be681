import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { renderCommandHelp, renderOverview } from '../../src/cli/help.ts'
import { openTerminal } from '../../src/cli/terminal.ts'
import { watchTally } from '../support/run-tally.ts'
import type { Said } from '../support/run-tally.ts'
import { makeSample, tallyYaml } from '../support/sample-project.ts'
import type { SampleProject } from '../support/sample-project.ts'
import { transcript } from '../support/transcript.ts'

// What a person sees, whole, in 80 columns. When it was meant to change: `npm test -- test/golden -u`, and look at the difference.
let project: SampleProject
let names: Readonly<Record<string, string>>
beforeAll(async () => {
  project = await makeSample()
  names = { [project.beside]: '/home/ada', [join(project.beside, 'project')]: '/home/ada/greet' }
})
afterAll(() => project[Symbol.asyncDispose]())

/** Escapes made visible, and what differs in every run made up: digests, signatures' lengths, times, keys. */
function golden(text: string): string {
  return text
    .replaceAll('\u001b', '␛')
    .replaceAll(/\b[A-Za-z0-9+/]{43}=/g, 'c29tZSByb290IG9mIDMyIGJ5dGVzLCBtYWRlIHVwIQA=')
    .replaceAll(/(?<=BEGIN PUBLIC KEY-----\n)[^-]+/g, 'TUFERSBVUA==\n')
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-11-25T12:00:00.000Z')
    .replaceAll(/\b\d+ bytes\b/g, '800 bytes')
}
async function expectGolden(name: string, text: string): Promise<void> {
  const lines = text.split('\n')
  // A digest, a path or a command to copy may be longer than a line; nothing else may.
  // eslint-disable-next-line no-control-regex
  const plain = lines.map((line) => line.replaceAll(/\u001b\[[0-9;]*m/g, ''))
  const tooLong = plain.filter((line) => line.length > 80 && !/^(?:\$|warning: |error\[|help: | *\S+$| *tally verify )/.test(line))
  expect(tooLong).toEqual([])
  await expect(golden(text)).toMatchFileSnapshot(join(import.meta.dirname, `${name}.txt`))
}
async function run(...args: readonly string[]): Promise<Said> {
  return await watchTally(project, ...args)
}
const shown = (args: readonly string[], said: Said): string => transcript(`tally ${args.join(' ')}`, said, names)

describe('help', () => {
  const terminalOf = (color: string, columns = 80) => {
    const stdout = Object.assign(process.stdout, {})
    return openTerminal({ stdout: { ...stdout, columns } as never, stderr: process.stderr, stdin: {} }, color, {})
  }

  test('of tally', async () => {
    await expectGolden('help', `${renderOverview(terminalOf('never'))}\n`)
    await expectGolden('help-color', `${renderOverview(terminalOf('always'))}\n`)
  })

  test.each(Object.keys(COMMANDS))('of tally %s', async (name) => {
    const command = await COMMANDS[name]?.load()
    if (command === undefined) throw new Error(`no command ${name}`)
    await expectGolden(`help-${name}`, `${renderCommandHelp(command, terminalOf('never'))}\n`)
  })
})

// One story, told in order.
describe('a project from its first command on', () => {
  const seen: Record<string, Said> = {}
  /** Runs a command and shows all that a terminal would. */
  async function see(name: string, ...args: readonly string[]): Promise<Said> {
    const said = await run(...args)
    seen[name] = said
    await expectGolden(name, shown(args, said))
    return said
  }
  const artifact = (): string => join(project.beside, 'greet')

  beforeAll(async () => {
    seen['ship-allow'] = await run('ship')
    const path = /^ {2}tally verify (\S+)$/m.exec(seen['ship-allow'].stdout)?.[1] ?? ''
    await fs.copyFile(path, artifact())
    await fs.writeFile(join(project.beside, 'machine.pub'), (await run('key', 'export', 'local')).stdout)
  })

  test('ship, allowed, and as before', async () => {
    await expectGolden('ship-allow', shown(['ship'], seen['ship-allow'] ?? { exitCode: 70, stdout: '', stderr: '' }))
    await see('ship-again', 'ship', '-q')
  })

  test('verify, gate, tree', async () => {
    await see('verify', 'verify', '../greet', '--from', 'oci:../data/registry/greet/prod', '--isolated')
    await see('gate', 'gate', '../greet', '--from', 'oci:../data/registry/greet/prod', '--isolated', '--policy', 'policy/prod.yaml')
    await see('tree', 'tree', '../greet', '--from', 'oci:../data/registry/greet/prod')
  })

  test('colour: asked for, switched off, and by variables', async () => {
    const args = ['gate', '../greet', '--from', 'oci:../data/registry/greet/prod', '--isolated', '--policy', 'policy/prod.yaml']
    const plain = await run(...args)
    const always = await run(...args, '--color', 'always')
    await expectGolden('gate-color', shown([...args, '--color', 'always'], always))
    // eslint-disable-next-line no-control-regex
    expect(plain.stdout).not.toMatch(/\u001b/)
    // How the variables go together is a test of src/cli/terminal.ts.
    const forced = await watchTally({ ...project, env: { ...project.env, FORCE_COLOR: '1' } }, ...args)
    expect(forced.stdout).toBe(always.stdout)
    const refused = await watchTally({ ...project, env: { ...project.env, CLICOLOR_FORCE: '1', NO_COLOR: '1' } }, ...args)
    expect(refused.stdout).toBe(plain.stdout)
  })

  test('evidence of another key, and none', async () => {
    await fs.writeFile(join(project.beside, 'bare'), 'nothing was said about this\n')
    await see('verify-none', 'verify', '../bare', '--isolated')
    await run('key', 'new', '../other.pem', '--insecure-no-passphrase')
    await see('verify-untrusted', 'verify', '../greet', '--key', '../other.pub', '--from', 'oci:../data/registry/greet/prod', '--isolated')
  })

  test('the log, keys, configuration', async () => {
    await see('log-check', 'log', 'check')
    await see('log-show', 'log', 'show')
    await see('key-show', 'key', 'show')
    await see('key-new', 'key', 'new', '../team.pem', '--insecure-no-passphrase')
    await see('config', 'config')
  })

  test('sbom and impact', async () => {
    await see('sbom-table', 'sbom', '.')
    await see('impact', 'impact', 'left-hand@<3')
    await see('impact-none', 'impact', 'right-hand@1')
  })

  test('promote, allowed and refused', async () => {
    const source = ['promote', 'oci:../data/registry/greet/prod:current']
    await see('promote', ...source, 'oci:../staging', '--policy', 'policy/prod.yaml')
    await project.write('../strict.yaml', 'version: 1\nname: strict\nrequire:\n  signature: { from: [security-team] }\n')
    await see('promote-refused', ...source, 'oci:../closed', '--policy', '../strict.yaml')
  })

  test('sign', async () => {
    await see('sign', 'sign', '../greet', '--bundle', '../greet.sigstore.json')
  })

  test('errors: a slip of the pen, a file that is not there, a configuration that is wrong', async () => {
    const lines = [['vrify'], ['verify'], ['verify', 'x', '--polcy'], ['verify', 'not-here'], ['ship', '--to', 'moon'], ['login', 'r.example']]
    const said = await Promise.all(lines.map(async (args) => shown(args, await run(...args))))
    await expectGolden('errors', said.join('\n'))
  })

  test('ship, refused; check, with findings', async () => {
    await project.write('tally.yaml', tallyYaml({ lockfiles: '[]' }))
    await fs.rm(join(project.dir, 'package-lock.json'))
    await project.write('package.json', '{ "name": "greet", "version": "1.1.0" }\n')
    await project.write('greet.sh', '#!/bin/sh\necho hello, you\n')
    await project.commit()
    await see('ship-deny', 'ship')
    await project.write('greet.sh', '#!/bin/sh\necho hello, changed\n')
    await see('ship-dirty', 'ship')
    await project.write(
      '.github/workflows/ci.yml',
      'on: pull_request_target\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: echo "${{ github.event.pull_request.title }}"\n',
    )
    await project.git('add', '--all')
    await see('check', 'check')
    await see('ship-findings', 'ship')
  })

  test('init', async () => {
    await fs.mkdir(join(project.beside, 'theirs'))
    await fs.writeFile(join(project.beside, 'theirs/go.mod'), 'module example.com/team/hello\n\ngo 1.24\n')
    await see('init', 'init', '../theirs')
    await see('init-again', 'init', '../theirs')
    await see('init-nothing', 'init', '../home')
  })
})

test('the receipt the README shows is the one that is printed', async () => {
  const shape = (text: string): string[] =>
    text
      .replaceAll(/\b(?:greet|tallystick-[\d.]+tgz)$/gm, 'ARTIFACT')
      .replaceAll(/^(?:greet|tallystick) [\d.]+/gm, 'NAME')
      .replaceAll(/\b[A-Za-z0-9+/]{43}=/g, 'ROOT')
      .replaceAll(/\b[0-9a-f]{12,}/g, 'HEX')
      .replaceAll(/\d+ components?/g, 'COMPONENTS')
      .split('\n')
  const read = async (path: string): Promise<string> => await fs.readFile(join(import.meta.dirname, path), 'utf8')
  const said = /```\n([^]*?)```/.exec(await read('../../README.md'))?.[1] ?? ''
  const lines = shape(said).filter((line) => line !== '' && line.trim() !== '…')
  expect(lines.length).toBeGreaterThan(15)
  const printed = shape(await read('ship-allow.txt'))
  expect(printed.filter((line) => lines.includes(line))).toEqual(lines)
})
