import { storeCredential } from '../../artifact/registry/credentials.ts'
import { pingRegistry } from '../../artifact/registry/ping.ts'
import { readAll } from '../../kernel/bytes.ts'
import { fail } from '../../kernel/errors.ts'
import { LIMITS } from '../../kernel/limits.ts'
import { askSecret, REGISTRY_OPTIONS } from '../context.ts'
import { defineCommand } from '../command.ts'

/** `tally login HOST`: proves the credential to the registry, then stores it where the Docker tools keep theirs. */
export const login = defineCommand({
  name: 'login',
  summary: 'store a credential for a registry',
  usage: ['tally login HOST --username NAME [--password-stdin]'],
  examples: [['echo "$TOKEN" | tally login registry.example --username ci --password-stdin', 'in a pipeline']],
  options: {
    username: { type: 'string', short: 'u', value: 'NAME', help: 'user name' },
    'password-stdin': { type: 'boolean', help: 'read the password from stdin' },
    ...REGISTRY_OPTIONS,
  },
  refused: { password: 'a password on the command line can be read by every process of this machine; use --password-stdin' },
  words: { min: 1, max: 1, names: 'a registry, host or host:port' },
  run: async ({ words, flags, deps, terminal, stdin }) => {
    const host = words[0] ?? ''
    if (!/^[A-Za-z0-9.-]+(?::\d{1,5})?$/.test(host)) throw fail('reference-invalid', 'is not a registry host', { where: host })
    const username = flags.text('username')
    if (username === undefined) throw fail('usage', 'is missing', { where: '--username' })
    let password: string
    if (flags.on('password-stdin'))
      password = new TextDecoder().decode(await readAll(stdin(), LIMITS.keyFileBytes, 'keyFileBytes', 'stdin')).replace(/\r?\n$/, '')
    else if (terminal.interactive) password = await askSecret('Password: ')
    else throw fail('usage', 'there is no terminal to ask for a password', { hint: 'use --password-stdin' })
    if (password === '') throw fail('usage', 'the password is empty', { where: host })
    await pingRegistry(deps, host, { username, password }, { allowHttp: flags.on('allow-http-registry'), offline: flags.on('offline') })
    const place = await storeCredential(deps, host, { username, password })
    terminal.out(`logged in to ${host} as ${username}; kept in ${place}`)
    return 0
  },
})
