'use strict'
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const BEAT_MS = 5_000
const DEAD_MS = 120_000
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Runs `work` while holding a lock folder, one process at a time. `work` gets a function to name a child that holds it
 * too: a child may outlive its killed parent. A holder that died (its processes are gone, or it has not touched its folder
 * for two minutes) is taken over from. `onWait` is told once who is waited for.
 */
async function withLock(folder, work, onWait) {
  let waited = false
  while (!take(folder)) {
    if (isDead(folder)) clear(folder)
    else {
      if (!waited) onWait(ownerOf(folder))
      waited = true
      await pause(200)
    }
  }
  const beat = setInterval(() => touch(folder), BEAT_MS)
  beat.unref()
  try {
    return await work((child) => own(folder, [process.pid, child]))
  } finally {
    clearInterval(beat)
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

function take(folder) {
  try {
    fs.mkdirSync(folder)
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
  own(folder, [process.pid])
  return true
}

function own(folder, pids) {
  const temporary = path.join(folder, 'owner.new')
  fs.writeFileSync(temporary, JSON.stringify({ pids, host: os.hostname() }))
  fs.renameSync(temporary, path.join(folder, 'owner'))
}

function ownerOf(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'owner'), 'utf8'))
  } catch {
    return { pids: [] } // Just taken, just released, or its holder died between the two steps of taking it.
  }
}

function isDead(folder) {
  const entry = fs.statSync(folder, { throwIfNoEntry: false })
  if (entry === undefined) return false
  const { pids, host } = ownerOf(folder)
  if (host === os.hostname() && !pids.some(isRunning)) return true
  return Date.now() - entry.mtimeMs > DEAD_MS
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Removes a dead holder's folder. A second folder lets one process at a time look again and remove, so that nobody removes the lock of the next holder. */
function clear(folder) {
  const guard = `${folder}.clear`
  try {
    fs.mkdirSync(guard)
  } catch {
    const entry = fs.statSync(guard, { throwIfNoEntry: false })
    if (entry !== undefined && Date.now() - entry.mtimeMs > DEAD_MS) fs.rmSync(guard, { recursive: true, force: true })
    return
  }
  try {
    if (isDead(folder)) fs.rmSync(folder, { recursive: true, force: true })
  } finally {
    fs.rmSync(guard, { recursive: true, force: true })
  }
}

function touch(folder) {
  const now = new Date()
  fs.utimes(folder, now, now, () => {})
}

module.exports = { withLock }
