import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadPolicy, loadProject } from '../../src/chain/config.ts'
import { shipReceiptSchema } from '../../src/chain/receipt-schema.ts'
import type { ShipReceipt } from '../../src/chain/receipt-schema.ts'
import { runGit } from '../../src/build/project-for-tests.ts'
import { testDeps } from '../support/deps.ts'
import { runTally } from '../support/run-tally.ts'
import { childEnvironment, lockfile, packageJson } from '../support/sample-project.ts'

// Somebody else's project: `tally init` says what it took from which file, and `tally ship` then does what was written.

let top: string
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'tally-'))
  await mkdir(join(top, 'home'))
})
afterAll(() => rm(top, { recursive: true }))

type Place = { readonly dir: string; readonly env: Readonly<Record<string, string>> }
let places = 0

/** A folder with these files, and no git in it. */
async function folderOf(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Promise<Place> {
  places += 1
  const dir = join(top, `place-${places}`, 'greet')
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), text)
  }
  const own = { HOME: join(top, 'home'), TALLY_DATA_DIR: join(top, `place-${places}`, 'data'), TALLY_CACHE_DIR: join(top, 'cache') }
  return { dir, env: childEnvironment({ ...own, ...env }) }
}

async function commitAll({ dir }: Place): Promise<void> {
  await runGit(dir, 'init', '--quiet', '--initial-branch=main')
  await runGit(dir, 'add', '--all')
  await runGit(dir, 'commit', '--quiet', '--message=first')
}

const NPM = { 'package.json': packageJson(), 'package-lock.json': lockfile(), 'index.js': 'export const greeting = "hello"\n' }
/** A build backend of its own, so that pip needs nothing from anywhere. */
const PYTHON = {
  'pyproject.toml':
    '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n\n[project]\nname = "greet"\nversion = "1.2.3"\n',
  'backend.py': `import zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name, info = "greet-1.2.3-py3-none-any.whl", "greet-1.2.3.dist-info"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.writestr("greet.py", "print('hello')\\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: greet\\nVersion: 1.2.3\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: us\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
`,
  '.gitignore': '__pycache__/\n',
}
const GO = { 'go.mod': 'module example.com/tools/greet/v2\n\ngo 1.20\n', 'main.go': 'package main\n\nfunc main() { println("hello") }\n' }
const RUST = {
  'Cargo.toml': '[package]\nname = "greet"\nversion = "0.4.0"\nedition = "2021"\n',
  'Cargo.lock': 'version = 3\n\n[[package]]\nname = "greet"\nversion = "0.4.0"\n',
  'src/main.rs': 'fn main() { println!("hello") }\n',
}
const MAVEN = {
  'pom.xml': `<project><modelVersion>4.0.0</modelVersion>
  <parent><groupId>org.example</groupId><artifactId>above</artifactId><version>9</version></parent>
  <groupId>org.example</groupId><artifactId>greet</artifactId><version>2.1</version></project>\n`,
}
const DOCKER = { Dockerfile: `FROM registry.example/base@sha256:${'5a'.repeat(32)}\nUSER 10001\n` }

describe('tally init', () => {
  test.each([
    ['npm', NPM, { name: 'greet', version: '1.0.0', run: /^npm pack --pack-destination/, lockfiles: ['package-lock.json'] }],
    ['python', PYTHON, { name: 'greet', version: '1.2.3', run: /^python3 -m pip wheel/, lockfiles: [] }],
    ['go', GO, { name: 'greet', version: '0.0.0', run: /^go build -trimpath/, lockfiles: [] }],
    ['rust', RUST, { name: 'greet', version: '0.4.0', run: /^cargo build --release --locked/, lockfiles: ['Cargo.lock'] }],
    ['maven', MAVEN, { name: 'greet', version: '2.1', run: /^mvn .*package/, lockfiles: ['pom.xml'] }],
    ['docker', DOCKER, { name: 'greet', version: '0.0.0', run: /^docker buildx build/, lockfiles: [] }],
  ])('in a project of kind %s: a tally.yaml that can be read, with the reasons in it', async (kind, files, wanted) => {
    const place = await folderOf(files)
    const said = await runTally(place, 'init')
    expect(said).toMatchObject({ exitCode: 0, stderr: '' })
    expect(said.stdout).toMatch(
      /^wrote tally\.yaml\nwrote policy\/prod\.yaml\n( {2}\S.*\n)+next: read tally\.yaml, commit both files, then run `tally ship`\n$/,
    )
    const deps = testDeps()
    const project = await loadProject(deps, place.dir)
    const { config } = project
    expect({ name: config.name, lockfiles: config.sbom.lockfiles, type: config.artifact.type }).toEqual({
      name: wanted.name,
      lockfiles: wanted.lockfiles,
      type: kind === 'docker' ? 'image' : 'file',
    })
    expect(config.artifact.version).toBe(kind === 'npm' ? 'file:package.json#/version' : wanted.version)
    expect(config.build.run).toMatch(wanted.run)
    expect((await loadPolicy(deps, project, 'prod'))?.name).toBe('prod')
    const text = await readFile(join(place.dir, 'tally.yaml'), 'utf8')
    expect(text.split('\n').filter((line) => line.startsWith('#')).length).toBeGreaterThan(8)
  })

  test('two ways to build it: neither is guessed, both are named, and one may be chosen', async () => {
    const place = await folderOf({ ...NPM, ...DOCKER })
    const said = await runTally(place, 'init')
    expect(said).toMatchObject({ exitCode: 2, stdout: '' })
    expect(said.stderr).toBe(
      'error[usage]: greet: could be built as npm (package.json) or docker (Dockerfile)\nhelp: say which: tally init --kind npm\n',
    )
    expect((await runTally(place, 'init', '--kind', 'docker')).exitCode).toBe(0)
    expect((await loadProject(testDeps(), place.dir)).config.artifact.type).toBe('image')
  })

  test('what is there is not overwritten, and an empty folder is told as such', async () => {
    const place = await folderOf({ ...NPM, 'tally.yaml': '# mine\n' })
    expect(await runTally(place, 'init')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('error[usage]: tally.yaml: is there already'),
    })
    expect(await readFile(join(place.dir, 'tally.yaml'), 'utf8')).toBe('# mine\n')
    const empty = await folderOf({ 'notes.txt': 'nothing to build\n' })
    expect(await runTally(empty, 'init')).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('error[nothing-to-check]') })
  })
})

