import { goalLine, isMet } from './verify/goal.ts'
import { measureRates } from './verify/rates.ts'
import { measureWholeRuns } from './verify/whole-runs.ts'

// What verifying costs, as ratios to others in the same run and in turns with them, so that a busy machine is busy for all: bundles
// in a process that runs, against @sigstore/verify and bare node:crypto; whole runs of the compiled program against cosign.

const goals = [...(await measureRates('v1')), ...(await measureRates('v2')), ...(await measureWholeRuns())]
for (const goal of goals) console.log(goalLine(goal))
process.exitCode = goals.every(isMet) ? 0 : 1
