import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const MODULE = join(import.meta.dirname, 'output.ts')
// A child, since these are the streams of a process; what `lost` hears goes to the other stream.
const PROGRAM = (body: string): string => `
  import { openOutput } from ${JSON.stringify(MODULE)}
  const out = openOutput(1, () => process.stdout, (error) => process.stderr.write('lost ' + error.code + '\\n'))
  ${body}`

/** Runs a program with its stdout given; what it said on both, and its exit code. */
async function run(body: string, read: 'all' | 'nothing' | 'slowly'): Promise<{ out: string; err: string; code: number | null }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM(body)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const parts: Buffer[] = []
  let err = ''
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  if (read === 'nothing') child.stdout.destroy()
  else {
    if (read === 'slowly') await new Promise((resolve) => setTimeout(resolve, 300))
    child.stdout.on('data', (data: Buffer) => parts.push(data))
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { out: Buffer.concat(parts).toString(), err, code }
}

describe('output', () => {
  test('is written whole and in order, also where the reader is slow', async () => {
    const { out, err, code } = await run("for (let n = 0; n < 3000; n += 1) out.write(String(n).padEnd(999, 'é') + '\\n')", 'slowly')
    expect(out.split('\n').map((line) => Number.parseInt(line, 10))).toEqual([...Array.from({ length: 3000 }, (_, n) => n), Number.NaN])
    expect({ err, code }).toEqual({ err: '', code: 0 })
  })

  test('takes bytes as they are', async () => {
    expect((await run("out.write(Uint8Array.of(0xc3, 0xa9)); out.write('!')", 'all')).out).toBe('é!')
  })

  test('says once that the reader is gone, and goes on', async () => {
    const { err, code } = await run(
      "await new Promise((go) => setTimeout(go, 100)); for (const n of [1, 2, 3]) out.write('x'.repeat(99)); process.exitCode = 7",
      'nothing',
    )
    expect({ err, code }).toEqual({ err: 'lost EPIPE\n', code: 7 })
  })
})