describe('tally init, then tally ship', () => {
  async function initAndShip(place: Place): Promise<ShipReceipt> {
    expect((await runTally(place, 'init')).exitCode).toBe(0)
    await commitAll(place)
    const said = await runTally(place, 'ship', '--format', 'json')
    expect(said.stderr).not.toMatch(/error\[(?!denied\])/)
    const receipt = shipReceiptSchema.parse(JSON.parse(said.stdout))
    expect(said.exitCode).toBe(receipt.reached === receipt.target ? 0 : 1)
    return receipt
  }

  /** What of the default policy is not met; completeness hangs on whether a cataloger reads the lockfile, which is said elsewhere. */
  function unmetBut(receipt: ShipReceipt, accepted: string): readonly string[] {
    const unmet = receipt.verdict?.clauses.filter((clause) => clause.result !== 'met').map((clause) => clause.clause) ?? ['no verdict']
    return unmet.filter((clause) => clause !== accepted)
  }

  test('npm: in prod', async () => {
    const receipt = await initAndShip(await folderOf(NPM))
    expect(receipt).toMatchObject({
      reached: 'prod',
      artifact: { name: 'greet-1.0.0.tgz', version: '1.0.0' },
      sbom: { completeness: 'complete' },
    })
  })

  test('without git: it stays in dev, exit 1, and the command that mends it is printed; then it is in prod', async () => {
    const place = await folderOf(NPM)
    expect((await runTally(place, 'init')).exitCode).toBe(0)
    const said = await runTally(place, 'ship')
    expect(said.exitCode).toBe(1)
    expect(said.stdout).toContain('greet 1.0.0: stays in dev, not in prod')
    expect(said.stdout).toContain('To mend it\n  git init && git add -A && git commit -m first && tally ship')
    expect(said.stderr).toContain('warning: this is no git repository')
    await commitAll(place)
    expect((await runTally(place, 'ship')).exitCode).toBe(0)
  })

  const tools: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>, () => Readonly<Record<string, string>>])[] =
    [
      ['python', ['python3', '-m', 'pip', '--version'], PYTHON, () => ({ PIP_NO_INDEX: '1' })],
      [
        'go',
        ['go', 'version'],
        GO,
        () => ({ GOCACHE: execFileSync('go', ['env', 'GOCACHE'], { encoding: 'utf8' }).trim(), GOPROXY: 'off', GOFLAGS: '-mod=mod' }),
      ],
      [
        'rust',
        ['cargo', '--version'],
        RUST,
        () => ({
          CARGO_NET_OFFLINE: 'true',
          CARGO_HOME: process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'),
          RUSTUP_HOME: process.env['RUSTUP_HOME'] ?? join(homedir(), '.rustup'),
        }),
      ],
    ]

  test.for(tools)(
    '%s: in dev, and in prod once its lockfile can be read',
    { timeout: 180_000 },
    async ([kind, probe, files, env], { skip }) => {
      if (!works(probe)) return skip(`${probe[0]} is not installed`)
      const receipt = await initAndShip(await folderOf(files, env()))
      expect(unmetBut(receipt, 'sbom.complete')).toEqual([])
      expect(receipt.artifact.name).toMatch(kind === 'python' ? /^greet-1\.2\.3-py3-none-any\.whl$/ : /^greet$/)
    },
  )
})

function works([program = '', ...words]: readonly string[]): boolean {
  try {
    execFileSync(program, words, { stdio: 'ignore' })
    return true
  } catch {
    // Not installed, or broken: as good as not there.
    return false
  }
}
