import { describe, expect, it } from 'vitest'
import type { Image } from '../artifact/image.ts'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { layerCommands } from './layer-commands.ts'

const DIGESTS: readonly Digest[] = ['a', 'b', 'c'].map((text) => digestOf(utf8(text)))

function imageWith(config: unknown, digests: readonly Digest[] = DIGESTS): Image {
  const configBytes = utf8(JSON.stringify(config))
  const descriptor = { mediaType: 'x', digest: digestOf(configBytes), size: configBytes.byteLength }
  return {
    digest: digestOf(configBytes),
    config: descriptor,
    configBytes,
    layers: digests.map((digest, index) => ({
      index,
      descriptor: { mediaType: 'x', digest, size: 1 },
      compression: 'gzip',
      diffId: digest,
    })),
  }
}

function commandsOf(history: readonly unknown[], digests = DIGESTS): (string | undefined)[] {
  const commands = layerCommands(imageWith({ history }, digests))
  return digests.map((digest) => commands.get(digest))
}

describe('the command that made a layer', () => {
  it('is that of the history, without the entries that made none', () => {
    const history = [
      { created_by: '/bin/sh -c #(nop) ADD file:abc in / ' },
      { created_by: '/bin/sh -c #(nop)  CMD ["bash"]', empty_layer: true },
      { created_by: 'RUN /bin/sh -c apt-get update &&     apt-get install -y curl # buildkit', comment: 'buildkit.dockerfile.v0' },
      { created_by: 'ENV PORT=80', empty_layer: true },
      { created_by: 'COPY . /app # buildkit', empty_layer: false },
    ]
    expect(commandsOf(history)).toEqual([
      '/bin/sh -c #(nop) ADD file:abc in /',
      'RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit',
      'COPY . /app # buildkit',
    ])
  })

  it.each([
    ['too few entries', [{ created_by: 'a' }, { created_by: 'b' }]],
    ['too many', [{ created_by: 'a' }, { created_by: 'b' }, { created_by: 'c' }, { created_by: 'd' }]],
    ['no history', []],
    ['entries of another shape', ['a', 'b', 'c']],
  ])('is not guessed where there are %s', (_, history) => {
    expect(commandsOf(history)).toEqual([undefined, undefined, undefined])
  })

  it('of a layer that is there twice is that of the first', () => {
    const [first, second] = DIGESTS
    const all = [first, second, first].filter((digest) => digest !== undefined)
    expect(commandsOf([{ created_by: 'a' }, { created_by: 'b' }, { created_by: 'c' }], all)).toEqual(['a', 'b', 'a'])
  })

  it.each([
    ['|1 TOKEN=hunter2 /bin/sh -c npm ci', '/bin/sh -c npm ci'],
    ['RUN |2 TOKEN=hunter2 NOTE=more of hunter2 /bin/bash -o pipefail -c npm ci # buildkit', 'RUN /bin/bash -o pipefail -c npm ci'],
    ['RUN |2 A=hunter2 B=x /bin/ash -eo pipefail -c ls # buildkit', '/bin/ash -eo pipefail -c ls # buildkit'],
    ['RUN |2 A=/bin/sh -c hunter2 B=x /bin/sh -c ls', 'RUN /bin/sh -c ls'],
    ['|1 TOKEN=hunter2 powershell -Command ls', '[build arguments left out]'],
    ['|9 hunter2', '[build arguments left out]'],
    ['RUN curl https://me:hunter2@host.example/?token=hunter2', 'RUN curl https://[redacted]@host.example/?token=[redacted]'],
  ])('holds no build argument and no password: %s', (written, expected) => {
    const [command] = commandsOf([{ created_by: written }, {}, {}])
    expect(command).toContain(expected)
    expect(command).not.toContain('hunter2')
  })

  it('is one short line that a terminal does not obey', () => {
    const [command] = commandsOf([{ created_by: `RUN \u001b[2J\n${'x'.repeat(9000)}` }, {}, {}])
    expect(command).toMatch(/^RUN \\u\{1b\}\[2J x{100,}…$/)
    expect(command?.length).toBe(300)
  })
})
