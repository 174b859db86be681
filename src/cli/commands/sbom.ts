import { fail } from '../../kernel/errors.ts'
import { setLockfileCap } from '../../kernel/limits.ts'
import { separateBase } from '../../sbom/operations/base.ts'
import { answerBuildkit, isBuildkitScan } from '../buildkit-scan.ts'
import { defineCommand } from '../command.ts'
import { LIST_TAKES, SBOM_ACTIONS } from '../sbom-actions.ts'
import { loadOther, loadSbom, timeOf } from '../sbom-load.ts'
import { listPlatforms } from '../sbom-platforms.ts'
import { WRITE_OPTIONS, deliver } from '../sbom-write.ts'
import { refuseOtherFlags } from '../verb-flags.ts'

/** `tally sbom TARGET`: what is inside of something; and what is done with SBOMs: diff, merge, convert, validate, score. */
export const sbom = defineCommand({
  name: 'sbom',
  summary: 'list what is inside a directory or an image',
  usage: [
    'tally sbom [TARGET] [--format FORMAT[@VERSION]] [-o FORMAT=FILE]…',
    'tally sbom diff BEFORE AFTER [--format text|json|markdown]',
    'tally sbom merge TARGET TARGET… [--source-name NAME]',
    'tally sbom convert SBOM [--format FORMAT[@VERSION]]',
    'tally sbom validate SBOM',
    'tally sbom score TARGET',
  ],
  examples: [
    ['tally sbom', 'this directory, as a table'],
    ['tally sbom . --format cyclonedx-json > sbom.json', 'CycloneDX 1.6'],
    ['tally sbom oci-archive:image.tar -o spdx-json@3.0.1=sbom.spdx.json', 'an image, SPDX 3.0.1 to a file'],
    ['tally sbom docker:nginx:1.27', 'an image that Docker has here'],
    ['tally sbom registry:alpine --all-platforms -o spdx-json=sboms', 'every image of an index'],
    ['tally sbom diff old.cdx.json new.cdx.json --format markdown', 'what a release changed'],
    ['tally sbom convert - --format spdx-json < sbom.cdx.json', 'from one format to another'],
    ['tally sbom score sbom.cdx.json', 'what NTIA, CISA and BSI ask for, and what to fix'],
  ],
  options: {
    ...WRITE_OPTIONS,
    exclude: {
      type: 'string',
      value: 'PATTERN',
      multiple: true,
      help: 'do not look at paths like this (* within a segment, ** over segments)',
    },
    'source-name': { type: 'string', value: 'NAME', help: 'name of the target in the SBOM', default: 'from the target' },
    'source-version': { type: 'string', value: 'VERSION', help: 'version of the target in the SBOM' },
    platform: { type: 'string', value: 'OS/ARCH', help: 'which image of an index', default: 'linux on this architecture' },
    'all-platforms': { type: 'boolean', help: 'an SBOM for each image of an index, and index.json, into the folders of -o FORMAT=FOLDER' },
    scope: {
      type: 'string',
      short: 's',
      value: 'SCOPE',
      choices: ['squashed', 'all-layers'],
      help: 'of an image: squashed (what its container sees) or all-layers (also what a later layer removed)',
      default: 'squashed',
    },
    base: { type: 'string', value: 'TARGET', help: 'the base image, or its SBOM: what is from it hangs on it' },
    'without-base': { type: 'boolean', help: 'with --base: leave out what is from it' },
    'exit-code': { type: 'boolean', help: 'diff: end with 1 when something differs' },
    'max-lockfile': { type: 'string', value: 'MEBIBYTES', help: 'read lockfiles up to this size (at most 400)', default: '128' },
    'no-cache': { type: 'boolean', help: 'read every layer, also those that were read before' },
    'allow-http-registry': { type: 'boolean', help: 'speak plain HTTP to a registry that is not on loopback' },
  },
  words: { min: 0, max: 1001, names: 'a target, or one of diff, merge, convert, validate, score and what it needs' },
  notes: [
    'TARGET is a directory (dir:), a file (file:), an OCI layout (oci:), an archive (oci-archive:, docker-archive:), registry/repository (registry:), an image of an engine here (docker:, podman:), an SBOM (sbom:), or - for an SBOM or an archive that comes in. Without a prefix it is what is there: on disk first, then an engine.',
    'Without TARGET and with BUILDKIT_SCAN_SOURCE and BUILDKIT_SCAN_DESTINATION set it is a BuildKit SBOM generator: see docs/sbom.md.',
    'Exit code: 0 done, 1 what --fail-on names, an SBOM that is not valid, or with --exit-code a difference.',
  ],
  run: async (context) => {
    const { words, flags, deps } = context
    const most = flags.text('max-lockfile')
    if (most !== undefined) {
      if (!/^[1-9]\d{0,3}$/.test(most))
        throw fail('usage', 'is not a number of mebibytes', { where: `--max-lockfile ${most.slice(0, 20)}` })
      setLockfileCap(Number(most) * 1024 * 1024)
    }
    if (words.length === 0 && isBuildkitScan(deps.env)) {
      for (const file of await answerBuildkit(deps, timeOf(context))) deps.log('info', `wrote ${file}`)
      return 0
    }
    const [first = '.', ...rest] = words
    const action = Object.hasOwn(SBOM_ACTIONS, first) ? SBOM_ACTIONS[first] : undefined
    if (action !== undefined) {
      const { least, most, names } = action.words
      if (rest.length < least || rest.length > most)
        throw fail('usage', `needs ${names}`, {
          where: `tally sbom ${first}`,
          hint: 'see `tally sbom --help`; for a directory of that name write ./ before it',
        })
      refuseOtherFlags(flags, `tally sbom ${first}`, action.takes)
      return await action.run(context, rest)
    }
    refuseOtherFlags(flags, 'tally sbom TARGET', LIST_TAKES)
    if (flags.on('all-platforms') && rest.length === 0) return await listPlatforms(context, first)
    if (rest.length > 0) throw fail('usage', 'is one word too many', { where: rest[0] ?? '', hint: 'see `tally sbom --help`' })
    const base = flags.text('base')
    if (base === undefined && flags.on('without-base')) throw fail('usage', 'needs --base', { where: '--without-base' })
    const { sbom: listed } = await loadSbom(context, first)
    const shown =
      base === undefined ? listed : separateBase(listed, (await loadOther(context, base)).sbom, { keep: !flags.on('without-base') })
    if (listed.completeness !== 'complete') {
      deps.log('warn', `completeness is ${listed.completeness}: not every lockfile or package database here could be read`)
    }
    return await deliver(context, shown)
  },
})
