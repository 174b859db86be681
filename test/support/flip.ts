import { readFile, writeFile } from 'node:fs/promises'

/** Changes one bit of a file: in the byte at `at`, or of the one in its middle. */
export async function flipByte(path: string, at?: number): Promise<void> {
  const bytes = await readFile(path)
  const index = at ?? Math.floor(bytes.byteLength / 2)
  bytes[index] = (bytes[index] ?? 0) ^ 1
  await writeFile(path, bytes)
}
