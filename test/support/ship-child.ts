import { writeSync } from 'node:fs'
import { shipInside } from './ship-inside.ts'

// A process that ships a project and dies by SIGKILL at the boundary it is told (none: it lives). It names each boundary it passes
// on stdout, before it dies there: node ship-child.ts <project> <data directory> [boundary]
const [dir = '', dataDir = '', deadly] = process.argv.slice(2)
const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))
await shipInside(
  { dir, dataDir, env },
  {
    boundary: async (step) => {
      writeSync(1, `${step}\n`)
      if (step !== deadly) return
      process.kill(process.pid, 'SIGKILL')
      await new Promise(() => {})
    },
  },
)
