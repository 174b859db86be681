import { describe, expect, it } from 'vitest'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { pythonCataloger } from './python-cataloger.ts'

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string]

const PYPROJECT = `[project]
name = "My.App"
version = "0.3.0"
dependencies = ["web[fast]>=2,<3", "from-git"]
[project.optional-dependencies]
extra1 = ["only-extra>=2"]
[dependency-groups]
dev = ["Check_Er>=2", {include-group = "other"}]
`

const POETRY = `[[package]]
name = "web"
version = "2.1.0"
description = "text with [[package]] in it"
optional = false
python-versions = ">=3.7"
groups = ["main"]
files = [
    {file = "web-2.1.0-py3-none-any.whl", hash = "sha256:${A}"},
    {file = "web-2.1.0.tar.gz", hash = "sha256:${B}"},
]

[package.dependencies]
small = ">=1"
Speed-Up = {version = ">=1", optional = true, markers = "extra == 'fast'"}

[package.extras]
fast = ["speed_up (>=1)"]

[[package]]
name = "small"
version = "1.0.0"
optional = false
groups = ["main", "dev"]
files = [{file = "small-1.0.0.tar.gz", hash = "sha256:${C}"}]

[[package]]
name = "speed-up"
version = "1.5"
optional = true
groups = ["main"]
files = []

[[package]]
name = "only-extra"
version = "2.2.0"
optional = true
groups = ["main"]
files = []

[[package]]
name = "check-er"
version = "2.3.1"
optional = false
groups = ["dev"]
files = []
[package.dependencies]
small = {version = "*", markers = "python_version < '4'"}

[[package]]
name = "from-git"
version = "0.1.0"
optional = false
groups = ["main"]
files = []
[package.source]
type = "git"
url = "https://user:secret@host.example/from-git.git"
reference = "main"
resolved_reference = "0123abc"

[[package]]
name = "local"
version = "9.9.9"
optional = false
groups = ["main"]
files = []
[package.source]
type = "directory"
url = "lib/local"

[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = "00"
`

const UV = `version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "check-er"
version = "2.3.1"
source = { registry = "https://index.example/simple" }
dependencies = [{ name = "small", marker = "python_version < '4'" }]

[[package]]
name = "from-git"
version = "0.1.0"
source = { git = "https://user:secret@host.example/from-git.git?rev=main#0123abc" }

[[package]]
name = "local"
version = "9.9.9"
source = { directory = "lib/local" }

[[package]]
name = "my-app"
source = { editable = "." }
dependencies = [
    { name = "web", extra = ["fast"] },
    { name = "from-git" },
]
[package.optional-dependencies]
extra1 = [{ name = "only-extra" }]
[package.dev-dependencies]
dev = [{ name = "check-er" }]

[[package]]
name = "only-extra"
version = "2.2.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "small"
version = "1.0.0"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://files.example/small-1.0.0.tar.gz", hash = "sha256:${C}", size = 1 }

[[package]]
name = "speed-up"
version = "1.5"
source = { registry = "https://index.example/simple" }

[[package]]
name = "web"
version = "2.1.0"
source = { registry = "https://index.example/simple" }
dependencies = [{ name = "small" }]
sdist = { url = "https://files.example/web-2.1.0.tar.gz", hash = "sha256:${B}", size = 1 }
wheels = [{ url = "https://files.example/web-2.1.0-py3-none-any.whl", hash = "sha256:${A}", size = 1 }]
[package.optional-dependencies]
fast = [{ name = "speed-up" }]
`

const PDM = `[metadata]
groups = ["default", "dev", "extra1"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"

[[package]]
name = "check-er"
version = "2.3.1"
groups = ["dev"]
dependencies = ["small; python_version < \\"4\\""]

[[package]]
name = "from-git"
version = "0.1.0"
git = "https://user:secret@host.example/from-git.git"
ref = "main"
revision = "0123abc"
groups = ["default"]

[[package]]
name = "local"
version = "9.9.9"
path = "./lib/local"
groups = ["default"]

[[package]]
name = "only-extra"
version = "2.2.0"
groups = ["extra1"]

[[package]]
name = "small"
version = "1.0.0"
groups = ["default", "dev"]
files = [{file = "small-1.0.0.tar.gz", hash = "sha256:${C}"}]

[[package]]
name = "speed-up"
version = "1.5"
groups = ["default"]

[[package]]
name = "web"
version = "2.1.0"
groups = ["default"]
dependencies = ["small>=1"]
files = [
    {url = "https://files.example/web-2.1.0-py3-none-any.whl", hash = "sha256:${A}"},
    {url = "https://files.example/web-2.1.0.tar.gz", hash = "sha256:${B}"},
]

[[package]]
name = "web"
version = "2.1.0"
extras = ["fast"]
groups = ["default"]
dependencies = ["speed-up>=1", "web==2.1.0"]
`

