import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../kernel/bytes.ts'
import type { Catalog } from '../cataloger.ts'
import { catalogTexts, shownComponents, shownEdges } from '../test-catalog.ts'
import { pythonCataloger } from './python-cataloger.ts'
import { parseRequirement, pinnedVersion } from './requirement.ts'
import { parseRequirementsFile } from './requirements-file.ts'

const HASH = 'ab'.repeat(32)

/** Components as `purl range`. */
function ranges({ components }: Catalog): string[] {
  return components.map(({ purl, range = '' }) => `${purl.slice('pkg:pypi/'.length)} ${range}`.trim()).toSorted()
}

describe('a requirement', () => {
  it.each([
    ['name', { name: 'name', range: '', marker: '' }],
    ['Name.With-All_of9 >= 1.0 , < 2', { name: 'Name.With-All_of9', range: '>=1.0,<2' }],
    [
      'name[a, b]==1.0; python_version < "3" and extra == "x"',
      { name: 'name', extras: ['a', 'b'], range: '==1.0', marker: 'python_version < "3" and extra == "x"' },
    ],
    ['name (>=1,!=1.5.*)', { name: 'name', range: '>=1,!=1.5.*' }],
    ['name~=1.4.2', { range: '~=1.4.2' }],
    ['name===1.0+local', { range: '===1.0+local' }],
    [
      'name @ https://host.example/a;b.whl ; os_name == "posix"',
      { name: 'name', url: 'https://host.example/a;b.whl', marker: 'os_name == "posix"' },
    ],
  ])('%j is understood', (text, parts) => {
    expect(parseRequirement(text)).toMatchObject(parts)
  })

  it.each(['', '-r x', '==1', 'name[', 'name >> 1', 'name @', 'name 1.0', 'a'.repeat(20_000)])('%.20j is none', (text) => {
    expect(parseRequirement(text)).toBeUndefined()
  })

  it.each([
    ['==1.0', '1.0'],
    ['===1.0+x', '1.0+x'],
    ['==1.*', undefined],
    ['>=1', undefined],
    ['==1,<2', undefined],
    ['', undefined],
  ])('%s pins %s', (range, version) => {
    expect(pinnedVersion(range)).toBe(version)
  })
})

