import { goalLine, isMet } from './verify/goal.ts'
import { measureRates } from './verify/rates.ts'

const goals = [...(await measureRates('v1')), ...(await measureRates('v2'))]
for (const goal of goals) console.log(goalLine(goal))
process.exitCode = goals.every(isMet) ? 0 : 1
