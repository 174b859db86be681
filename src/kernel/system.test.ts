import { tmpdir } from 'node:os'
import { realpath } from 'node:fs/promises'
import { describe, expect, test, vi } from 'vitest'
import { textOf, utf8 } from './bytes.ts'
import type { SpawnOptions, SpawnResult } from './deps.ts'
import { systemDeps } from './system.ts'

const node = process.execPath

async function run(code: string, options?: SpawnOptions, signal = new AbortController().signal): Promise<SpawnResult> {
  return await systemDeps({ log: () => {}, signal }).spawn(node, ['-e', code], options)
}

describe('spawn', () => {
  test('hands back exit code and output, and hands in input, folder and environment', async () => {
    const folder = await realpath(tmpdir())
    const code =
      'process.stdin.pipe(process.stdout); process.stderr.write([process.cwd(), process.env.A, process.env.PATH].join()); process.exitCode = 7'
    const result = await run(code, { input: utf8('hello'), cwd: folder, env: { A: 'b' } })
    expect({ ...result, stdout: textOf(result.stdout), stderr: textOf(result.stderr) }).toEqual({
      exitCode: 7,
      stdout: 'hello',
      stderr: `${folder},b,`,
    })
  })

  test('does not go through a shell', async () => {
    const result = await systemDeps({ log: () => {}, signal: new AbortController().signal }).spawn(node, [
      '-p',
      'process.argv[1]',
      '$(echo no); `no` *',
    ])
    expect(textOf(result.stdout)).toBe('$(echo no); `no` *\n')
  })

  test('counts a signal as 128 and its number', async () => {
    expect((await run('process.kill(process.pid, "SIGKILL")')).exitCode).toBe(137)
  })

  test('keeps no more output than asked for, and shows all of it as it comes', async () => {
    let shown = 0
    const result = await run('process.stdout.write("x".repeat(200000))', {
      maxOutput: 1000,
      onOutput: (_stream, bytes) => (shown += bytes.byteLength),
    })
    expect([result.stdout.byteLength, shown]).toEqual([1000, 200_000])
  })

  test('does not mind a program that reads no input', async () => {
    expect((await run('process.exit(0)', { input: new Uint8Array(4_000_000) })).exitCode).toBe(0)
  })

  test('ends a program that takes too long, and one that was stopped from outside', async () => {
    const forever = 'setInterval(() => {}, 1000)'
    await expect(run(forever, { timeoutMs: 100 })).rejects.toThrow(
      expect.objectContaining({ code: 'timeout', message: expect.stringContaining('longer than 100 ms') }),
    )
    const abort = new AbortController()
    const running = run(forever, { onOutput: () => {} }, abort.signal)
    abort.abort()
    await expect(running).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  })

  test('names a program that is not installed', async () => {
    const deps = systemDeps({ log: () => {}, signal: new AbortController().signal })
    await expect(deps.spawn('tally-no-such-program', [])).rejects.toThrow(
      expect.objectContaining({ code: 'tool-missing', where: 'tally-no-such-program' }),
    )
  })
})

test('what a program started ends with it when its time is up', async () => {
  const deps = systemDeps({ log: () => {}, signal: new AbortController().signal })
  let said = ''
  const run = deps.spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], {
    timeoutMs: 500,
    onOutput: (_stream, bytes) => (said += Buffer.from(bytes).toString()),
  })
  await expect(run).rejects.toMatchObject({ code: 'timeout' })
  await vi.waitFor(() => expect(() => process.kill(Number(said), 0)).toThrow('ESRCH'), 5_000)
})

test('a working directory that is missing is not taken for a missing program', async () => {
  const deps = systemDeps({ log: () => {}, signal: new AbortController().signal })
  await expect(deps.spawn('sh', ['-c', ':'], { cwd: '/nowhere/at/all' })).rejects.toMatchObject({
    code: 'not-found',
    where: '/nowhere/at/all',
  })
})
