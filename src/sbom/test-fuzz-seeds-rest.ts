import { deflateSync } from 'node:zlib'
import { concatBytes } from '../kernel/bytes.ts'
import { zipBytes } from './archive/zip-fixture.ts'
import { inlineInfo } from './catalogers/go-binary/go-fixture.ts'
import { ggufBytes, safetensorsBytes } from './catalogers/ml-model/model-fixture.ts'
import { ndbBytes, rpmHeader } from './catalogers/rpm/rpm-fixture.ts'
import { elfBytes } from './executable/executable-fixture.ts'
import { toCycloneDx } from './formats/cyclonedx/write.ts'
import { SAMPLE } from './formats/test-sbom.ts'
import type { FuzzSeed } from './test-fuzz-seeds.ts'

const AUDIT = deflateSync('{"packages":[{"name":"app","version":"0.3.0","source":"local","root":true}]}')

/** Of ecosystems with one file each. */
export const OTHER_SEEDS: readonly FuzzSeed[] = [
  {
    path: 'pom.xml',
    mode: 'installed',
    text: '<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent><artifactId>a</artifactId><properties><v>2</v></properties><dependencies><dependency><groupId>x</groupId><artifactId>y</artifactId><version>${v}</version><scope>test</scope></dependency></dependencies></project>',
  },
  {
    path: 'gradle.lockfile',
    mode: 'installed',
    text: '# comment\ncom.google:guava:31.1-jre=runtimeClasspath,testRuntime\nempty=annotationProcessor\n',
  },
  {
    path: 'packages.lock.json',
    mode: 'installed',
    text: '{"version":1,"dependencies":{"net8.0":{"A":{"type":"Direct","resolved":"3.1.1","contentHash":"AAAA","dependencies":{"B":"1"}},"B":{"type":"Transitive","resolved":"1.0"},"c":{"type":"Project"}}}}',
    beside: { 'App.csproj': '<Project/>' },
  },
  {
    path: 'app/App.deps.json',
    mode: 'installed',
    text: '{"runtimeTarget":{"name":".NETCoreApp,Version=v8.0"},"targets":{".NETCoreApp,Version=v8.0":{"App/1.0.0":{"dependencies":{"A":"1.0"}},"A/1.0":{}}},"libraries":{"App/1.0.0":{"type":"project"},"A/1.0":{"type":"package","sha512":"sha512-AAAA"}}}',
  },
  {
    path: 'Gemfile.lock',
    mode: 'installed',
    text: 'GEM\n  remote: https://gems.example/\n  specs:\n    nokogiri (1.15.4-x86_64-linux)\n      racc (~> 1.4)\n    racc (1.7.1)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  nokogiri\n\nCHECKSUMS\n  racc (1.7.1) sha256=00\n\nBUNDLED WITH\n   2.5.0\n',
  },
  {
    path: 'usr/lib/ruby/specifications/rails-7.1.0.gemspec',
    mode: 'installed',
    text: '# stub: rails 7.1.0 ruby lib\nGem::Specification.new do |s|\n  s.name = "rails".freeze\n  s.licenses = ["MIT".freeze]\n  s.add_dependency(%q<rake>.freeze, ["~> 13.0"])\nend\n',
    beside: { 'usr/lib/ruby/specifications/rake-13.0.6.gemspec': '# stub: rake 13.0.6 ruby lib\n' },
  },
  {
    path: 'composer.lock',
    mode: 'installed',
    text: '{"packages":[{"name":"A/b","version":"v1","source":{"type":"git","url":"https://h.example/x.git","reference":"01"},"dist":{"type":"zip","url":"https://h.example/x.zip","shasum":"00"},"require":{"c/d":"^1"},"license":["MIT"]}],"packages-dev":[{"name":"c/d","version":"1","provide":{"e/f":"1"}}]}',
    beside: { 'composer.json': '{"name":"x/app","require":{"a/b":"^1"}}' },
  },
  {
    path: 'vendor/composer/installed.json',
    mode: 'installed',
    text: '{"packages":[{"name":"a/b","version":"1","license":"MIT"}],"dev":true,"dev-package-names":["a/b"]}',
  },
  {
    path: 'Podfile.lock',
    mode: 'installed',
    text: 'PODS:\n  - A (4.0.1):\n    - A/B (= 4.0.1)\n  - A/B (4.0.1)\n  - "Q+P (1.0)"\n\nDEPENDENCIES:\n  - A (~> 4.0)\n\nSPEC CHECKSUMS:\n  A: 3bd2\n',
  },
  {
    path: 'conan.lock',
    mode: 'installed',
    text: '{"graph_lock":{"nodes":{"0":{"requires":["1"],"path":"x"},"1":{"ref":"poco/1.12.4@a/s#r:p#q"}}},"version":"0.4","requires":["zlib/1.3.1#0f%170"]}',
  },
  {
    path: 'pubspec.lock',
    mode: 'installed',
    text: 'packages:\n  async:\n    dependency: transitive\n    description:\n      name: async\n      sha256: "00"\n      url: "https://pub.example"\n    source: hosted\n    version: "2.11.0"\n  f:\n    description: {url: "https://h.example/f.git", resolved-ref: "01"}\n    source: git\n    version: "1"\n',
  },
  {
    path: 'mix.lock',
    mode: 'installed',
    text: '%{\n  "p": {:hex, :p, "1.7.10", "00", [:mix], [{:plug, "~> 1.14", [hex: :plug, optional: false]}], "hexpm", "00"}, # c\n  plug: {:hex, :plug, "1.15.2"},\n  "g": {:git, "https://h.example/g.git", "01", [branch: "main"]},\n}\n',
  },
  {
    path: 'cabal.project.freeze',
    mode: 'installed',
    text: 'constraints: any.aeson ==2.1.0.0,\n             aeson -cffi,\n             text ==2.0.1\nindex-state: x\n',
  },
  {
    path: 'stack.yaml.lock',
    mode: 'installed',
    text: 'packages:\n- completed:\n    hackage: HTTP-1.0.2@sha256:00,12\n  original:\n    hackage: HTTP-1.0.2\n- completed:\n    name: f\n    version: 0.1.0\n    git: https://h.example/f.git\n    commit: 01\nsnapshots: []\n',
  },
  {
    path: 'Manifest.toml',
    mode: 'installed',
    text: 'julia_version = "1.9.0"\nmanifest_format = "2.0"\n[[deps.JSON]]\ndeps = ["Dates"]\nuuid = "682c06a0-de6a-54ab-a142-c8b1cf79cde6"\nversion = "0.21.4"\n[[deps.Dates]]\nuuid = "ade2ca70-3891-5945-98fb-dc099432e06a"\n',
  },
  {
    path: 'usr/lib/R/library/cli/DESCRIPTION',
    mode: 'installed',
    text: 'Package: cli\nVersion: 3.6.2\nImports: utils,\n    rlang (>= 1)\nRepository: CRAN\nBuilt: R 4.3.2\n',
  },
  {
    path: 'renv.lock',
    mode: 'installed',
    text: '{"Packages":{"cli":{"Package":"cli","Version":"3.6.2","Source":"Repository","Requirements":["R","x"]},"x":{"Package":"x","Version":"1","Source":"GitHub","RemoteUsername":"a","RemoteRepo":"x","RemoteSha":"01"}}}',
  },
  {
    path: 'Package.resolved',
    mode: 'installed',
    text: '{"version":3,"pins":[{"identity":"nio","kind":"remoteSourceControl","location":"https://h.example/a/nio.git","state":{"revision":"01","version":"2.62.0"}},{"identity":"m.l","kind":"registry","location":"","state":{"version":"1"}}]}',
  },
  {
    path: 'vcpkg.json',
    mode: 'installed',
    text: '{"name":"app","version-semver":"1.0.0","dependencies":["fmt",{"name":"zlib","version>=":"1.3"}],"overrides":[{"name":"fmt","version":"10.1.0"}]}',
  },
  {
    path: 'vcpkg_installed/vcpkg/status',
    mode: 'installed',
    text: 'Package: curl\nVersion: 8.5.0\nPort-Version: 2\nDepends: zlib\nArchitecture: x64-linux\nStatus: install ok installed\n\nPackage: zlib\nVersion: 1.3\nArchitecture: x64-linux\nStatus: install ok installed\n',
  },
  {
    path: 'Dockerfile',
    mode: 'installed',
    text: 'ARG V=20 O="r.example:5000/t/b"\nFROM --platform=$P node:${V}-slim AS build\nRUN <<EOF\nFROM not\nEOF\nCOPY --from=t.example/c:1.2 /a /b\nFROM ${O:-x}\n',
  },
  {
    path: '.github/workflows/ci.yml',
    mode: 'installed',
    text: 'on: [push]\njobs:\n  build:\n    container: node:20\n    services:\n      db: {image: "d.example/p:16"}\n    steps:\n      - uses: actions/checkout@v4\n      - uses: docker://alpine:3.19\n',
  },
  {
    path: 'Chart.yaml',
    mode: 'installed',
    text: 'apiVersion: v2\nname: app\nversion: 1.2.0\ndependencies:\n  - name: p\n    version: ~13.2\n    repository: https://c.example/stable\n',
    beside: { 'Chart.lock': 'dependencies:\n- name: p\n  repository: https://c.example/stable\n  version: 13.2.24\n' },
  },
  {
    path: 'opt/Cellar/wget/1.21.4/INSTALL_RECEIPT.json',
    mode: 'installed',
    text: '{"source":{"tap":"homebrew/core"},"runtime_dependencies":[{"full_name":"openssl@3","version":"3.2.0","pkg_version":"3.2.0_1"}]}',
  },
  {
    path: '.terraform.lock.hcl',
    mode: 'installed',
    text: 'provider "r.example/h/net" {\n  version     = "5.31.0"\n  constraints = ">= 4.0.0"\n  hashes = [\n    "h1:abc=",\n  ]\n}\n',
  },
  {
    path: 'nix/var/nix/db/db.sqlite',
    mode: 'installed',
    text: 'SQLite format 3\0',
    beside: { [`nix/store/${'a'.repeat(32)}-hello-2.12.1/bin/hello`]: '' },
  },
  {
    path: 'usr/lib/opkg/status',
    mode: 'installed',
    text: 'Package: a\nVersion: 1.2.4-4\nDepends: b\nStatus: install user installed\nArchitecture: x\n\nPackage: b\nVersion: 1\nStatus: install user installed\n',
    beside: { 'usr/lib/opkg/info/a.list': '/bin/a\n' },
  },
  {
    path: 'var/lib/pacman/local/curl-8.5.0-1/desc',
    mode: 'installed',
    text: '%NAME%\ncurl\n\n%VERSION%\n8.5.0-1\n\n%ARCH%\nx86_64\n\n%LICENSE%\nMIT\n\n%DEPENDS%\nopenssl>=3.0\nlibz.so=1-64\n',
    beside: { 'var/lib/pacman/local/curl-8.5.0-1/files': '%FILES%\nusr/\nusr/bin/curl\n' },
  },
  {
    path: 'var/lib/rpm/Packages.db',
    mode: 'installed',
    bytes: ndbBytes(
      [
        { name: 'bash', requires: ['glibc'] },
        { name: 'glibc', provides: ['libc.so.6'] },
      ].map(rpmHeader),
    ),
  },
]

