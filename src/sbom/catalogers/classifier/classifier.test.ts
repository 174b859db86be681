import { describe, expect, it } from 'vitest'
import { elfBytes, machOBytes, peBytes } from '../../executable/executable-fixture.ts'
import { fuzz } from '../../fuzz-fixture.ts'
import { executableInspector } from '../executable-inspector.ts'
import { inlineInfo } from '../go-binary/go-fixture.ts'
import { CLASSIFIERS } from './binaries.ts'

/** Where a version stands in a program, `§` for it: as in the real one. Zero bytes are written as `~`. */
type Example = { readonly path: string; readonly text: string; readonly version: string; readonly misses: readonly string[] }

const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  python: [
    {
      path: 'usr/local/bin/python3.12',
      text: 'pymalloc_debug~§~strict~<prefix>/lib/pythonX.X~Python %s',
      version: '3.12.4',
      misses: ['~3.11.2~', '/usr/local/lib/python3.12.4/', '~3.12~'],
    },
    { path: 'usr/local/lib/libpython3.13.so.1.0', text: "%s: '%s'~§~%.80s (%.80s) %.80s", version: '3.13.0rc1', misses: ['~3.13.0beta~'] },
    {
      path: 'opt/pyenv/versions/3.12.1/lib/libpython3.12.so.1.0',
      text: 'VERSION macro~/opt/pyenv/versions/§~python3.12~',
      version: '3.12.1',
      misses: [],
    },
    { path: 'usr/bin/python2.7', text: '~%.80s (%.80s) %.80s~§~', version: '2.7.18', misses: ['~2.6.9~'] },
  ],
  node: [
    {
      path: 'usr/local/bin/node',
      text: 'Iron~https://nodejs.org/download/release/v§/node-v§.tar.gz~~https://nodejs.org/download/release/v§/node-v§-headers.tar.gz~',
      version: '20.20.2',
      misses: ['https://nodejs.org/dist/v20/', 'node-v20'],
    },
    { path: 'opt/node/bin/node', text: '/json~node.js/v§~(delegate_) != nullptr', version: '24.21.0', misses: ['node.js/version'] },
    { path: 'usr/lib/libnode.so.127', text: '~node.js/v§~', version: '22.4.1-nightly2024', misses: ['~node.js v22.4.1~'] },
  ],
  deno: [
    {
      path: 'usr/bin/deno',
      text: 'node-globalsdenover§§+e518fbdDeno/§Deno/§+e518fbde518fbd66dda5de',
      version: '2.9.6',
      misses: ['since Deno/0.80.0 and later', 'Deno/2.9.6'],
    },
  ],
  bun: [
    {
      path: 'usr/local/bin/bun',
      text: '~https://github.com/oven-sh/bun/releases/download/bun-v§/bun-linux-x64.zip~',
      version: '1.4.5',
      misses: ['bun-version', 'bun-v1.4'],
    },
  ],
  php: [
    {
      path: 'usr/local/bin/php',
      text: '~%s,%s~X-Powered-By: PHP/§~ZEND_MM_MAX_ALLOCS',
      version: '8.2.36',
      misses: ['PHP/8.2.36', 'X-Powered-By: PHP/%s'],
    },
    { path: 'usr/local/lib/apache2/libphp8.4.so', text: '~X-Powered-By: PHP/§~', version: '8.4.0RC1', misses: [] },
  ],
  ruby: [
    {
      path: 'usr/local/lib/libruby.so.3.1.2',
      text: '~~~~ruby §p20 (2022-04-12 revision 4491bb740a) +YJIT [x86_64-linux-gnu]~',
      version: '3.1.2',
      misses: ['ruby 3.1.2', 'lib/ruby-3.1.0/rb_mjit_min_header-3.1.2.h'],
    },
  ],
  perl: [
    {
      path: 'usr/local/bin/perl5.36.0',
      text: 'PERL_INTERNAL_RAND_SEED~v§~panic: sysconf: %s',
      version: '5.36.0',
      misses: ['/usr/local/share/perl/5.36.0~', '~v5.36~'],
    },
  ],
  lua: [
    {
      path: 'usr/bin/lua5.4',
      text: '$LuaVersion: Lua §  Copyright (C) 1994-2022 Lua.org, PUC-Rio $',
      version: '5.4.4',
      misses: ['~Lua 5.4~'],
    },
    {
      path: 'usr/bin/luac5.1',
      text: '$Lua: Lua § Copyright (C) 1994-2012 Lua.org',
      version: '5.1.5',
      misses: ['Lua 5.1.5 (double int32)'],
    },
  ],
  luajit: [
    {
      path: 'usr/lib/libluajit-5.1.so.2.1.0',
      text: 'table.clear~LuaJIT §~jit~',
      version: '2.1.0-beta3',
      misses: ['/share/luajit-2.1.0-beta3/'],
    },
  ],
  rust: [
    {
      path: 'usr/local/lib/librustc_driver-4c3beb7552356b6f.so',
      text: 'expected type: @rustc version § (129f3b996 2024-06-10)clang LLVM ()',
      version: '1.79.0',
      misses: ['/rustc-1.63.0/library/alloc', 'rustc version mismatch'],
    },
  ],
  nim: [{ path: 'nim/bin/nim', text: '~\u0006~~~~~~~@§~~~~~Y~', version: '1.6.10', misses: ['@/build/nim-1.6.10/compiler/lexer.nim~'] }],
  ocaml: [
    { path: 'usr/bin/ocamlrun', text: '~The OCaml runtime, version §\n~', version: '4.13.1', misses: ['The OCaml runtime, version %s'] },
  ],
  gcc: [
    {
      path: 'usr/bin/x86_64-linux-gnu-gcc-12',
      text: '~ zstd~§~(Debian §-14+deb12u1) ~gcc version %s %s\n~',
      version: '12.2.0',
      misses: ['GCC: (GNU) 12.2.0~', '~12.2.0~Thread model: %s'],
    },
    { path: 'usr/local/bin/gcc', text: '~ zstd~§~~gcc version %s %s\n~', version: '14.1.0', misses: [] },
  ],
  busybox: [
    {
      path: 'bin/busybox',
      text: 'out of memory~BusyBox v§ (2024-05-18 18:17:52 UTC)~',
      version: '1.36.1',
      misses: ['busybox httpd/1.36.1', 'BusyBox vi'],
    },
    { path: 'bin/[', text: '~BusyBox v§ (2024-05-18 18:17:52 UTC)~', version: '1.37.0', misses: ['[: missing argument'] },
  ],
  toybox: [{ path: 'bin/toybox', text: '~toybox §~', version: '0.8.11', misses: ['toybox is'] }],
  bash: [
    {
      path: 'bin/bash',
      text: 'law.~~~@(#)Bash version §(1) release GNU~',
      version: '5.2.15',
      misses: ['~5.2.15~', 'GNU bash, version %s'],
    },
  ],
  curl: [
    { path: 'usr/bin/curl', text: 'Accept: application/json~curl/§~', version: '8.11.1', misses: ['CLIENT libcurl 8.11.1', 'curl/%s'] },
    { path: 'usr/lib/libcurl.so.4.8.0', text: '~/~libcurl/§~zlib/%s~libidn2/%s~', version: '7.88.1', misses: ['CLIENT libcurl 7.88.1'] },
  ],
  wget: [{ path: 'usr/local/bin/wget', text: '-g -Wall~§~~~ABCDEFGHIJ', version: '1.21.3', misses: ['/wget-1.21.3=', '~1.2~'] }],
  git: [{ path: 'usr/local/bin/git', text: '~git/§~GIT_USER_AGENT~~§~', version: '2.39.5', misses: ['git/hooks', '~2.39.5~'] }],
  jq: [
    { path: 'usr/bin/jq', text: 'writing output failed: %s\n~§~DEBUG:~', version: '1.6', misses: ['~1.6~', '1.6~INFO:'] },
    { path: 'usr/local/bin/jq', text: '~jq-§~', version: '1.7.1', misses: ['jq-1.7.1'] },
  ],
  ffmpeg: [
    {
      path: 'usr/local/bin/ffmpeg',
      text: 'specified.\n~%s version §-0+deb12u1~%sbuilt with %s\n~',
      version: '5.1.9',
      misses: ['LAME version 3.100'],
    },
    { path: 'usr/lib/libavutil.so.57.28.100', text: '~FFmpeg version §~AuthenticAMD~', version: '7.0', misses: ['FFmpeg version %s'] },
  ],
  gzip: [{ path: 'bin/gzip', text: '%s: %s: file size changed while zipping\n~§~~', version: '1.12', misses: ['~1.12~'] }],
  xz: [{ path: 'usr/bin/xz', text: '~xz (XZ Utils) §~liblzma %s\n~', version: '5.4.1', misses: ['(XZ Utils) %s'] }],
  zstd: [{ path: 'usr/bin/zstd', text: 'Enabled~v§~Zstandard CLI~', version: '1.5.4', misses: ['v1.5.4', '~v0.5~'] }],
  gawk: [{ path: 'usr/bin/gawk', text: '~GNU Awk §~unbalanced [~', version: '5.2.1', misses: ['GNU Awk Users Guide'] }],
  rsync: [{ path: 'usr/bin/rsync', text: '  "%s": "%s"~§~copyright~', version: '3.5.0', misses: ['protocol 3.5.0 '] }],
  openssl: [
    {
      path: 'usr/local/lib64/libcrypto.so.3',
      text: '~OpenSSL § 25 Aug 2026~§~not available~',
      version: '3.0.22',
      misses: ['/build/openssl-3.0.22=.', 'OpenSSL 3.0.22 is'],
    },
    { path: 'usr/lib/libssl.so.1.1', text: '~OpenSSL §  11 Sep 2023~', version: '1.1.1w', misses: ['OpenSSL 1.1.1'] },
    { path: 'usr/lib/libcrypto.so.4', text: '~OpenSSL § 14 Apr 2026~', version: '4.0.1', misses: [] },
  ],
  libressl: [{ path: 'usr/lib/libcrypto.so.52', text: '~LibreSSL §~', version: '3.8.2', misses: ['LibreSSL documentation'] }],
  sqlite: [{ path: 'usr/lib/libsqlite3.so.0.8.6', text: '~~~~§~~\u0001~~~', version: '3.40.1', misses: ['sqlite-3.40.1', '~13.40.1~'] }],
  zlib: [
    {
      path: 'usr/lib/libz.so.1.2.13',
      text: '~ inflate § Copyright 1995-2022 Mark Adler ~',
      version: '1.2.13',
      misses: ['~1.2.13~need dictionary'],
    },
  ],
  expat: [{ path: 'usr/lib/libexpat.so.1.8.10', text: 'parser not started~expat_§~\\0~', version: '2.5.0', misses: ['expat_config.h'] }],
  nginx: [
    {
      path: 'usr/sbin/nginx',
      text: '~nginx version: nginx/§\n~OpenSSL 3.0.22 25 Aug 2026~',
      version: '1.22.1',
      misses: ['/etc/nginx/1.22.1/', '<center>nginx/1.22.1</center>'],
    },
    {
      path: 'usr/local/sbin/nginx',
      text: 'getrlimit(RLIMIT_NOFILE): %r:%r~nginx/§~crypt_r() failed',
      version: '1.27.4',
      misses: [],
    },
  ],
  openresty: [
    { path: 'usr/local/openresty/nginx/sbin/nginx', text: '~openresty/§~', version: '1.25.3.2', misses: ['/usr/local/openresty/nginx'] },
  ],
  httpd: [
    {
      path: 'usr/local/apache2/bin/httpd',
      text: '<address>\n~</a> Port ~Apache/§ (Unix)~',
      version: '2.4.62',
      misses: ['Apache/2', 'X-Apache/2.4.62'],
    },
  ],
  haproxy: [
    {
      path: 'usr/local/sbin/haproxy',
      text: '~ version §-1+deb12u4, released 2026/10/17~~',
      version: '2.6.12',
      misses: ['~2.6.12-1+deb12u4~', 'released 2026/10/17'],
    },
    { path: 'usr/sbin/haproxy', text: '~ version §, released 2024/11/26~', version: '3.1.0', misses: [] },
  ],
  lighttpd: [
    { path: 'usr/sbin/lighttpd', text: 'SQLite support\n~lighttpd/§~server~', version: '1.4.69', misses: ['/etc/lighttpd/lighttpd.conf'] },
  ],
  varnish: [{ path: 'usr/sbin/varnishd', text: '~varnish-§ revision 7cee1c581bead20e~', version: '7.1.1', misses: ['varnish-cache.org'] }],
  squid: [{ path: 'usr/sbin/squid', text: "/1.0) in '~squid/§~;\t ~HTTP/~", version: '6.10', misses: ['/build/squid-5.7='] }],
  envoy: [{ path: 'usr/local/bin/envoy', text: 'Clean~§~RELEASE~', version: '1.31.0', misses: ['~1.3.0~', 'envoy/1.31.0'] }],
  stunnel: [
    { path: 'usr/bin/stunnel4', text: '~stunnel § on x86_64-pc-linux-gnu platform~', version: '5.68', misses: ['Server: stunnel/5.68'] },
  ],
  redis: [
    {
      path: 'usr/local/bin/redis-server',
      text: 'upstart~err~§~c11-builtin~shutdown_in_milliseconds',
      version: '7.0.15',
      misses: ['~7.0.15~', 'c11-builtin'],
    },
    {
      path: 'usr/local/bin/redis-check-aof',
      text: '~§buildkitsandbox-1700000000100000000~',
      version: '7.4.1',
      misses: ['~7.4.1buildkitsandbox~'],
    },
  ],
  valkey: [{ path: 'usr/local/bin/valkey-server', text: 'err~§~c11-builtin~', version: '8.0.1', misses: ['valkey 8.0.1'] }],
  postgresql: [
    {
      path: 'usr/local/bin/postgres',
      text: '~postgres (PostgreSQL) §\n~"root" execution',
      version: '17.2',
      misses: ['PostgreSQL 17.2 on x86_64', '(PostgreSQL) %s'],
    },
    { path: 'usr/lib/postgresql/9.6/bin/psql', text: '~psql (PostgreSQL) §~', version: '9.6.24', misses: [] },
  ],
  mariadb: [
    { path: 'usr/sbin/mariadbd', text: 'Unknown~-0+deb12u1~§-MariaDB~x86_64~', version: '10.11.19', misses: ['~10.11.19~', 'for MariaDB'] },
    { path: 'usr/bin/mysql', text: '~5.5.5-§-MariaDB-ubu2404~', version: '11.4.3', misses: [] },
  ],
  mysql: [
    {
      path: 'usr/sbin/mysqld',
      text: '/pb2/rpm/BUILD/mysql-§/mysql-§/sql/auth.cc',
      version: '8.0.36',
      misses: ['/usr/share/mysql-8.0/', '/var/lib/mysql-files/'],
    },
  ],
  memcached: [{ path: 'usr/local/bin/memcached', text: 'listen~memcached §~udp-port~', version: '1.6.18', misses: ['memcached 1.6'] }],
  mosquitto: [
    { path: 'usr/sbin/mosquitto', text: 'bridge remapping.~§~mosquitto version %s\n\n~', version: '2.0.11', misses: ['~2.0.11~'] },
  ],
  bind: [
    {
      path: 'usr/sbin/named',
      text: '~libjemalloc.so.2~libisc-§-1-Debian.so~',
      version: '9.18.49',
      misses: ['libisc-export.so'],
    },
    { path: 'usr/local/sbin/named', text: '~BIND § (Stable Release)~', version: '9.20.3', misses: ['BIND 9 administrator'] },
  ],
  unbound: [
    { path: 'usr/sbin/unbound', text: 'READY=1~unbound §~start of service (%s).~', version: '1.17.1', misses: ['unbound 1.17.1 '] },
  ],
  dnsmasq: [{ path: 'usr/sbin/dnsmasq', text: '/etc/dnsmasq.conf~dnsmasq-§~version.bind~', version: '2.90', misses: ['dnsmasq-2.90'] }],
  chrony: [{ path: 'usr/sbin/chronyd', text: '~--help~--version~§~46df:F:hl:L:mnp', version: '4.3', misses: ['~4.3~'] }],
  postfix: [
    {
      path: 'usr/lib/postfix/sbin/master',
      text: 'list~mail_version=§~MAIL_VERBOSE~',
      version: '3.7.11',
      misses: ['mail_version=3.7.11', '~mail_version~3.7.11~'],
    },
  ],
  dovecot: [{ path: 'usr/sbin/dovecot', text: '~~~Dovecot v§ (9b53102964) starting up~', version: '2.3.19.1', misses: ['Dovecot vmail'] }],
  proftpd: [{ path: 'usr/sbin/proftpd', text: '~ProFTPD Version §~LANG~', version: '1.3.8', misses: ['ProFTPD Version: %s'] }],
  openssh: [
    {
      path: 'usr/sbin/sshd',
      text: '~~OpenSSH_§ Debian-2+deb12u10~usage: sshd',
      version: '9.2p1',
      misses: ['OpenSSH_9.2p1', '~OpenSSH_for_Windows~'],
    },
  ],
  dropbear: [
    { path: 'usr/sbin/dropbear', text: 'Crypto error~SSH-2.0-dropbear_§\r\n~', version: '2022.83', misses: ['dropbear_rsa_host_key'] },
  ],
  openvpn: [
    { path: 'usr/sbin/openvpn', text: '~~OpenVPN § x86_64-pc-linux-gnu [SSL (OpenSSL)]~', version: '2.6.14', misses: ['OpenVPN 2.6.14'] },
  ],
  tor: [{ path: 'usr/local/bin/tor', text: '~~tor §~~INTERNAL ERROR', version: '0.4.9.11', misses: ['(on Tor 0.4.9.11 )'] }],
  keepalived: [{ path: 'usr/sbin/keepalived', text: '~~Keepalived v§ (01/16,2022)~', version: '2.2.7', misses: ['/keepalived-2.2.7='] }],
  coturn: [{ path: 'usr/bin/turnserver', text: "TURN Server~Coturn-§ 'Gorst'~", version: '4.6.1', misses: ['coturn-4.6.1'] }],
  tini: [{ path: 'sbin/tini', text: '[INFO  tini (%i)] ~tini version §~%s (%s)\n~', version: '0.19.0', misses: ['tini version %s'] }],
  s6: [{ path: 'package/admin/s6-2.11.3.2/command/s6-svscan', text: 'usage: s6-svscan', version: '2.11.3.2', misses: [] }],
  'dumb-init': [{ path: 'usr/bin/dumb-init', text: '\u0006~~~§\n~.shstrtab~', version: '1.2.5', misses: ['~1.2.5~'] }],
  uwsgi: [{ path: 'usr/bin/uwsgi-core', text: '~running %s\n~default~§-debian~listen_queue', version: '2.0.21', misses: ['uWSGI 2.0.21'] }],
}

