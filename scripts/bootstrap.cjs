'use strict'
// Everything a clean clone needs, in JavaScript that Node 18 understands and with nothing but node:*.
//
//   node scripts/bootstrap.cjs tally <arguments>          the program, from its sources
//   node scripts/bootstrap.cjs test [vitest arguments]    the tests
//   node scripts/bootstrap.cjs run <task> [arguments]     lint, types, … (the table TASKS)
//   node scripts/bootstrap.cjs script <file.ts> [arguments]
//
// It picks a Node.js (this one, one on PATH, or one fetched by its hash), installs the lockfile's packages where they
// are missing or old, and hands over. When all is there it costs a few stats.
const fs = require('node:fs')
const path = require('node:path')
const { isInstalled } = require('./bootstrap/stamp.cjs')

const root = path.dirname(__dirname)
const modules = path.join(root, 'node_modules')
const bin = (file) => path.join(modules, file)

/** What `run <task>` starts, each with the node that was picked. */
const TASKS = {
  lint: [[bin('oxlint/bin/oxlint'), '--deny-warnings']],
  types: [[bin('typescript/bin/tsc')], [bin('typescript/bin/tsc'), '-p', 'web']],
  format: [[bin('oxfmt/bin/oxfmt'), '--check', '.']],
  fix: [
    [bin('oxlint/bin/oxlint'), '--fix'],
    [bin('oxfmt/bin/oxfmt'), '.'],
  ],
  dead: [[bin('knip/bin/knip.js')]],
  build: [[path.join(root, 'scripts/build.ts')]],
  generate: [[path.join(root, 'scripts/generate.ts')]],
}

/** Whether this program runs on a Node.js of that version: 24.15 or later of 24, or 26 and later (package.json, engines). */
function runsOn(version) {
  const [major, minor] = version.split('.').map(Number)
  return (major === 24 && minor >= 15) || major >= 26
}

/** TALLY_CACHE_DIR, else $XDG_CACHE_HOME/tallystick, else ~/.cache/tallystick. The same rule stands in ./tally. */
function cacheDirectory() {
  if (process.env.TALLY_CACHE_DIR) return path.resolve(process.env.TALLY_CACHE_DIR)
  const base = process.env.XDG_CACHE_HOME || path.join(process.env.HOME || require('node:os').homedir(), '.cache')
  return path.resolve(base, 'tallystick')
}

/**
 * The folder for Node's compile cache, or undefined where it cannot be had or another user could write it: code would
 * be loaded from there. Node's own default is a shared folder.
 */
function compileCache() {
  const folder = path.join(cacheDirectory(), 'compile')
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { mode, uid } = fs.statSync(folder)
    const mine = typeof process.getuid !== 'function' || (uid === process.getuid() && (mode & 0o022) === 0)
    return mine ? folder : undefined
  } catch {
    return undefined // It is only for speed.
  }
}

/** Runs a program with our streams, passing signals on. Out: its exit code, 128 + n for a signal. */
function runChild(file, args, env) {
  const { spawn } = require('node:child_process')
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env })
    // A terminal sends Ctrl-C to the whole group; passing it on as well would look like two.
    const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
    const signals = onTerminal ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT']
    for (const name of signals) process.on(name, () => child.kill(name))
    if (onTerminal) for (const name of ['SIGINT', 'SIGQUIT']) process.on(name, () => {})
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code === null ? 128 + require('node:os').constants.signals[signal] : code))
  })
}

/** The environment of tests and tasks: the picked node first on PATH, its compile cache in our folder. */
function taskEnvironment() {
  const env = { ...process.env, PATH: [path.dirname(process.execPath), process.env.PATH].filter(Boolean).join(path.delimiter) }
  const cache = compileCache()
  if (cache) env.NODE_COMPILE_CACHE = cache
  return env
}

async function runInHere(file, args) {
  const cache = compileCache()
  if (cache) require('node:module').enableCompileCache(cache)
  process.argv.splice(1, process.argv.length, file, ...args)
  await import(require('node:url').pathToFileURL(file).href)
}

async function runSteps(steps, args) {
  const env = taskEnvironment()
  for (const [index, step] of steps.entries()) {
    const exitCode = await runChild(process.execPath, index === steps.length - 1 ? [...step, ...args] : step, env)
    if (exitCode !== 0) return exitCode
  }
  return 0
}

async function main() {
  const [target, ...args] = process.argv.slice(2)
  if (!runsOn(process.versions.node)) {
    const { pickNode } = require('./bootstrap/node.cjs')
    const node = await pickNode({ root, cache: cacheDirectory(), runsOn })
    process.exitCode = await runChild(node, process.argv.slice(1), process.env)
    return
  }
  if (!isInstalled(root)) {
    const { install } = require('./bootstrap/install.cjs')
    await install({ root, cache: cacheDirectory() })
  }
  if (target === 'tally') await runInHere(path.join(root, 'src/cli/main.ts'), args)
  else if (target === 'test') process.exitCode = await runSteps([[bin('vitest/vitest.mjs'), 'run']], args)
  else if (target === 'script' && args.length > 0) process.exitCode = await runSteps([[path.resolve(args[0])]], args.slice(1))
  else if (target === 'run' && Object.hasOwn(TASKS, args[0])) process.exitCode = await runSteps(TASKS[args[0]], args.slice(1))
  else {
    const { trouble } = require('./bootstrap/trouble.cjs')
    const known = `tally, test, script <file.ts>, or run with one of ${Object.keys(TASKS).join(', ')}`
    throw trouble(2, `bootstrap does not know ${JSON.stringify(process.argv.slice(2).join(' '))}`, known)
  }
}

main().catch((error) => {
  if (error.exitCode === undefined) throw error
  process.stderr.write(`tally: ${error.message}\n  help: ${error.hint}\n`)
  process.exitCode = error.exitCode
})
