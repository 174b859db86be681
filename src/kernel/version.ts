/** The version of this program; `npm test` holds it equal to package.json. */
export const VERSION = '0.1.0'
