import { basename, join, resolve } from 'node:path'
import { detectProject } from '../../chain/detect-project.ts'
import { projectFiles } from '../../chain/project-template.ts'
import { writeFileAtomic } from '../../kernel/atomic-file.ts'
import { utf8 } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { defineCommand } from '../command.ts'

/** `tally init`: tally.yaml and a prod policy for the project at hand, commented; says from which file each line was taken. */
export const init = defineCommand({
  name: 'init',
  summary: 'write a commented tally.yaml for this project',
  usage: ['tally init [DIR] [--kind KIND] [--force]'],
  examples: [
    ['tally init', 'look at the files here and write tally.yaml'],
    ['tally init --kind docker', 'there is more than one way to build this; take the Dockerfile'],
  ],
  options: {
    kind: {
      type: 'string',
      value: 'KIND',
      choices: ['npm', 'python', 'go', 'rust', 'maven', 'gradle', 'docker'],
      help: 'npm, python, go, rust, maven, gradle or docker',
    },
    force: { type: 'boolean', help: 'overwrite tally.yaml and policy/prod.yaml' },
  },
  words: { min: 0, max: 1, names: 'at most one directory' },
  run: async ({ words, flags, deps, terminal, cwd }) => {
    const dir = resolve(cwd, words[0] ?? '.')
    const kinds = await detectProject(deps, dir)
    const wanted = flags.text('kind')
    const found = wanted === undefined ? kinds[0] : kinds.find((each) => each.kind === wanted)
    if (found === undefined) {
      throw fail(
        'nothing-to-check',
        wanted === undefined ? 'holds no file that tells what kind of project it is' : `holds no file of a ${wanted} project`,
        {
          where: dir,
          hint: 'looked for package.json, pyproject.toml, go.mod, Cargo.toml, pom.xml, build.gradle, Dockerfile; write tally.yaml by docs/tally-yaml.md',
        },
      )
    }
    if (wanted === undefined && kinds.length > 1) {
      throw fail('usage', `could be built as ${kinds.map((each) => `${each.kind} (${each.because})`).join(' or ')}`, {
        where: basename(dir),
        hint: `say which: tally init --kind ${found.kind}`,
      })
    }
    const files = projectFiles(found)
    for (const [name] of files) {
      const there = await deps.fs.stat(join(dir, name)).catch(() => undefined)
      if (there !== undefined && !flags.on('force'))
        throw fail('usage', 'is there already', { where: name, hint: 'edit it, or overwrite it with --force' })
    }
    for (const [name, text] of files) {
      await deps.fs.mkdir(join(dir, name, '..'), { recursive: true })
      await writeFileAtomic(deps, join(dir, name), utf8(text))
      terminal.out(`wrote ${name}`)
    }
    for (const line of found.notes) terminal.out(`  ${line}`)
    terminal.out('next: read tally.yaml, commit both files, then run `tally ship`')
    return 0
  },
})