const FILL = 'Nothing of a version 0.0 is here. '.repeat(12)

/** A program that holds a text. */
function program(text: string): Uint8Array {
  return elfBytes([{ name: '.rodata', content: Buffer.from(`${FILL}${text}${FILL}`.replaceAll('~', '\0'), 'latin1') }])
}

async function purlsIn(path: string, bytes: Uint8Array, pieceSize = bytes.byteLength): Promise<string[]> {
  const found = await executableInspector.inspect({
    path,
    size: bytes.byteLength,
    content: (async function* () {
      for (let at = 0; at < bytes.byteLength; at += pieceSize) yield bytes.subarray(at, at + pieceSize)
    })(),
  })
  return (found?.catalog?.components ?? []).map(({ purl }) => purl)
}

const ROWS = Object.entries(EXAMPLES).flatMap(([name, examples]) => examples.map((example) => ({ name, ...example })))

describe('programs without a package', () => {
  it('has an example of every program of the table, and those are more than sixty', () => {
    expect(Object.keys(EXAMPLES).toSorted()).toEqual(CLASSIFIERS.map(({ name }) => name).toSorted())
    expect(CLASSIFIERS.length).toBeGreaterThanOrEqual(60)
  })

  it.each(ROWS)('$name by $path', async ({ name, path, text, version, misses }) => {
    const bytes = program(text.replaceAll('§', version))
    expect(await purlsIn(path, bytes)).toEqual([`pkg:generic/${name}@${version}`])
    // However the bytes come.
    for (const pieceSize of [97, 509]) expect(await purlsIn(path, bytes, pieceSize)).toEqual([`pkg:generic/${name}@${version}`])
    // Under the name of another program it says nothing.
    expect(await purlsIn('usr/bin/something', bytes)).toEqual([])
    for (const miss of misses) expect(await purlsIn(path, program(miss)), miss).toEqual([])
  })

  it.each([
    ['as the linker was told', 'mod\tk8s.io/kubernetes\t(devel)\t\n', '~~v1.31.4~~~go1.26.8~~', 'k8s.io/kubernetes@v1.31.4'],
    ['of a release candidate', 'path\tk8s.io/kubernetes/cmd/kubectl\n', '~1.32.0-rc.1~', 'k8s.io/kubernetes/cmd/kubectl@v1.32.0-rc.1'],
    ['not where there are two', 'mod\tk8s.io/kubernetes\t(devel)\t\n', '~v1.31.4~v5.4.2~', 'k8s.io/kubernetes'],
    ['not where it is part of a text', 'mod\tk8s.io/kubernetes\t(devel)\t\n', 'netns1.6.20+unknown19073', 'k8s.io/kubernetes'],
    ['not where the program knows better', 'mod\tk8s.io/kubernetes\tv1.30.0\t\n', '~v1.31.4~', 'k8s.io/kubernetes@v1.30.0'],
  ])('has the version of a program in Go %s', async (_, modules, text, expected) => {
    const bytes = elfBytes([
      { name: '.rodata', content: Buffer.from(`${FILL}${text}${FILL}`.replaceAll('~', '\0'), 'latin1') },
      { name: '.go.buildinfo', content: inlineInfo('go1.26.8', modules), writable: true },
    ])
    expect(await purlsIn('usr/local/bin/kubectl', bytes)).toEqual([`pkg:golang/${expected}`, 'pkg:golang/stdlib@1.26.8'])
  })

  it('is told in PE and Mach-O, too', async () => {
    const content = Buffer.from(`${FILL}\0memcached 1.6.18\0 and more`, 'latin1')
    expect(await purlsIn('bin/memcached.exe', peBytes([{ name: '.rdata', content }]))).toEqual(['pkg:generic/memcached@1.6.18'])
    expect(await purlsIn('bin/memcached', machOBytes([{ name: '__const', content }]))).toEqual(['pkg:generic/memcached@1.6.18'])
  })

  it('needs an executable: a text of the same words is none', async () => {
    expect(await purlsIn('usr/sbin/nginx', Buffer.from(`#!/bin/sh\n${FILL}\0nginx/1.22.1\0`))).toEqual([])
  })

  it('believes no bare number of which there are two', async () => {
    expect(await purlsIn('usr/bin/rsync', program('~3.2.7~other~3.1.3~'))).toEqual([])
    expect(await purlsIn('usr/bin/rsync', program('~3.2.7~again~3.2.7~'))).toEqual(['pkg:generic/rsync@3.2.7'])
  })

  it('is not told by what another language loads of it', async () => {
    expect(await purlsIn('usr/lib/ruby/3.1.0/openssl.so', program('~OpenSSL 3.0.22 25 Aug 2026~'))).toEqual([])
  })

  it('keeps to the series in the name of the file', async () => {
    expect(await purlsIn('usr/bin/python3.1', program('~3.12.4~'))).toEqual([])
    expect(await purlsIn('usr/bin/python3', program('~3.12.4~'))).toEqual(['pkg:generic/python@3.12.4'])
  })

  it('reads a hostile program in time that grows with its size alone', async () => {
    const text = `${'~OpenSSL 3.0.22 25 Aug 202'.repeat(20_000)}${'~3.1.'.repeat(50_000)}${'1'.repeat(200_000)}`
    expect(await purlsIn('usr/lib/libcrypto.so.3', program(text))).toEqual([])
    expect(await purlsIn('usr/bin/python3', program(text))).toEqual([])
  })

  it('survives spoilt programs', async () => {
    const samples = ['~nginx/1.22.1~', '~openresty/1.25.3.2~'].map(program)
    const outcome = await fuzz(samples, async (bytes) => await purlsIn('usr/sbin/nginx', bytes, 300), { rounds: 400 })
    expect(outcome.strange).toEqual([])
    expect(outcome.read).toBeGreaterThan(0)
  })
})
