// Makes an OCI image archive of rootfs/ without a container runtime: node build.ts <file to write>
//
// The bytes depend on the files below rootfs/, this script and SOURCE_DATE_EPOCH (0 where it is not set), and on nothing
// else: not on the clock, the path, the umask, the locale, or the zlib of this Node, for the layer is not compressed.
import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { ociArchiveBytes } from '../../src/artifact/oci-archive-write.ts'
import { sourceDateEpoch, tarBytes } from '../../src/artifact/tar-write.ts'
import type { TarItem } from '../../src/artifact/tar-write.ts'

const VERSION = '1.0.0'
const ROOT = join(import.meta.dirname, 'rootfs')
/** Folders a container wants and git does not keep, for they are empty. */
const EMPTY_FOLDERS: readonly TarItem[] = [{ type: 'directory', path: 'tmp', mode: 0o1777 }]

async function readRoot(): Promise<readonly TarItem[]> {
  const items: TarItem[] = [...EMPTY_FOLDERS]
  for (const entry of await readdir(ROOT, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    const path = relative(ROOT, file).split(sep).join('/')
    if (entry.isDirectory()) items.push({ type: 'directory', path })
    else if (entry.isFile()) {
      const executable = ((await stat(file)).mode & 0o100) !== 0
      items.push({ type: 'file', path, content: await readFile(file), executable })
    } else throw new Error(`rootfs/${path} is neither a file nor a directory`)
  }
  return items
}

async function build(output: string): Promise<void> {
  const mtime = sourceDateEpoch({ env: process.env })
  const layer = tarBytes(await readRoot(), { mtime })
  const { bytes, manifest } = ociArchiveBytes({
    config: {
      os: 'linux',
      architecture: 'amd64',
      created: new Date(mtime * 1000).toISOString().replace('.000Z', 'Z'),
      config: {
        User: '65532:65532',
        WorkingDir: '/app',
        Entrypoint: ['/app/greet'],
        Env: ['PATH=/app'],
        Labels: { 'org.opencontainers.image.title': 'example-image', 'org.opencontainers.image.version': VERSION },
      },
      history: [{ created_by: 'examples/image/build.ts' }],
    },
    layers: [{ tar: layer }],
    tag: VERSION,
    mtime,
  })
  await writeFile(output, bytes)
  process.stdout.write(`${manifest}\n`)
}

const [output, ...rest] = process.argv.slice(2)
if (output === undefined || rest.length > 0) {
  process.stderr.write('usage: node build.ts <file to write>\n')
  process.exitCode = 2
} else {
  await build(output)
}
