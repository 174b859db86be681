import { basename, join } from 'node:path'
import type { Deps } from '../kernel/deps.ts'
import { parseJson } from '../kernel/json.ts'
import { readFileIfThere } from '../kernel/read-file.ts'

export type ProjectKind = 'npm' | 'python' | 'go' | 'rust' | 'maven' | 'gradle' | 'docker'

/** A way to build the project at hand, and from which file each fact was taken. */
export type DetectedProject = {
  readonly kind: ProjectKind
  /** The file that tells the kind. */
  readonly because: string
  readonly name: string
  /** As tally.yaml writes it: a text or `file:…#/pointer`. */
  readonly version: string
  readonly run: string
  readonly output: string
  readonly type: 'file' | 'image'
  readonly lockfiles: readonly string[]
  /** What a person must check, one line each. */
  readonly notes: readonly string[]
}

type Look = {
  readonly dir: string
  readonly text: (file: string) => Promise<string | undefined>
  readonly list: (dir: string) => Promise<readonly string[]>
}

/** Every way the files of a directory can be built, in a fixed order. Reads only the named files; runs nothing. */
export async function detectProject(deps: Pick<Deps, 'fs'>, dir: string): Promise<readonly DetectedProject[]> {
  const look: Look = { dir, text: (file) => readText(deps, join(dir, file)), list: (sub) => listNames(deps, join(dir, sub)) }
  const found = await Promise.all([npm, python, go, rust, maven, gradle, docker].map((detect) => detect(look)))
  return found.filter((each) => each !== undefined)
}

/** How what each lockfile names is installed; the first that is there counts. */
const NPM_INSTALLS: Readonly<Record<string, string>> = {
  'package-lock.json': 'npm ci --ignore-scripts',
  'npm-shrinkwrap.json': 'npm ci --ignore-scripts',
  'pnpm-lock.yaml': 'pnpm install --frozen-lockfile --ignore-scripts',
  'yarn.lock': 'yarn install --frozen-lockfile --ignore-scripts',
  'bun.lock': 'bun install --frozen-lockfile --ignore-scripts',
}

async function npm(look: Look): Promise<DetectedProject | undefined> {
  const text = await look.text('package.json')
  if (text === undefined) return undefined
  const manifest = parseJson(new TextEncoder().encode(text), 'package.json', { code: 'config-invalid' })
  const field = (name: string): unknown =>
    typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest) ? (manifest as Record<string, unknown>)[name] : undefined
  const scripts = field('scripts')
  const builds = typeof scripts === 'object' && scripts !== null && 'build' in scripts
  const lock = await firstOf(look, Object.keys(NPM_INSTALLS))
  const install = lock === undefined ? 'npm install --ignore-scripts --no-package-lock --no-audit --no-fund' : NPM_INSTALLS[lock]
  const version = field('version')
  const pack = 'npm pack --pack-destination "$TALLY_OUT"'
  const run = builds ? `${install} && npm run build && ${pack}` : pack
  return {
    kind: 'npm',
    because: 'package.json',
    name: safeName(typeof field('name') === 'string' ? String(field('name')) : basename(look.dir)),
    version: typeof version === 'string' ? 'file:package.json#/version' : '0.0.0',
    run,
    output: '$TALLY_OUT/*.tgz',
    type: 'file',
    lockfiles: lock === undefined ? [] : [lock],
    notes: [
      'name and version: from package.json',
      builds
        ? 'build: package.json has a `build` script; it runs before `npm pack`. node_modules/ and what it writes must be ignored by git'
        : 'build: package.json has no `build` script, so `npm pack` alone',
      lock === undefined
        ? 'no lockfile: the SBOM will say its completeness is unknown, and prod is denied until that is waived'
        : `SBOM: from ${lock}`,
    ],
  }
}

