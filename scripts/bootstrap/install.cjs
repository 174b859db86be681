'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { withLock } = require('./lock.cjs')
const { npmCi } = require('./npm.cjs')
const { trouble } = require('./trouble.cjs')
const { isInstalled, readStamp, writeStamp } = require('./stamp.cjs')

/** Installs what the lockfile names into node_modules and writes the stamp, last. One process at a time; who waited finds it done. */
async function install({ root, cache }) {
  makeFolder(cache)
  const work = async (onStart) => {
    if (isInstalled(root)) return
    process.stderr.write('tally: installing what package-lock.json names (once; no package script is run) …\n')
    const stamp = readStamp(root)
    const result = await npmCi(root, { cache, node: process.execPath, onStart })
    if (!result.ok) {
      process.stderr.write(result.output)
      throw trouble(
        result.exitCode,
        `cannot install the dependencies: ${result.why}`,
        'check the network and the npm configuration, then run again',
      )
    }
    writeStamp(root, stamp)
  }
  try {
    await withLock(path.join(root, '.tally-install.lock'), work, ({ pids }) => {
      process.stderr.write(`tally: waiting for the install that process ${pids[0] || '?'} runs …\n`)
    })
  } catch (error) {
    if (error.exitCode !== undefined) throw error
    throw trouble(5, `cannot install the dependencies in ${root}: ${error.message}`, 'check owner and mode of the folder')
  }
}

/** Makes the cache folder, only for its owner. Throws one clear line where it cannot be written. */
function makeFolder(cache) {
  try {
    fs.mkdirSync(cache, { recursive: true, mode: 0o700 })
    fs.accessSync(cache, fs.constants.W_OK)
  } catch (error) {
    throw trouble(5, `cannot write the cache folder ${cache} (${error.code})`, 'set TALLY_CACHE_DIR to a folder that can be written')
  }
}

module.exports = { install, makeFolder }
