import { join } from 'node:path'
import { TallyError } from '../kernel/errors.ts'
import { entriesFrom, ledgerDeps, openTestLedger } from './log-for-tests.ts'
import { openLedger } from './log.ts'
import { openLogKey } from './log-key.ts'

// Run as a program of its own by log-processes.test.ts: `node log-child-for-tests.ts <what> <data directory> <name> <count>`.

const [, , what, dataDir = '', name = '', count = '0'] = process.argv

/** Appends entries one after the other, and says of each where it stands once it is acknowledged. */
async function appendEach(): Promise<void> {
  const log = await openTestLedger(dataDir)
  for (const entry of entriesFrom(0, Number(count), name)) {
    const [appended] = await log.append([entry])
    process.stdout.write(`${appended?.index}\n`)
  }
}

/** Appends as somebody who may read the data directory and not write to it, and says how that ended. */
async function appendWithoutPermission(): Promise<void> {
  const key = await openLogKey(ledgerDeps(), join(dataDir, 'keys'))
  const log = await openLedger(ledgerDeps(), { ...key, dir: join(dataDir, 'ledger'), lock: (fn) => fn() })
  if (process.getuid?.() === 0) process.seteuid?.(65_534)
  const { problems, size } = await log.check()
  try {
    await log.append(entriesFrom(0, 1, name))
    process.stdout.write('appended')
  } catch (error) {
    process.stdout.write(error instanceof TallyError ? `${problems.length} ${size} ${error.code} ${error.where}` : String(error))
  }
}

await (what === 'append' ? appendEach() : appendWithoutPermission())