const PYLOCK = `lock-version = "1.0"
created-by = "hand"

[[packages]]
name = "check-er"
version = "2.3.1"
marker = "'dev' in dependency_groups"
dependencies = [{ name = "small" }]

[[packages]]
name = "from-git"
version = "0.1.0"
vcs = { type = "git", url = "https://user:secret@host.example/from-git.git", requested-revision = "main", commit-id = "0123abc" }

[[packages]]
name = "local"
version = "9.9.9"
directory = { path = "lib/local", editable = true }

[[packages]]
name = "only-extra"
version = "2.2.0"
marker = "'extra1' in extras"

[[packages]]
name = "small"
version = "1.0.0"
sdist = { url = "https://files.example/small-1.0.0.tar.gz", hashes = { sha256 = "${C}" } }

[[packages]]
name = "speed-up"
version = "1.5"

[[packages]]
name = "web"
version = "2.1.0"
dependencies = [{ name = "small" }, { name = "speed-up" }]
sdist = { url = "https://files.example/web-2.1.0.tar.gz", hashes = { sha256 = "${B}" } }
wheels = [{ url = "https://files.example/web-2.1.0-py3-none-any.whl", hashes = { sha256 = "${A}" } }]
`

const FILES = {
  'pyproject.toml': PYPROJECT,
  'lib/local/pyproject.toml': '[project]\nname = "local"\nversion = "9.9.9"\n',
  'setup.py': 'exit(1)',
}
const FROM_GIT = 'pypi/from-git@0.1.0?vcs_url=git%2Bhttps:%2F%2Fhost.example%2Ffrom-git.git%400123abc'

describe.each([
  ['poetry.lock', POETRY],
  ['uv.lock', UV],
  ['pdm.lock', PDM],
  ['pylock.toml', PYLOCK],
])('%s', (name, lock) => {
  const found = catalogTexts(pythonCataloger, { ...FILES, [name]: lock })

  it('has every package, and how strongly it is needed', () => {
    expect([...new Set(shownComponents(found))]).toEqual([
      'dev pypi/check-er@2.3.1',
      'optional pypi/only-extra@2.2.0',
      `required ${FROM_GIT}`,
      'required pypi/local@9.9.9',
      'required pypi/small@1.0.0',
      'required pypi/speed-up@1.5',
      'required pypi/web@2.1.0',
    ])
    expect(JSON.stringify(found)).not.toContain('secret')
  })

  it('has the edges, names compared as Python compares them', () => {
    expect(shownEdges(found).filter((edge) => !edge.includes('> pypi/web@2.1.0') || !edge.startsWith('pypi/web'))).toEqual([
      'pypi/check-er@2.3.1 > pypi/small@1.0.0',
      'pypi/my-app@0.3.0 > pypi/check-er@2.3.1',
      `pypi/my-app@0.3.0 > ${FROM_GIT}`,
      'pypi/my-app@0.3.0 > pypi/only-extra@2.2.0',
      'pypi/my-app@0.3.0 > pypi/web@2.1.0',
      'pypi/web@2.1.0 > pypi/small@1.0.0',
      'pypi/web@2.1.0 > pypi/speed-up@1.5',
    ])
  })

  it('has the files of each package with their hashes; the only one of a package is its hash', () => {
    const of = (wanted: string) => found.components.find((one) => one.name === wanted)
    expect(of('small')).toMatchObject({ hashes: { sha256: C }, distributions: [{ hashes: { sha256: C } }] })
    expect(of('web')?.hashes).toEqual({})
    expect(
      of('web')
        ?.distributions?.map(({ hashes }) => hashes['sha256'])
        .toSorted(),
    ).toEqual([A, B])
  })

  it('leaves development out of the runtime closure', () => {
    const closure = catalogTexts(pythonCataloger, { ...FILES, [name]: lock }, 'runtime-closure')
    expect(shownComponents(closure)).toEqual(shownComponents(found).filter((line) => !line.startsWith('dev ')))
  })

  it('makes good for the manifests of its projects, so that setup.py need not be run', () => {
    expect(found.read).toEqual(expect.arrayContaining([name, 'pyproject.toml', 'lib/local/pyproject.toml', 'setup.py']))
    expect(found.partial).toEqual([])
  })

  it('lists of an installed environment what lies there', () => {
    const environment = {
      '.venv/lib/python3.12/site-packages/web-2.1.0.dist-info/METADATA': 'Name: Web\nVersion: 2.1.0\nLicense-Expression: MIT\n',
    }
    const installed = catalogTexts(pythonCataloger, { ...FILES, ...environment, [name]: lock })
    expect([...new Set(shownComponents(installed))]).toEqual(['required pypi/local@9.9.9', 'required pypi/web@2.1.0'])
    expect(installed.components.find((one) => one.name === 'web')).toMatchObject({ licence: 'MIT' })
  })
})

