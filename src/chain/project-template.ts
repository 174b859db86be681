import type { DetectedProject } from './detect-project.ts'

/** The files `tally init` writes: tally.yaml and the policy of prod, commented. In: what was detected. Out: name and text, in order. */
export function projectFiles(found: DetectedProject): readonly (readonly [name: string, text: string])[] {
  return [
    ['tally.yaml', tallyYaml(found)],
    ['policy/prod.yaml', prodPolicy()],
  ]
}

function tallyYaml(found: DetectedProject): string {
  const lockfiles = found.lockfiles.map((file) => JSON.stringify(file)).join(', ')
  return `# How this project is shipped. \`tally ship\` does what is written here; docs/tally-yaml.md explains every field.
# Written by \`tally init\` because of ${found.because}.
version: 1
name: ${found.name}

# Findings at this level or above end the run before anything is built.
check: { fail-on: high }

# Run by \`sh -c\` in this directory. What it makes goes under $TALLY_OUT. It sees PATH, HOME, LANG, TMPDIR and the
# variables of package clients; $TALLY_NODE is the Node.js that runs tally; others must be named in \`env\`. Names are recorded in the provenance, values never.
build:
  run: ${yamlText(found.run)}
  env: []
  outputs: [${yamlText(found.output)}]

artifact:
  name: ${found.name}
  version: ${yamlText(found.version)}
  type: ${found.type}

# ${found.lockfiles.length === 0 ? 'No lockfile was found. Name it here when there is one.' : 'The SBOM lists what these lockfiles install at run time.'}
sbom: { lockfiles: [${lockfiles}] }

# \`local\` is a key made on this machine: it proves that this machine signed, nothing more.
# For a key of your team: \`tally key new team.pem\`, then \`file:team.pem\` here and an authority of kind key below.
sign: { key: local }

# Where artifacts go, in order. \`default\` is a directory on this machine; write registry/repository for a real one.
environments:
  dev: { registry: default }
  prod: { registry: default, from: dev, policy: policy/prod.yaml }

# Who is believed, and about what.
trust:
  - { name: this-machine, authority: local, may: [sign, sbom, provenance, check, verdict, log] }
`
}

function prodPolicy(): string {
  return `# What must be proven before an artifact enters prod. What cannot be verified does not pass.
version: 1
name: prod
require:
  signature: { from: [this-machine] }
  # Built by tally on this machine, from exactly the commit that is checked out, with nothing uncommitted.
  provenance:
    from: [this-machine]
    builder: https://tallystick.dev/builder/local/v1
    build-type: https://tallystick.dev/build/command/v1
    commit: head
    clean: true
  # An SBOM about this very artifact, and one that knows that it is complete.
  sbom: { from: [this-machine], complete: true }
  # WARNED takes runs with findings below check.fail-on too; PASSED takes none.
  check: { from: [this-machine], result: WARNED }
  # Each of these must be in the log, proven.
  log: { of: [signature, provenance, sbom, check] }
`
}

/** A text as a YAML scalar: single-quoted, which escapes nothing but the quote itself. */
function yamlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
