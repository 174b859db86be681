/** The directory of a relative path; `''` for the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? '' : path.slice(0, slash)
}

export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Joins a relative directory and a path in it, resolving `.` and `..`; what leads above the root keeps its `..`. */
export function joinPath(directory: string, path: string): string {
  const joined: string[] = []
  for (const segment of `${directory}/${path}`.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..' && joined.length > 0 && joined.at(-1) !== '..') joined.pop()
    else joined.push(segment)
  }
  return joined.join('/')
}

/** Whether a path matches a pattern of segments: `*` is any run within one segment, `**` any run of segments. */
export function matchesGlob(path: string, pattern: string): boolean {
  return matchSegments(path.split('/'), pattern.replace(/^\.\//, '').replace(/\/$/, '').split('/'))
}

/** Greedy with one point to return to, so never more than length times length steps. */
function matchSegments(segments: readonly string[], pattern: readonly string[]): boolean {
  return matchRuns(
    segments.length,
    pattern.length,
    (at) => pattern[at] === '**',
    (segment, at) => matchSegment(segments[segment] ?? '', pattern[at] ?? ''),
  )
}

function matchSegment(text: string, pattern: string): boolean {
  return matchRuns(
    text.length,
    pattern.length,
    (at) => pattern[at] === '*',
    (unit, at) => text[unit] === pattern[at],
  )
}

function matchRuns(
  length: number,
  patternLength: number,
  isRun: (at: number) => boolean,
  same: (item: number, at: number) => boolean,
): boolean {
  let item = 0
  let at = 0
  let runAt = -1
  let runItem = 0
  while (item < length) {
    if (at < patternLength && isRun(at)) {
      runAt = at
      runItem = item
      at += 1
    } else if (at < patternLength && same(item, at)) {
      item += 1
      at += 1
    } else if (runAt !== -1) {
      runItem += 1
      item = runItem
      at = runAt + 1
    } else return false
  }
  while (at < patternLength && isRun(at)) at += 1
  return at === patternLength
}
