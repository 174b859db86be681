import type { GemNeed } from './gem-range.ts'

/** What an installed gem says of itself. */
export type Gemspec = {
  readonly name: string
  readonly version: string
  readonly platform: string
  readonly licences: readonly string[]
  readonly needs: readonly GemNeed[]
}

/** A file of RubyGems is a few kilobytes; what comes after this is not looked at. */
const MAX_TEXT = 256 * 1024

/**
 * Reads a specification that RubyGems wrote when it installed a gem. It is Ruby, of which nothing is run: the line `# stub:` gives name,
 * version and platform, literal assignments the rest. In: bytes, the file's name. Undefined when neither says name and version.
 */
export function parseGemspec(bytes: Uint8Array): Gemspec | undefined {
  const text = new TextDecoder().decode(bytes.subarray(0, MAX_TEXT))
  const [, stubName, stubVersion, stubPlatform] = /^# stub: (\S+) (\S+) (\S+) \S/m.exec(text) ?? []
  const name = stubName ?? literalOf(text, 'name')
  const version = stubVersion ?? literalOf(text, 'version')
  if (name === undefined || version === undefined) return undefined
  return {
    name,
    version,
    platform: stubPlatform === undefined || stubPlatform === 'ruby' ? '' : stubPlatform,
    licences: licencesOf(text),
    needs: [...text.matchAll(/\.add_(?:runtime_)?dependency\(\s{0,40}(?:%q<|["'])([A-Za-z0-9._-]{1,200})([^)\n]{0,300})/g)].map(
      ([, needed = '', rest = '']) => ({
        name: needed,
        requirements: [...rest.matchAll(/["']\s{0,4}((?:~>|[<>]=?|!?=)?\s{0,4}\d[\w.-]{0,60})\s{0,4}["']/g)].map(([, one = '']) => one),
      }),
    ),
  }
}

/** `s.name = "rake".freeze` */
function literalOf(text: string, field: string): string | undefined {
  const assigned = new RegExp(`^\\s{0,40}\\w{1,40}\\.${field}\\s{0,40}=\\s{0,40}["']([^"'\\s#]{1,200})["']`, 'm').exec(text)
  return assigned?.[1]
}

/** `s.licenses = ["MIT".freeze, "BSD".freeze]`, or one `s.license = "MIT"`. */
function licencesOf(text: string): string[] {
  const list = /^\s{0,40}\w{1,40}\.licenses\s{0,40}=\s{0,40}\[([^\]\n]{0,1000})\]/m.exec(text)?.[1]
  if (list === undefined) return [literalOf(text, 'license')].filter((one) => one !== undefined)
  return [...list.matchAll(/["']([^"']{1,200})["']/g)].map(([, one = '']) => one)
}
