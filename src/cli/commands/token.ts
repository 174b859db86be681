import { listTokens, makeToken, revokeToken } from '../../server/tokens.ts'
import { fail } from '../../kernel/errors.ts'
import { safeText } from '../../kernel/text.ts'
import { localScope } from '../../store/scope.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { openWorkspaceOf } from '../context.ts'
import { withStore } from '../store.ts'

/** `tally token new|list|revoke`: tokens machines write with; only their hash is stored. */
export const token = defineCommand({
  name: 'token',
  summary: 'make and revoke tokens for machines',
  usage: ['tally token new NAME [--days N]', 'tally token list', 'tally token revoke ID'],
  examples: [['tally token new deployer --days 30', 'printed once; only its hash is kept']],
  options: { days: { type: 'string', value: 'N', help: 'days it holds, 1 to 365', default: '90' }, format: FORMAT_TEXT_JSON },
  words: { min: 1, max: 2, names: 'a verb: new, list or revoke' },
  run: async (context) => {
    const { words, flags, deps, terminal } = context
    const [verb = '', subject] = words
    const json = flags.text('format') === 'json'
    const days = flags.text('days') ?? '90'
    if (!/^[1-9]\d{0,2}$/.test(days) || Number(days) > 365)
      throw fail('usage', 'is not a number from 1 to 365', { where: `--days ${days}` })
    if (verb !== 'list' && subject === undefined)
      throw fail('usage', verb === 'new' ? 'needs a name' : 'needs a verb and what it is about', {
        where: `tally token ${verb}`,
        hint: 'see `tally token --help`',
      })
    const workspace = await openWorkspaceOf(context)
    return await withStore(workspace, async (store) => {
      const scope = localScope('cli')
      if (verb === 'new') {
        const made = await makeToken(deps, store, scope, subject ?? '', Number(days))
        terminal.out(json ? JSON.stringify({ token: made.token, ...made.note }) : made.token)
        deps.log('info', `token ${made.note.id} for ${subject} holds until ${made.note.expiresAt}; it is not shown again`)
        return 0
      }
      if (verb === 'revoke') {
        await revokeToken(store, scope, subject ?? '', deps.now())
        terminal.out(json ? JSON.stringify({ revoked: subject }) : `revoked ${subject}`)
        return 0
      }
      if (verb !== 'list') throw fail('usage', 'is none of new, list, revoke', { where: `tally token ${verb}` })
      const tokens = await listTokens(store, scope)
      if (json) terminal.out(JSON.stringify({ tokens }))
      else
        for (const each of tokens)
          terminal.out(
            `${each.id}  ${safeText(each.name).padEnd(20)} ${each.revokedAt === undefined ? `until ${each.expiresAt}` : `revoked ${each.revokedAt}`}`,
          )
      return 0
    })
  },
})
