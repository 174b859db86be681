/** A small text file by which a program that was installed without a package says its version. */
export type VersionFile = {
  /** Also in `pkg:generic/<name>@<version>`. */
  readonly name: string
  /** The last part of the path; `path` then looks at all of it. */
  readonly file: string
  readonly path: RegExp
  /** Captures the version, in one part or in several that dots belong between. */
  readonly version: RegExp
}

export const VERSION_FILES: readonly VersionFile[] = [
  // JEP 223 and its forerunners: the file lies at the top of every JDK and JRE, which `bin` and `lib` lie beside.
  { name: 'openjdk', file: 'release', path: /(?:^|\/)release$/, version: /^JAVA_VERSION="(\d[\w.+-]{0,60})"$/m },
  {
    name: 'go',
    file: 'VERSION',
    path: /(?:^|\/)go(?:-\d[\w.]{0,20})?\/VERSION$/,
    version: /^go(\d{1,2}\.\d{1,3}(?:\.\d{1,3}|(?:rc|beta)\d{1,2})?)\s/,
  },
  {
    name: 'erlang',
    file: 'OTP_VERSION',
    path: /(?:^|\/)releases\/\d{1,3}\/OTP_VERSION$/,
    version: /^(\d{1,3}(?:\.\d{1,3}){1,4}(?:-rc\d)?)\s*$/,
  },
  { name: 'elixir', file: 'elixir.app', path: /(?:^|\/)elixir\/ebin\/elixir\.app$/, version: /\{vsn, {0,4}"(\d[\w.+-]{0,40})"\}/ },
  {
    name: 'rabbitmq',
    file: 'rabbit.app',
    path: /(?:^|\/)rabbit(?:-\d[\w.+-]{0,40})?\/ebin\/rabbit\.app$/,
    version: /\{vsn,\s{0,4}"(\d[\w.+-]{0,40})"\}/,
  },
  { name: 'ocaml', file: 'VERSION', path: /(?:^|\/)lib\/ocaml\/VERSION$/, version: /^(\d\.\d{1,2}\.\d{1,2})\s/ },
  { name: 'crystal', file: 'VERSION', path: /(?:^|\/)crystal\/(?:src|lib)\/VERSION$/, version: /^(\d\.\d{1,2}\.\d{1,2})\s*$/ },
  { name: 'swipl', file: 'VERSION', path: /(?:^|\/)(?:swipl|swi-prolog)\/VERSION$/, version: /^(\d{1,2}\.\d{1,2}\.\d{1,3})\s*$/ },
  { name: 'dart', file: 'version', path: /(?:^|\/)dart(?:-sdk)?\/version$/, version: /^(\d\.\d{1,2}\.\d{1,2}(?:-[\w.]{1,40})?)\s*$/ },
  {
    name: 'julia',
    file: 'julia_version.h',
    path: /(?:^|\/)include\/julia\/julia_version\.h$/,
    version: /^#define JULIA_VERSION_STRING "(\d[\w.+-]{0,40})"/m,
  },
  {
    name: 'r',
    file: 'Rversion.h',
    path: /(?:^|\/)R\/include\/Rversion\.h$/,
    version: /^#define R_MAJOR {1,4}"(\d{1,2})"\r?\n#define R_MINOR {1,4}"(\d{1,2}\.\d{1,2})"/m,
  },
]
