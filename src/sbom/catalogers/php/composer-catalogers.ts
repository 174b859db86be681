import { directoryOf, fileNameOf } from '../../path.ts'
import type { Cataloger } from '../cataloger.ts'
import { lockfileCataloger } from '../lockfile-cataloger.ts'
import { parseComposerLock, parseInstalled } from './composer.ts'

const INSTALLED = /(?:^|\/)composer\/installed\.json$/

/** Composer's lockfiles. */
export const composerCataloger: Cataloger = lockfileCataloger({
  name: 'composer',
  only: { names: ['composer.lock', 'composer.json'] },
  isLock: (path) => fileNameOf(path) === 'composer.lock',
  isBeside: (path) => fileNameOf(path) === 'composer.json',
  coversNames: ['composer.json'],
  parse: ({ bytes, path, directory, other }) =>
    parseComposerLock(bytes, path, directory, other(directory === '' ? 'composer.json' : `${directory}/composer.json`)),
})

/** What Composer installed, by its own list; the packages carry their composer.json (and some a lock of their tests) along. */
export const composerInstalledCataloger: Cataloger = lockfileCataloger({
  name: 'composer-installed',
  method: 'installed',
  only: { names: ['installed.json', 'composer.json'] },
  isLock: (path, mode) => mode === 'installed' && INSTALLED.test(path),
  isBeside: (path, mode) => mode === 'installed' && fileNameOf(path) === 'composer.json',
  covers: (path, { directory }) => {
    const vendor = directoryOf(directory)
    return path.startsWith(vendor === '' ? '' : `${vendor}/`) && fileNameOf(path) === 'composer.json' && path !== 'composer.json'
  },
  parse: ({ bytes, path }) => parseInstalled(bytes, path),
})
