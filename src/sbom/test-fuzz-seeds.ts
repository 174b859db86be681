import type { CatalogMode } from './catalogers/cataloger.ts'
import { INSPECTED_SEEDS, OTHER_SEEDS } from './test-fuzz-seeds-rest.ts'

/** A valid file to be spoilt, and what lies beside it. */
export type FuzzSeed = {
  readonly path: string
  readonly mode: CatalogMode
  readonly beside?: Readonly<Record<string, string>>
} & ({ readonly text: string } | { readonly bytes: Uint8Array })

/** Of systems, JavaScript, Python, Go and Rust. */
const FIRST_SEEDS: readonly FuzzSeed[] = [
  {
    path: 'package-lock.json',
    mode: 'runtime-closure',
    text: JSON.stringify({
      name: 'app',
      lockfileVersion: 3,
      packages: {
        '': { name: 'app', workspaces: ['p/*'], dependencies: { a: '1' } },
        'p/w': { name: 'w', version: '1.0.0', dependencies: { a: '1' } },
        'node_modules/w': { resolved: 'p/w', link: true },
        'node_modules/a': {
          version: '1.0.0',
          resolved: 'git+ssh://git@host.example/a.git#01',
          integrity: 'sha1-AAAA',
          license: 'MIT',
          optional: true,
        },
      },
    }),
  },
  {
    path: 'npm-shrinkwrap.json',
    mode: 'runtime-closure',
    text: '{"lockfileVersion":1,"dependencies":{"a":{"version":"npm:b@1","requires":{"c":"1"},"dependencies":{"c":{"version":"1","dev":true}}}}}',
  },
  {
    path: 'node_modules/a/package.json',
    mode: 'installed',
    text: '{"name":"@s/a","version":"1.0.0","license":{"type":"MIT"},"dependencies":{"b":"1"},"peerDependenciesMeta":{"b":{"optional":true}}}',
    beside: { 'package.json': '{"name":"app","dependencies":{"a":"1"}}' },
  },
  {
    path: 'var/lib/dpkg/status',
    mode: 'installed',
    text: 'Package: a\nStatus: install ok installed\nArchitecture: amd64\nSource: s (1:2-3)\nVersion: 1:2-3\nDepends: a (>= 1) | b:any, c\nProvides: c (= 1)\n\nPackage: b\nVersion: 2\n',
    beside: { 'etc/os-release': 'ID=debian\nVERSION_ID="12"\n' },
  },
  {
    path: 'etc/os-release',
    mode: 'installed',
    text: 'PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\n',
    beside: { 'var/lib/dpkg/status': 'Package: a\nVersion: 1\n' },
  },
  {
    path: 'lib/apk/db/installed',
    mode: 'installed',
    text: 'P:a\nV:1.0-r0\nA:x86_64\nL:MIT AND BSD-2-Clause\no:src\nD:b so:libc.so.1 !c /bin/sh\np:cmd:a=1.0-r0\nF:bin\nR:a\n\nP:b\nV:2-r1\nF:\nR:x\n\n',
    beside: { 'etc/os-release': 'ID=alpine\nVERSION_ID=3.22.1\n' },
  },
  {
    path: 'pnpm-lock.yaml',
    mode: 'runtime-closure',
    text: "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        version: b@1.0.0(c@2.0.0)\n      l:\n        specifier: '*'\n        version: link:p/l\n  p/l: {}\npackages:\n  b@1.0.0:\n    resolution: {integrity: sha512-AAAA, tarball: 'https://host.example/x.tgz'}\n    deprecated: >-\n      old\nsnapshots:\n  b@1.0.0(c@2.0.0):\n    dependencies:\n      c: 2.0.0\n    optional: true\n",
    beside: { 'package.json': '{"name":"app"}', 'p/l/package.json': '{"name":"l"}' },
  },
  {
    path: 'pnpm-lock.yaml',
    mode: 'installed',
    text: 'lockfileVersion: 5.4\ndependencies:\n  a: 1.0.0_b@2.0.0\nspecifiers: {a: ^1}\npackages:\n  /a/1.0.0_b@2.0.0:\n    resolution: {integrity: sha1-AAAA}\n    dev: true\n  file:x:\n    name: x\n    resolution: {directory: x, type: directory}\n',
    beside: { 'node_modules/a/package.json': '{"name":"a","version":"1.0.0"}' },
  },
  {
    path: 'yarn.lock',
    mode: 'installed',
    text: '# yarn lockfile v1\n\n"@s/a@^1", b@npm:c@1:\n  version "1.0.0"\n  resolved "git+ssh://git@host.example/a.git#01"\n  integrity sha512-AAAA\n  dependencies:\n    "b" "npm:c@1"\n\nl@file:./x:\n  version "1"\n',
    beside: { 'package.json': '{"name":"app","workspaces":["p/*"],"dependencies":{"@s/a":"^1"}}', 'p/w/package.json': '{"name":"w"}' },
  },
  {
    path: 'yarn.lock',
    mode: 'runtime-closure',
    text: '__metadata:\n  version: 8\n\n"a@npm:^1, a@npm:^2":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0::__archiveUrl=https%3A%2F%2Fhost.example%2Fa.tgz"\n  dependencies:\n    w: "workspace:^"\n  peerDependencies:\n    w: "*"\n\n"w@workspace:p/w":\n  version: 0.0.0-use.local\n  resolution: "w@workspace:p/w"\n  dependencies:\n    a: ^1\n',
    beside: { 'package.json': '{"name":"app","workspaces":["p/*"]}', 'p/w/package.json': '{"name":"w","devDependencies":{"a":"^1"}}' },
  },
  {
    path: 'bun.lock',
    mode: 'installed',
    text: '{"lockfileVersion":1,"workspaces":{"":{"name":"app","dependencies":{"a":"1","w":"*"}},"p/w":{"name":"w","peerDependencies":{"a":"*"},"optionalPeers":["a"]}},"packages":{"a":["a@1.0.0","",{"dependencies":{"b":"1"}},"sha512-AAAA"],"a/b":["b@github:o/r#01",{},"01"],"f":["f@file:f",{}],"w":["w@workspace:p/w"]}}',
  },
  {
    path: 'deno.lock',
    mode: 'runtime-closure',
    text: '{"version":"5","specifiers":{"jsr:@s/a@1":"1.0.0","npm:b@1":"1.0.0_c@2.0.0"},"jsr":{"@s/a@1.0.0":{"integrity":"00","dependencies":["jsr:@s/a"]}},"npm":{"b@1.0.0_c@2.0.0":{"integrity":"sha512-AAAA","dependencies":["x@npm:c@2.0.0","b"]}},"remote":{"https://host.example/a.ts":"00"},"workspace":{"dependencies":["npm:b@1"],"members":{"m":{"dependencies":["jsr:@s/a@1"]}}}}',
    beside: { 'deno.json': '{"name":"@s/app"}' },
  },
  {
    path: 'poetry.lock',
    mode: 'runtime-closure',
    text: '[[package]]\nname = "a"\nversion = "1.0"\noptional = true\ngroups = ["main"]\nfiles = [{file = "a.whl", hash = "sha256:00"}]\n[package.dependencies]\nb = {version = "*", optional = true, extras = ["x"]}\n[package.extras]\nx = ["b (>=1)"]\n[package.source]\ntype = "git"\nurl = "https://host.example/a.git"\nresolved_reference = "01"\n[metadata]\nlock-version = "2.1"\n',
    beside: { 'pyproject.toml': '[project]\nname = "app"\ndependencies = ["a[x]>=1"]\n' },
  },
  {
    path: 'uv.lock',
    mode: 'installed',
    text: 'version = 1\n[[package]]\nname = "app"\nsource = { virtual = "." }\ndependencies = [{ name = "a", extra = ["x"] }]\n[package.dev-dependencies]\ndev = [{ name = "a" }]\n[[package]]\nname = "a"\nversion = "1.0"\nsource = { git = "https://host.example/a?rev=x#01" }\nwheels = [{ url = "https://host.example/a.whl", hash = "sha256:00" }]\n',
    beside: { '.venv/site-packages/a-1.0.dist-info/METADATA': 'Name: a\nVersion: 1.0\n' },
  },
  {
    path: 'pdm.lock',
    mode: 'installed',
    text: '[metadata]\nlock_version = "4.5.0"\n[[package]]\nname = "a"\nversion = "1"\ngroups = ["default", "dev"]\ndependencies = ["b>=1; extra == \\"x\\""]\nfiles = [{url = "https://host.example/a.whl", hash = "sha256:00"}]\n[[package]]\nname = "b"\npath = "./b"\n',
  },
  {
    path: 'pylock.toml',
    mode: 'installed',
    text: 'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\nmarker = "\'x\' in extras"\ndependencies = [{ name = "b" }]\nwheels = [{ url = "https://host.example/a.whl", hashes = { sha256 = "00" } }]\n[[packages]]\nname = "b"\ndirectory = { path = "b" }\n',
  },
  {
    path: 'Pipfile.lock',
    mode: 'installed',
    text: '{"default":{"a":{"hashes":["sha256:00"],"version":"==1.0"},"g":{"git":"https://host.example/g.git","ref":"01"}},"develop":{"b":{"version":"==1"}}}',
    beside: { Pipfile: '[packages]\na = "*"\n' },
  },
  {
    path: 'requirements.txt',
    mode: 'installed',
    text: '-r requirements-b.txt\n-c c.txt\na[x]>=1,<2 ; python_version < "3" # via b\nb==1.0 \\\n  --hash=sha256:00\n  # via\n  #   a\n-e git+https://host.example/c.git@v1#egg=c\nd @ https://host.example/d.whl\n',
    beside: { 'requirements-b.txt': 'e~=1.0\n' },
  },
  {
    path: 'pyproject.toml',
    mode: 'installed',
    text: '[project]\nname = "app"\nversion = "1"\ndependencies = ["a>=1"]\n[tool.poetry.dependencies]\nb = [{version = "^1"}, {git = "https://host.example/b"}]\n[dependency-groups]\ndev = ["c"]\n',
    beside: { 'x.dist-info/METADATA': 'Name: a\nVersion: 1\n' },
  },
  {
    path: 'x.dist-info/METADATA',
    mode: 'installed',
    text: 'Metadata-Version: 2.1\nName: a.b\nVersion: 1.0\nLicense: MIT\nClassifier: License :: OSI Approved :: MIT License\nRequires-Dist: b (>=1) ; extra == "x"\n\nText\n',
    beside: { 'x.dist-info/direct_url.json': '{"url":"https://host.example/a.git","vcs_info":{"commit_id":"01"}}' },
  },
  {
    path: 'x.dist-info/direct_url.json',
    mode: 'installed',
    text: '{"url":"https://host.example/a.whl","archive_info":{"hash":"sha256=00","hashes":{"sha256":"00"}}}',
    beside: { 'x.dist-info/METADATA': 'Name: a\nVersion: 1\n' },
  },
  {
    path: 'go.mod',
    mode: 'runtime-closure',
    text: 'module example.com/app/v2\n\ngo 1.22\n\nrequire (\n\ta.example/b v1.0.0 // indirect\n\t"c.example/d" v0.0.0-20240102030405-0123456789ab\n)\nreplace c.example/d => ./d\nreplace a.example/b v1.0.0 => e.example/f v1.0.1\n',
    beside: { 'go.sum': `a.example/b v1.0.0 h1:${'A'.repeat(43)}=\n`, 'd/go.mod': 'module x\n' },
  },
  {
    path: 'Cargo.lock',
    mode: 'runtime-closure',
    text: 'version = 4\n[[package]]\nname = "app"\nversion = "0.1.0"\ndependencies = ["a 1.0.0", "b"]\n[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "git+https://host.example/a?branch=x#01"\nchecksum = "00"\n[[package]]\nname = "b"\nversion = "1"\nsource = "registry+x"\n',
    beside: { 'Cargo.toml': '[package]\nname = "app"\n[dependencies]\na = "1"\n' },
  },
  {
    path: 'Cargo.toml',
    mode: 'installed',
    text: '[package]\nname = "app"\nversion = "0.1.0"\n[dependencies]\na = { package = "b", version = "=1.0.0", optional = true }\n[target."cfg(unix)".dev-dependencies]\nc = { workspace = true }\n[workspace]\nmembers = ["x"]\n[workspace.dependencies]\nc = "1"\n',
  },
]

/** For tests: one valid file of every kind a cataloger reads, to be spoilt. A new cataloger adds its own, or a test says so. */
export const FUZZ_SEEDS: readonly FuzzSeed[] = [...FIRST_SEEDS, ...OTHER_SEEDS, ...INSPECTED_SEEDS]
