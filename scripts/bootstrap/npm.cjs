'use strict'
const fs = require('node:fs')
const path = require('node:path')
const os = require('node:os')

/**
 * Runs `npm ci` in a folder: no script of any package, dev and optional packages whatever the user's settings leave out.
 * Out: { ok, exitCode, output, why }. Nothing is printed.
 */
function npmCi(folder, { cache, node, onStart }) {
  const { spawn } = require('node:child_process')
  const args = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--engine-strict=false',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  return new Promise((resolve) => {
    const onWindows = process.platform === 'win32'
    const child = spawn(onWindows ? 'npm.cmd' : 'npm', args, {
      cwd: folder,
      env: npmEnvironment(cache, node),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: onWindows,
    })
    if (child.pid !== undefined) onStart(child.pid)
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => output.push(bytes))
    let stopped = false
    const stopChild = (signal) => {
      stopped = true
      child.kill(signal)
    }
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, stopChild)
    child.on('error', (error) =>
      resolve({ ok: false, exitCode: 5, output: '', why: error.code === 'ENOENT' ? 'there is no `npm` on PATH' : error.message }),
    )
    child.on('close', (code, signal) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(name, stopChild)
      const why = stopped || signal !== null ? 'npm ci was stopped' : `npm ci ended with exit code ${code}`
      resolve({ ok: code === 0 && !stopped, exitCode: stopped ? 130 : 5, output: Buffer.concat(output).toString('utf8'), why })
    })
  })
}

/**
 * npm's own environment: run by the picked node (npm leaves out optional packages whose engines an old one does not
 * meet), no node_modules/.bin (a `node` there would shadow the real one), nothing of an npm that runs us, and its cache in ours
 * where the home folder cannot be written.
 */
function npmEnvironment(cache, node) {
  const env = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^npm_(?:lifecycle|package|config_(?:local_prefix|global|workspace|dry_run))/i.test(name)) env[name] = value
  }
  const folders = (process.env.PATH || '').split(path.delimiter).filter((folder) => !isBinFolder(folder))
  env.PATH = [path.dirname(node), ...folders].join(path.delimiter)
  const home = process.env.HOME || os.homedir()
  if (!env.npm_config_cache && !isWritable(path.join(home, '.npm'))) env.npm_config_cache = path.join(cache, 'npm')
  return env
}

function isBinFolder(folder) {
  return path.basename(folder) === '.bin' && path.basename(path.dirname(folder)) === 'node_modules'
}

function isWritable(folder) {
  try {
    fs.mkdirSync(folder, { recursive: true })
    fs.accessSync(folder, fs.constants.W_OK)
    return true
  } catch {
    return false
  }
}

module.exports = { isBinFolder, npmCi }
