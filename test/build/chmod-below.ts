import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Gives every file below a folder one mode, as a checkout under another umask would. */
export async function chmodBelow(folder: string, mode: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), mode)
  }
}