describe('a requirements file', () => {
  it('keeps every range, and pins what is pinned', () => {
    const text = `# a comment
Flask>=2,<3   # another
pinned==1.0 ; python_version >= "3.8"
any-version
star==1.*
split \\
  >=1, \\
  <2
-e git+https://user:secret@host.example/from-git.git@v1.2#egg=from_git&subdirectory=x
https://files.example/pkgs/wheely-1.5-py3-none-any.whl
direct @ https://files.example/direct.zip
--index-url https://user:secret@index.example/simple
-i https://index.example
--extra-index-url=https://index.example
`
    const found = catalogTexts(pythonCataloger, { 'requirements.txt': text })
    expect(ranges(found)).toEqual([
      'any-version *',
      'direct?download_url=https:%2F%2Ffiles.example%2Fdirect.zip',
      'flask >=2,<3',
      'from-git?vcs_url=git%2Bhttps:%2F%2Fhost.example%2Ffrom-git.git%40v1.2',
      'pinned@1.0',
      'split >=1,<2',
      'star ==1.*',
      'wheely@1.5?download_url=https:%2F%2Ffiles.example%2Fpkgs%2Fwheely-1.5-py3-none-any.whl',
    ])
    expect(JSON.stringify(found)).not.toContain('secret')
    expect(found.components[0]).toMatchObject({ evidence: [{ method: 'manifest', confidence: 0.5 }] })
    expect(found).toMatchObject({ read: [], partial: ['requirements.txt'] })
  })

  it('pinned with hashes is a lockfile, complete, and each hash a file', () => {
    const found = catalogTexts(pythonCataloger, {
      'requirements.txt': `a==1.0 \\\n    --hash=sha256:${HASH} \\\n    --hash=sha256:${'cd'.repeat(32)}\nb==2.0 --hash=sha256:${HASH}\n`,
    })
    expect(found).toMatchObject({
      read: ['requirements.txt'],
      partial: [],
      components: [
        { purl: 'pkg:pypi/a@1.0', hashes: {}, distributions: [{ hashes: { sha256: HASH } }, { hashes: { sha256: 'cd'.repeat(32) } }] },
        { purl: 'pkg:pypi/b@2.0', hashes: { sha256: HASH }, evidence: [{ method: 'lockfile', confidence: 1 }] },
      ],
    })
  })

  it('that was compiled says what is there for what', () => {
    const text = `web==2.1\n    # via -r requirements.in\nsmall==1.0\n    # via\n    #   other\n    #   web (pyproject.toml)\nother==3.0  # via web\n# a closing remark\n`
    const found = catalogTexts(pythonCataloger, { 'requirements.txt': text, 'requirements.in': 'web>=2\n' })
    expect(shownEdges(found)).toEqual(['pypi/other@3.0 > pypi/small@1.0', 'pypi/web@2.1 > pypi/other@3.0', 'pypi/web@2.1 > pypi/small@1.0'])
    expect(shownComponents(found)).toHaveLength(3)
    expect(found.read.toSorted()).toEqual(['requirements.in', 'requirements.txt'])
  })

  it('includes others and takes versions from constraints', () => {
    const files = {
      'requirements/dev.txt': '-r base.txt\n-c ../constraints.txt\nchecker\n',
      'requirements/base.txt': 'web>=2\n',
    }
    expect(pythonCataloger.mentions?.('requirements/dev.txt', utf8(files['requirements/dev.txt']))).toEqual([
      'requirements/base.txt',
      'constraints.txt',
    ])
    const read = pythonCataloger.read(
      new Map(
        Object.entries({ ...files, 'constraints.txt': 'checker==9.0\nweb==2.5\n' }).map(([path, text]) => [path, { bytes: utf8(text) }]),
      ),
      'installed',
    )
    expect(shownComponents(read)).toEqual(['dev pypi/checker@9.0', 'dev pypi/web@2.5', 'required pypi/web'])
  })

  it('reads no file above the target, nor one that is elsewhere', () => {
    const text =
      '-r ../../etc/passwd\n-r /etc/passwd\n-c ~/x.txt\n--requirement=https://host.example/r.txt\n-r ${HOME}/x\n-r sub/../../up.txt\n-rsub/in.txt\n'
    expect(pythonCataloger.mentions?.('requirements.txt', utf8(text))).toEqual(['sub/in.txt'])
    expect(catalogTexts(pythonCataloger, { 'requirements.txt': text })).toMatchObject({ components: [], partial: ['requirements.txt'] })
  })

  it('that includes itself, or in a ring, ends', () => {
    const found = catalogTexts(pythonCataloger, {
      'requirements.txt': '-r requirements.txt\n-r requirements-b.txt\na==1\n',
      'requirements-b.txt': '-r requirements.txt\nb==1\n',
    })
    expect([...new Set(shownComponents(found))]).toEqual(['required pypi/a@1', 'required pypi/b@1'])
  })

  it('says of what is installed the version that is there', () => {
    const found = catalogTexts(pythonCataloger, {
      'app/requirements.txt': 'web>=2\nnot-there>=1\n',
      'usr/lib/python3/site-packages/web-2.5.dist-info/METADATA': 'Name: web\nVersion: 2.5\n',
    })
    expect(ranges(found)).toEqual(['not-there >=1', 'web@2.5'])
    const all = catalogTexts(pythonCataloger, {
      'app/requirements.txt': 'web>=2\n',
      'usr/lib/python3/site-packages/web-2.5.dist-info/METADATA': 'Name: web\nVersion: 2.5\n',
    })
    expect(all).toMatchObject({ partial: [], read: expect.arrayContaining(['app/requirements.txt']) })
  })

  it.each(['requirements.txt', 'requirements-dev.in', 'dev-requirements.txt', 'requirements/base.txt', 'a/b/requirements_x.txt'])(
    'is %s by its name',
    (path) => {
      expect(pythonCataloger.wants(path, 'runtime-closure')).toBe(true)
    },
  )

  it.each(['notes.txt', 'requirements.md', 'lib/python3/site-packages/x/requirements.txt'])('is not %s', (path) => {
    expect(pythonCataloger.wants(path, 'installed')).toBe(false)
  })

  it('keeps what it cannot name in mind', () => {
    expect(parseRequirementsFile('./local\n-e .\nlib.whl\n???\n').unnamed).toEqual(['./local', '.', 'lib.whl', '???'])
  })

  it('does not take long for long lines', () => {
    for (const text of [
      'a'.repeat(1_000_000),
      `a==1 ${'--hash=x '.repeat(100_000)}`,
      'a \\\n'.repeat(100_000),
      `${' '.repeat(500_000)}#`,
      `a${' '.repeat(500_000)}b`,
      `a @ ${'x;'.repeat(300_000)}`,
    ]) {
      expect(parseRequirementsFile(text).lines.length).toBeLessThan(2)
    }
  })
})

describe('a pyproject.toml without a lockfile', () => {
  it('names what the project asks for, with its ranges, and is read in part', () => {
    const found = catalogTexts(pythonCataloger, {
      'pyproject.toml':
        '[project]\nname = "app"\nversion = "1"\ndependencies = ["web>=2,<3", "pinned==1.0"]\n[project.optional-dependencies]\nx = ["opt"]\n',
    })
    expect(ranges(found)).toEqual(['pinned@1.0', 'web >=2,<3'])
    expect(shownEdges(found)).toEqual(['pypi/app@1 > pypi/pinned@1.0', 'pypi/app@1 > pypi/web'])
    expect(found).toMatchObject({ partial: ['pyproject.toml'], read: [] })
  })

  it("understands poetry's own table", () => {
    const text =
      '[tool.poetry]\nname = "app"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.8"\nweb = "^2.1"\ngit = {git = "https://host.example/x.git"}\n[tool.poetry.group.dev.dependencies]\nchecker = "*"\n'
    expect(ranges(catalogTexts(pythonCataloger, { 'pyproject.toml': text }))).toEqual([
      'git?vcs_url=git%2Bhttps:%2F%2Fhost.example%2Fx.git',
      'web ^2.1',
    ])
  })

  it('whose needs are all installed is read', () => {
    const found = catalogTexts(pythonCataloger, {
      'pyproject.toml': '[project]\nname = "app"\nversion = "1"\ndependencies = ["web>=2"]\n',
      '.venv/lib/python3/site-packages/web-2.5.dist-info/METADATA': 'Name: web\nVersion: 2.5\n',
    })
    expect(shownEdges(found)).toEqual(['pypi/app@1 > pypi/web@2.5'])
    expect(found.partial).toEqual([])
  })

  it('that only configures tools declares nothing', () => {
    expect(catalogTexts(pythonCataloger, { 'pyproject.toml': '[tool.black]\nline-length = 1\n' })).toMatchObject({
      components: [],
      read: ['pyproject.toml'],
      partial: [],
    })
  })
})
