'use strict'
const fs = require('node:fs')
const path = require('node:path')

const stampFile = (root) => path.join(root, 'node_modules', '.tally-stamp')
const lockFile = (root) => path.join(root, 'package-lock.json')

/**
 * Whether node_modules is what the lockfile says, for this Node and platform. The stamp is the last thing an install
 * writes, so one cut short has none; size and time of the lockfile answer without reading it. A node_modules that is a
 * link is somebody's own arrangement and taken as it is.
 */
function isInstalled(root) {
  const folder = fs.lstatSync(path.join(root, 'node_modules'), { throwIfNoEntry: false })
  if (folder === undefined) return false
  if (folder.isSymbolicLink()) return true
  try {
    const stamp = JSON.parse(fs.readFileSync(stampFile(root), 'utf8'))
    if (stamp.platform !== platformHere()) return false
    const { size, mtimeMs } = fs.statSync(lockFile(root))
    return (stamp.size === size && stamp.mtimeMs === mtimeMs) || stamp.sha256 === sha256Of(lockFile(root))
  } catch {
    return false // No stamp, or none that can be read: the install did not end.
  }
}

/** What the lockfile is now; read before an install, written after it. */
function readStamp(root) {
  const { size, mtimeMs } = fs.statSync(lockFile(root))
  return { platform: platformHere(), sha256: sha256Of(lockFile(root)), size, mtimeMs }
}

function writeStamp(root, stamp) {
  const temporary = `${stampFile(root)}.${process.pid}`
  fs.writeFileSync(temporary, JSON.stringify(stamp))
  fs.renameSync(temporary, stampFile(root))
}

function platformHere() {
  return `node${process.versions.node.split('.')[0]}-${process.platform}-${process.arch}`
}

function sha256Of(file) {
  return require('node:crypto').createHash('sha256').update(fs.readFileSync(file)).digest('hex')
}

module.exports = { isInstalled, readStamp, writeStamp }
