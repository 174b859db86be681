/**
 * Where the program of a thread is: beside the file that starts it in the sources; compiled, it is a file of its own beside the chunks. In:
 * `import.meta.url` of who starts it, and the name without its ending.
 */
export function workerFile(from: string, name: string): URL {
  return new URL(`./${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from)
}
