import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** An image of two layers as an OCI layout: a Debian with compilers, and an application of Node.js on it. No jar is in it. */
export type BenchImage = { readonly layout: string; readonly unpackedBytes: number; readonly files: number; readonly packages: number }

const SUITE = 'bookworm'
const PACKAGES = ['build-essential', 'ca-certificates', 'clang', 'git', 'nodejs', 'postgresql', 'python3-pip', 'vim']
/** Of an application that grew for years. */
const DEPENDENCIES = {
  '@angular/cli': '20.0.0',
  '@aws-sdk/client-s3': '3.820.0',
  '@babel/preset-env': '7.27.2',
  '@mui/icons-material': '7.1.0',
  '@nestjs/core': '11.1.1',
  eslint: '9.27.0',
  express: '5.1.0',
  googleapis: '149.0.0',
  jest: '29.7.0',
  'lodash-es': '4.17.21',
  next: '15.3.2',
  prisma: '6.8.2',
  rxjs: '7.8.2',
  storybook: '8.6.14',
  typescript: '5.8.3',
  vite: '6.3.5',
  webpack: '5.99.9',
}

/**
 * The image of an earlier run, or one made now with the package managers of this machine: minutes, and several GB while it runs.
 * Another list of packages makes another image.
 */
export async function cachedImage(cache: string): Promise<BenchImage> {
  const recipe = JSON.stringify([SUITE, PACKAGES, DEPENDENCIES])
  const key = createHash('sha256').update(recipe).digest('hex').slice(0, 16)
  const folder = join(cache, `image-${key}`)
  const known = join(folder, 'image.json')
  if (existsSync(known)) return { ...(JSON.parse(readFileSync(known, 'utf8')) as BenchImage), layout: join(folder, 'layout') }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const image = await makeImage(folder)
  for (const left of ['debian.tar', 'app.tar', 'root']) rmSync(join(folder, left), { recursive: true, force: true })
  writeFileSync(known, JSON.stringify(image))
  return image
}

async function makeImage(folder: string): Promise<BenchImage> {
  const layers = [await debianLayer(folder), await nodeLayer(folder)]
  const layout = join(folder, 'layout')
  const blobs = join(layout, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  const descriptors = []
  for (const tar of layers) descriptors.push(await packLayer(tar, blobs))
  const config = writeBlob(blobs, 'application/vnd.oci.image.config.v1+json', {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: descriptors.map(({ diffId }) => diffId) },
    history: descriptors.map(() => ({ created_by: 'bench/sbom' })),
  })
  const manifest = writeBlob(blobs, 'application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: descriptors.map(({ digest, size }) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size })),
  })
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' }
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }))
  const names = layers.flatMap((tar) => output('tar', ['-tf', tar]).trim().split('\n'))
  return {
    layout,
    unpackedBytes: layers.reduce((sum, tar) => sum + statSync(tar).size, 0),
    files: names.filter((name) => !name.endsWith('/')).length,
    packages: names.filter((name) => /\/node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(name)).length,
  }
}

async function debianLayer(folder: string): Promise<string> {
  const tar = join(folder, 'debian.tar')
  run('mmdebstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, tar])
  return tar
}

async function nodeLayer(folder: string): Promise<string> {
  const app = join(folder, 'root', 'srv', 'app')
  mkdirSync(app, { recursive: true })
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({ name: 'bench-app', version: '1.0.0', private: true, dependencies: DEPENDENCIES }),
  )
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--legacy-peer-deps']
  run('npm', ['install', '--package-lock-only', ...quiet], app)
  run('npm', ['ci', ...quiet], app)
  const tar = join(folder, 'app.tar')
  run('tar', ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '-cf', tar, '-C', join(folder, 'root'), '.'])
  return tar
}

async function packLayer(tar: string, blobs: string): Promise<{ digest: string; size: number; diffId: string }> {
  const [packed, unpacked] = [createHash('sha256'), createHash('sha256')]
  const draft = join(blobs, 'draft')
  await pipeline(
    createReadStream(tar, { highWaterMark: 1 << 20 }),
    async function* (stream: AsyncIterable<Buffer>) {
      for await (const piece of stream) {
        unpacked.update(piece)
        yield piece
      }
    },
    createGzip(),
    async function* (stream: AsyncIterable<Buffer>) {
      for await (const piece of stream) {
        packed.update(piece)
        yield piece
      }
    },
    createWriteStream(draft),
  )
  const hex = packed.digest('hex')
  renameSync(draft, join(blobs, hex))
  return { digest: `sha256:${hex}`, size: statSync(join(blobs, hex)).size, diffId: `sha256:${unpacked.digest('hex')}` }
}

function writeBlob(blobs: string, mediaType: string, value: unknown): { mediaType: string; digest: string; size: number } {
  const bytes = Buffer.from(JSON.stringify(value))
  const hex = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(blobs, hex), bytes)
  return { mediaType, digest: `sha256:${hex}`, size: bytes.byteLength }
}

function run(program: string, words: readonly string[], cwd?: string): void {
  const { status, error } = spawnSync(program, words, { stdio: ['ignore', 'ignore', 'inherit'], ...(cwd === undefined ? {} : { cwd }) })
  if (status !== 0) throw new Error(`${program} ended with ${status}`, { cause: error })
}

function output(program: string, words: readonly string[]): string {
  return spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout
}