/** Of files that are looked into while their bytes pass. */
export const INSPECTED_SEEDS: readonly FuzzSeed[] = [
  {
    path: 'opt/app.jar',
    mode: 'installed',
    bytes: zipBytes([
      { path: 'META-INF/MANIFEST.MF', content: 'Implementation-Title: app\r\nImplementation-Version: 1.0\r\n\r\n' },
      { path: 'META-INF/maven/org.x/app/pom.properties', content: 'groupId=org.x\nartifactId=app\nversion=1.0\n' },
      {
        path: 'lib/core-1.1.jar',
        content: zipBytes([{ path: 'META-INF/maven/org.x/core/pom.properties', content: 'groupId=org.x\nartifactId=core\nversion=1.1\n' }]),
        stored: true,
      },
    ]),
  },
  {
    path: 'usr/share/doc/a/copyright',
    mode: 'installed',
    text: 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: x\nLicense: GPL-2+ and MIT\n\nLicense: MIT\n Permission is hereby granted\n',
    beside: { 'var/lib/dpkg/status': 'Package: a\nVersion: 1\n' },
  },
  { path: 'opt/java/release', mode: 'installed', text: 'IMPLEMENTOR="X"\nJAVA_VERSION="17.0.9"\nOS_NAME="Linux"\n' },
  {
    path: 'models/x.gguf',
    mode: 'installed',
    bytes: ggufBytes({ 'general.name': 'Tiny', 'general.license': 'mit', 'general.file_type': 15, 'tokenizer.tokens': ['a', 'b'] }),
  },
  {
    path: 'models/x.safetensors',
    mode: 'installed',
    bytes: safetensorsBytes({
      __metadata__: { format: 'pt', 'modelspec.title': 'T' },
      a: { dtype: 'F16', shape: [4, 8], data_offsets: [0, 64] },
    }),
  },
  { path: 'usr/share/sbom/x.cdx.json', mode: 'installed', bytes: toCycloneDx(SAMPLE) },
  {
    path: 'usr/bin/kubectl',
    mode: 'installed',
    bytes: elfBytes([
      { name: '.rodata', content: Buffer.from('\0v1.31.4\0nginx/1.22.1\0') },
      {
        name: '.go.buildinfo',
        content: inlineInfo('go1.22.3', 'path\ta.example/b\nmod\ta.example/b\t(devel)\t\ndep\tc.example/d\tv1.0.0\th1:AA=\n'),
        writable: true,
      },
    ]),
  },
  {
    path: 'usr/bin/node',
    mode: 'installed',
    bytes: elfBytes([
      { name: '.rodata', content: concatBytes([Buffer.from('\0node.js/v24.21.0\0'), new Uint8Array(64)]) },
      { name: '.dep-v0', content: AUDIT },
    ]),
  },
]
