import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { builtinModules, inAscii } from './builtin-modules.ts'
import { withoutDetours } from './without-detours.ts'
import { build as buildWithVite } from 'vite'

/** Packages that are compiled in: what every command that reads anything loads, and most of it is never used. Their licences go with them. */
const COMPILED_IN = ['zod', 'yaml']

/** What every run loads lies together with this. */
const START = 'src/cli/program.ts'

/**
 * Compiles the program into dist/: dist/tally.js, one chunk for what every run loads, one for verifying, and others for what each command
 * loads beside: a file costs more to find and open than to read. Other packages that package.json depends on stay outside. The
 * bytes depend on the sources and the lockfile only.
 */
export async function buildProgram(root: string): Promise<void> {
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  const packages = Object.keys(dependencies).filter((name) => !COMPILED_IN.includes(name))
  const start = await modulesOf(root, START)
  const bundle = await rolldown({
    cwd: root,
    input: {
      tally: 'src/cli/tally.ts',
      'chunks/unpack-worker': 'src/artifact/unpack-worker.ts',
      'chunks/scan-worker': 'src/sbom/scan-worker.ts',
    },
    platform: 'node',
    // The places of packages are written beside them: these must not depend on where the folder is.
    resolve: { symlinks: false },
    plugins: [builtinModules((id) => id.startsWith(join(root, 'src/'))), withoutDetours(), inAscii()],
    // Grouped chunks want it; nothing imports the entry.
    preserveEntrySignatures: 'allow-extension',
    external: (id) => id.startsWith('node:') || packages.some((name) => id === name || id.startsWith(`${name}/`)),
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(`rolldown: ${log.message}`)
    },
  })
  await rm(join(root, 'dist/chunks'), { recursive: true, force: true })
  await bundle.write({
    dir: join(root, 'dist'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: false,
    codeSplitting: {
      groups: [
        { name: 'start', test: (id) => start.has(id), priority: 3, includeDependenciesRecursively: false },
        { name: 'zod', test: /\/node_modules\/zod\//, priority: 2 },
        { name: 'verify', test: /\/src\/cli\/commands\/verify(?:-blob)?\.ts$/, priority: 1 },
      ],
    },
  })
  await bundle.close()
  await chmod(join(root, 'dist/tally.js'), 0o755)
  await writeFile(join(root, 'dist/chunks/LICENSES.txt'), await licencesOf(root))
}

/** The licences of what is compiled in. */
async function licencesOf(root: string): Promise<string> {
  const texts = await Promise.all(
    COMPILED_IN.map(async (name) => {
      const folder = join(root, 'node_modules', name)
      const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
      return `${name} ${version}\n\n${(await readFile(join(folder, 'LICENSE'), 'utf8')).trim()}\n`
    }),
  )
  return texts.join(`\n${'-'.repeat(72)}\n\n`)
}

const STATIC_IMPORT = /^(?:import|export)\s+(?!type\b)[^;'"]*?from\s+'(\.[^']+)'/gms

/** A file and all it imports, but for what is imported as it runs. */
async function modulesOf(root: string, start: string): Promise<Set<string>> {
  const found = new Set<string>()
  const add = async (file: string): Promise<void> => {
    if (found.has(file)) return
    found.add(file)
    for (const [, path = ''] of (await readFile(file, 'utf8')).matchAll(STATIC_IMPORT)) await add(join(dirname(file), path))
  }
  await add(join(root, start))
  return found
}

/** Builds the page into dist/web/, unless its sources and the lockfile are what they were. Out: whether it was built. */
export async function buildPage(root: string): Promise<boolean> {
  const remembered = join(root, 'dist/.page-inputs')
  const inputs = await hashOf(root, ['package-lock.json', ...(await filesBelow(root, 'web'))])
  const built = await readFile(remembered, 'utf8').catch(() => '')
  if (built === inputs) return false
  // Vite builds for development, file names included, where this says anything else.
  process.env['NODE_ENV'] = 'production'
  await mkdir(join(root, 'dist'), { recursive: true })
  const outDir = await mkdtemp(join(root, 'dist/.page-'))
  try {
    await buildWithVite({ root: join(root, 'web'), configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn', build: { outDir } })
    await chmod(outDir, 0o755)
    await rm(remembered, { force: true })
    await replaceFolder(outDir, join(root, 'dist/web'))
    await writeFile(remembered, inputs)
  } finally {
    await rm(outDir, { recursive: true, force: true })
  }
  return true
}

/** Puts a finished folder in the place of another, whole. Where somebody else did the same in between, theirs may stay: it is the same. */
async function replaceFolder(made: string, place: string): Promise<void> {
  await rm(place, { recursive: true, force: true })
  await rename(made, place).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
}

const ALWAYS_PACKED = ['README.md', 'LICENSE']

/**
 * Lays what package.json names under `files` into dist/package/, ready for `npm pack ./dist/package`: npm packs the modes it
 * finds, and those of a clone depend on the umask. The package.json there has lost what only a clone can use.
 */
export async function stagePackage(root: string): Promise<void> {
  const stage = join(root, 'dist/package')
  await rm(stage, { recursive: true, force: true })
  const { devDependencies, scripts, workspaces, ...kept } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    files: readonly string[]
  } & Record<string, unknown>
  for (const name of [...ALWAYS_PACKED, ...kept.files]) {
    const found = await stat(join(root, name)).catch(() => undefined)
    if (found === undefined) throw new Error(`${name} is to be packed, and is not there`)
    for (const file of found.isDirectory() ? await filesBelow(root, name) : [name]) {
      const copy = join(stage, file)
      await mkdir(dirname(copy), { recursive: true })
      await copyFile(join(root, file), copy)
      await chmod(copy, file === 'dist/tally.js' ? 0o755 : 0o644)
    }
  }
  await writeFile(join(stage, 'package.json'), `${JSON.stringify(kept, undefined, 2)}\n`)
  await chmod(join(stage, 'package.json'), 0o644)
}

async function filesBelow(root: string, folder: string): Promise<readonly string[]> {
  const files: string[] = []
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    if (entry.isFile()) files.push(path)
    else if (entry.isDirectory() && entry.name !== 'node_modules') files.push(...(await filesBelow(root, path)))
  }
  return files.toSorted()
}

async function hashOf(root: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) {
    const bytes = await readFile(join(root, file))
    hash.update(`${file}\n${bytes.byteLength}\n`).update(bytes)
  }
  return hash.digest('hex')
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const only = process.argv[2]
  if (only !== 'page') {
    await buildProgram(root)
    console.log('dist/tally.js')
  }
  if (only !== 'program') console.log((await buildPage(root)) ? 'dist/web' : 'dist/web (unchanged)')
  if (only === undefined) {
    await stagePackage(root)
    console.log('dist/package')
  }
}
