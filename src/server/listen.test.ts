import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { listen } from './listen.ts'

test('port 0 is any free one; a port that is taken is said, with its number', async () => {
  const app = new Hono().get('/', (context) => context.text('here'))
  const first = await listen(app, '127.0.0.1', 0)
  try {
    expect(first.port).toBeGreaterThan(0)
    expect(await (await fetch(`http://127.0.0.1:${first.port}/`)).text()).toBe('here')
    await expect(listen(app, '127.0.0.1', first.port)).rejects.toMatchObject({ code: 'port-in-use', where: `127.0.0.1:${first.port}` })
  } finally {
    await first.close()
  }
  await expect(fetch(`http://127.0.0.1:${first.port}/`)).rejects.toThrow()
})