describe('lockfiles of Python without their project', () => {
  it.each([
    ['poetry.lock', POETRY, ['dev pypi/check-er@2.3.1', 'optional pypi/only-extra@2.2.0']],
    ['pdm.lock', PDM, ['dev pypi/check-er@2.3.1', 'dev pypi/only-extra@2.2.0']],
    ['pylock.toml', PYLOCK, ['dev pypi/check-er@2.3.1', 'optional pypi/only-extra@2.2.0']],
  ])('%s is read by its own marks', (name, lock, marked) => {
    expect(shownComponents(catalogTexts(pythonCataloger, { [name]: lock })).filter((line) => !line.startsWith('required'))).toEqual(
      expect.arrayContaining(marked),
    )
  })

  it('poetry.lock of version 1 keeps hashes apart and has categories', () => {
    const lock = `[[package]]\nname = "a"\nversion = "1"\ncategory = "dev"\noptional = false\n[metadata]\nlock-version = "1.1"\n[metadata.files]\na = [{file = "a.whl", hash = "sha256:${A}"}]\n`
    const { components } = catalogTexts(pythonCataloger, { 'poetry.lock': lock })
    expect(components).toMatchObject([{ scope: 'dev', hashes: { sha256: A } }])
  })

  it('a dependency leads to every version of its name when the lockfile has several, or to the one it says', () => {
    const lock = (dependency: string) =>
      `version = 1\n${['1', '2'].map((version) => `[[package]]\nname = "a"\nversion = "${version}"\nsource = {registry = "x"}\n`).join('')}[[package]]\nname = "b"\nversion = "1"\nsource = {registry = "x"}\ndependencies = [${dependency}]\n`
    expect(shownEdges(catalogTexts(pythonCataloger, { 'uv.lock': lock('{name = "a"}') }))).toEqual([
      'pypi/b@1 > pypi/a@1',
      'pypi/b@1 > pypi/a@2',
    ])
    expect(shownEdges(catalogTexts(pythonCataloger, { 'uv.lock': lock('{name = "a", version = "2"}') }))).toEqual(['pypi/b@1 > pypi/a@2'])
  })
})

describe('Pipfile.lock', () => {
  const lock = JSON.stringify({
    _meta: { 'pipfile-spec': 6 },
    default: {
      web: { hashes: [`sha256:${A}`, `sha256:${B}`], version: '==2.1.0', extras: ['fast'] },
      'from-git': { git: 'https://host.example/from-git.git', ref: '0123abc' },
    },
    develop: { web: { version: '==2.1.0' }, 'check-er': { version: '==2.3.1' } },
  })

  it('has packages and scopes, and edges from the Pipfile only', () => {
    const found = catalogTexts(pythonCataloger, {
      'Pipfile.lock': lock,
      Pipfile: '[packages]\nweb = "*"\n[dev-packages]\ncheck_er = "*"\n',
    })
    expect(shownComponents(found)).toEqual([
      'dev pypi/check-er@2.3.1',
      'required pypi/from-git?vcs_url=git%2Bhttps:%2F%2Fhost.example%2Ffrom-git.git%400123abc',
      'required pypi/web@2.1.0',
    ])
    expect(found.edges).toHaveLength(2)
    expect(found.read).toEqual(expect.arrayContaining(['Pipfile', 'Pipfile.lock']))
  })
})

describe('broken lockfiles of Python', () => {
  it.each([
    ['poetry.lock', '[[package]]\nname = 1\n', 'artifact-malformed'],
    ['poetry.lock', 'not toml', 'artifact-malformed'],
    ['uv.lock', 'version = 2\n', 'version-unsupported'],
    ['uv.lock', '[[package]]\nname = "a"\n', 'artifact-malformed'],
    ['pdm.lock', 'package = 1\n', 'artifact-malformed'],
    ['pylock.toml', 'lock-version = "2.0"\n', 'version-unsupported'],
    ['pylock.dev.toml', 'packages = []\n', 'artifact-malformed'],
    ['Pipfile.lock', '[]', 'artifact-malformed'],
  ])('%s of %j is refused', (name, lock, code) => {
    expect(() => catalogTexts(pythonCataloger, { [name]: lock }, 'runtime-closure')).toThrow(
      expect.objectContaining({ code, where: expect.stringContaining(name) }),
    )
  })

  it('a broken pyproject.toml beside a sound lockfile is no fault of that', () => {
    expect(catalogTexts(pythonCataloger, { 'uv.lock': UV, 'pyproject.toml': '[' }).components.length).toBeGreaterThan(5)
  })
})