async function python(look: Look): Promise<DetectedProject | undefined> {
  const text = await look.text('pyproject.toml')
  const because = text === undefined ? await firstOf(look, ['setup.py', 'setup.cfg']) : 'pyproject.toml'
  if (because === undefined) return undefined
  const table = text === undefined ? '' : tomlTable(text, 'project')
  const version = tomlString(table, 'version')
  const lock = await firstOf(look, ['pylock.toml', 'uv.lock', 'poetry.lock', 'pdm.lock', 'Pipfile.lock', 'requirements.txt'])
  return {
    kind: 'python',
    because,
    name: safeName(tomlString(table, 'name') ?? basename(look.dir)),
    version: version ?? '0.0.0',
    run: 'python3 -m pip wheel --no-deps --wheel-dir "$TALLY_OUT" .',
    output: '$TALLY_OUT/*.whl',
    type: 'file',
    lockfiles: lock === undefined ? [] : [lock],
    notes: [...versionNotes(because, version, lock), 'build/ and *.egg-info/ must be ignored by git, or the build makes the tree dirty'],
  }
}

async function go(look: Look): Promise<DetectedProject | undefined> {
  const text = await look.text('go.mod')
  if (text === undefined) return undefined
  const module = /^module[ \t]+"?([^\s"]+)/m.exec(text)?.[1] ?? basename(look.dir)
  const name = safeName(
    module
      .replace(/\/v\d+$/, '')
      .split('/')
      .at(-1) ?? 'app',
  )
  const commands = (await look.text('main.go')) === undefined ? await look.list('cmd') : []
  const main = commands.length === 1 ? `./cmd/${commands[0]}` : '.'
  return {
    kind: 'go',
    because: 'go.mod',
    name,
    version: '0.0.0',
    run: `go build -trimpath -buildvcs=false -o "$TALLY_OUT/${name}" ${main}`,
    output: `$TALLY_OUT/${name}`,
    type: 'file',
    lockfiles: (await look.text('go.sum')) === undefined ? [] : ['go.sum'],
    notes: [
      'name: last part of the module path in go.mod',
      'version: go.mod has none; write yours into tally.yaml',
      commands.length > 1
        ? `build: there are several commands under cmd/ (${commands.slice(0, 5).join(', ')}); put the one you ship into build.run`
        : `build: package ${main}`,
    ],
  }
}

async function rust(look: Look): Promise<DetectedProject | undefined> {
  const text = await look.text('Cargo.toml')
  if (text === undefined) return undefined
  const table = tomlTable(text, 'package')
  const name = tomlString(table, 'name') ?? basename(look.dir)
  const version = tomlString(table, 'version')
  const lock = await firstOf(look, ['Cargo.lock'])
  return {
    kind: 'rust',
    because: 'Cargo.toml',
    name: safeName(name),
    version: version ?? '0.0.0',
    run: `cargo build --release --locked --target-dir "$TALLY_OUT/target" && cp "$TALLY_OUT/target/release/${name}" "$TALLY_OUT/"`,
    output: `$TALLY_OUT/${name}`,
    type: 'file',
    lockfiles: lock === undefined ? [] : [lock],
    notes: versionNotes('Cargo.toml', version, lock),
  }
}

async function maven(look: Look): Promise<DetectedProject | undefined> {
  const text = await look.text('pom.xml')
  if (text === undefined) return undefined
  const own = text.replace(/<(parent|dependencies|build|profiles|properties|dependencyManagement)>[\s\S]*?<\/\1>/g, '')
  const version = /<version>([A-Za-z0-9._-]{1,100})<\/version>/.exec(own)?.[1]
  return {
    kind: 'maven',
    because: 'pom.xml',
    name: safeName(/<artifactId>([A-Za-z0-9._-]{1,100})<\/artifactId>/.exec(own)?.[1] ?? basename(look.dir)),
    version: version ?? '0.0.0',
    run: 'mvn --quiet --batch-mode -DskipTests package && cp target/*.jar "$TALLY_OUT/"',
    output: '$TALLY_OUT/*.jar',
    type: 'file',
    lockfiles: ['pom.xml'],
    notes: [...versionNotes('pom.xml', version, 'pom.xml'), 'target/ must be ignored by git, or the build makes the tree dirty'],
  }
}

