/** A path of a Nix store as it names what it holds: `<hash>-<name>-<version>[-<output>]`. */
export type StorePath = { readonly hash: string; readonly name: string; readonly version: string; readonly output: string }

/** Outputs that a derivation is split into, by the names Nixpkgs gives them. */
const OUTPUTS = new Set([
  'bin',
  'dev',
  'doc',
  'devdoc',
  'man',
  'devman',
  'info',
  'lib',
  'dist',
  'static',
  'debug',
  'data',
  'py',
  'terminfo',
])

/** Reads the first segment below nix/store. Undefined for what has no version: sources, scripts, derivations. */
export function parseStorePath(segment: string): StorePath | undefined {
  const [, hash, full = ''] = /^([0-9abcdfghijklmnpqrsvwxyz]{32})-([\w+.?=-]{1,211})$/.exec(segment) ?? []
  if (hash === undefined || /\.(?:drv|patch|diff|sh|lock|tar|gz|xz|bz2|zip|tgz|json|nix)$/.test(full)) return undefined
  // Nix's own rule (builtins.parseDrvName): the version begins after the first dash that no letter follows.
  const dash = /-(?=[^A-Za-z-])/.exec(full)?.index ?? -1
  if (dash < 1) return undefined
  const parts = full.slice(dash + 1).split('-')
  const last = parts.at(-1) ?? ''
  const output = parts.length > 1 && OUTPUTS.has(last) ? last : ''
  return { hash, name: full.slice(0, dash), version: (output === '' ? parts : parts.slice(0, -1)).join('-'), output }
}
