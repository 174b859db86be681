import { fail } from '../../kernel/errors.ts'
import { defineCommand } from '../command.ts'
import { verify } from './verify.ts'

/** `tally gate ARTIFACT… --policy FILE`: the verdict is the exit code. The same judgement as `verify --policy`, which it asks for. */
export const gate = defineCommand({
  name: 'gate',
  summary: 'judge an artifact by a policy',
  usage: ['tally gate ARTIFACT… --policy FILE [--key FILE]… [--from REPOSITORY]', 'tally gate --file LIST --policy FILE [--format json]'],
  examples: [
    ['tally gate registry.example/app@sha256:… --policy policy/prod.yaml', 'may this run in prod?'],
    ['tally gate app.tgz --policy policy/prod.yaml --format json', 'the same for a machine'],
    ['tally gate --file running.txt --policy policy/prod.yaml', 'all that runs, none left out'],
  ],
  options: verify.options,
  words: verify.words,
  notes: verify.notes ?? [],
  run: async (context) => {
    if (context.flags.text('policy') === undefined)
      throw fail('usage', 'is missing: a gate without a policy would let everything pass', {
        where: '--policy',
        hint: 'tally gate ARTIFACT --policy policy/prod.yaml',
      })
    return await verify.run(context)
  },
})