async function gradle(look: Look): Promise<DetectedProject | undefined> {
  const because = await firstOf(look, ['build.gradle.kts', 'build.gradle'])
  if (because === undefined) return undefined
  const text = (await look.text(because)) ?? ''
  const version = /^version[ \t]{0,40}=?[ \t]{0,40}["']([A-Za-z0-9._-]{1,100})["']/m.exec(text)?.[1]
  const settings = (await look.text('settings.gradle.kts')) ?? (await look.text('settings.gradle')) ?? ''
  const lock = await firstOf(look, ['gradle.lockfile'])
  const command = (await look.text('gradlew')) === undefined ? 'gradle' : './gradlew'
  return {
    kind: 'gradle',
    because,
    name: safeName(/rootProject\.name\s*=\s*["']([^"']{1,100})["']/.exec(settings)?.[1] ?? basename(look.dir)),
    version: version ?? '0.0.0',
    run: `${command} --quiet jar && cp build/libs/*.jar "$TALLY_OUT/"`,
    output: '$TALLY_OUT/*.jar',
    type: 'file',
    lockfiles: lock === undefined ? [] : [lock],
    notes: [...versionNotes(because, version, lock), 'build/ must be ignored by git, or the build makes the tree dirty'],
  }
}

async function docker(look: Look): Promise<DetectedProject | undefined> {
  const because = await firstOf(look, ['Dockerfile', 'Containerfile'])
  if (because === undefined) return undefined
  return {
    kind: 'docker',
    because,
    name: safeName(basename(look.dir)),
    version: '0.0.0',
    run: `docker buildx build --file ${because} --output type=oci,dest="$TALLY_OUT/image.tar" .`,
    output: '$TALLY_OUT/image.tar',
    type: 'image',
    lockfiles: [],
    notes: ['name: from the directory', `version: ${because} has none; write yours into tally.yaml`, 'SBOM: from the layers of the image'],
  }
}

function versionNotes(file: string, version: string | undefined, lock: string | undefined): string[] {
  return [
    version === undefined
      ? `version: ${file} has none that can be read; write yours into tally.yaml`
      : `name and version: from ${file}; change the version in both places`,
    lock === undefined
      ? 'no lockfile: the SBOM will say its completeness is unknown, and prod is denied until that is waived'
      : `SBOM: from ${lock}`,
  ]
}

async function firstOf(look: Look, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if ((await look.text(file)) !== undefined) return file
  return undefined
}

/** The lines of one table of a TOML file; enough for the name and version lines, which are never nested. */
function tomlTable(text: string, table: string): string {
  const lines = text.split(/\r?\n/)
  const start = lines.findIndex((line) => line.trim() === `[${table}]`)
  if (start === -1) return ''
  const end = lines.findIndex((line, at) => at > start && line.trimStart().startsWith('['))
  return lines.slice(start + 1, end === -1 ? undefined : end).join('\n')
}

const TOML_FIELDS = {
  name: /^name[ \t]*=[ \t]*["']([^"'\n]{1,100})["']/m,
  version: /^version[ \t]*=[ \t]*["']([^"'\n]{1,100})["']/m,
}

function tomlString(table: string, key: keyof typeof TOML_FIELDS): string | undefined {
  const value = TOML_FIELDS[key].exec(table)?.[1]
  return value !== undefined && /^[A-Za-z0-9._+-]+$/.test(value) ? value : undefined
}

/** A name tally.yaml takes, from any: `@scope/pkg` becomes `scope-pkg`. */
function safeName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 64)
  return name === '' ? 'app' : name
}

async function readText(deps: Pick<Deps, 'fs'>, path: string): Promise<string | undefined> {
  const bytes = await readFileIfThere(deps, path, 'fileReadBytes')
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

async function listNames(deps: Pick<Deps, 'fs'>, dir: string): Promise<readonly string[]> {
  try {
    const entries = await deps.fs.readdir(dir, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() && /^[A-Za-z0-9._-]+$/.test(entry.name))
      .map((entry) => entry.name)
      .toSorted()
  } catch {
    // No such directory: no commands in it.
    return []
  }
}
