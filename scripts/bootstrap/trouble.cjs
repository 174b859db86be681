'use strict'

/** An error that ends the process with one clear line: exit code 2 for a wrong question, 5 for a world that does not let us, 130 for a stop from outside. */
function trouble(exitCode, message, hint) {
  return Object.assign(new Error(message), { exitCode, hint })
}

module.exports = { trouble }
