/**
 * A text in a program that holds its version: `version` captures it, at most WINDOW bytes around where `find` is. A text to find makes
 * the search ten times as fast; without one the whole file is matched. Both are what the programs themselves print or send.
 */
export type Mark = { readonly find: string; readonly version: RegExp }

/** A well-known program or library, which images often carry without a package. */
export type Classifier = {
  /** Its name, also in `pkg:generic/<name>@<version>`. */
  readonly name: string
  /** What its files are called, without versions, folders and endings: `python` for `python3.11`, `libpython` for `libpython3.11.so.1.0`. */
  readonly files: readonly string[]
  readonly marks: readonly Mark[]
  /** How likely a version so found is the program's own, 0…1: a phrase that names the program is surer than a bare number. */
  readonly confidence: number
  /** A bare number counts only where the file holds no other one of the same look. */
  readonly alone?: true
  /** The version must continue the one in the file's name, if that has one. */
  readonly sameSeries?: true
  /** Captures the version in the path, for programs that hold none and are installed into a folder of their version. */
  readonly path?: RegExp
}

const PHRASE = 0.9
const NUMBER = 0.7

/** A phrase that names the program, right before the version. */
function phrase(name: string, files: readonly string[], ...marks: readonly (readonly [find: string, version: RegExp])[]): Classifier {
  return { name, files, marks: marks.map(([find, version]) => ({ find, version })), confidence: PHRASE }
}

/** A version between zero bytes, as compilers lay out a string that is nothing else. */
function number(name: string, files: readonly string[], ...marks: readonly (readonly [find: string, version: RegExp])[]): Classifier {
  return { name, files, marks: marks.map(([find, version]) => ({ find, version })), confidence: NUMBER, alone: true }
}

/** Every pattern is linear: what repeats is bounded, or of a class that what follows is not of. */
export const CLASSIFIERS: readonly Classifier[] = [
  // Languages. A linker keeps a text once that another one ends with: that of a Python of pyenv ends the path of its folder.
  {
    ...number(
      'python',
      ['python', 'python3', 'libpython', 'pypy'],
      ['', /(?:\0|\/versions\/)(3\.\d{1,2}\.\d{1,2}(?:(?:a|b|rc)\d{1,2})?)\+?(?=\0)/],
      ['', /(?:\0|\/versions\/)(2\.7\.\d{1,2}(?:(?:a|b|rc)\d{1,2})?)\+?(?=\0)/],
    ),
    sameSeries: true,
  },
  phrase(
    'node',
    ['node', 'nodejs', 'libnode'],
    ['node.js/v', /node\.js\/v(\d{1,3}\.\d{1,3}\.\d{1,3}(?:-[\w.]{1,40})?)/],
    ['/node-v', /\/download\/[a-z]{1,20}\/v\d[\w.-]{1,60}\/node-v(\d{1,3}\.\d{1,3}\.\d{1,3}(?:-(?!headers)[\w]{1,40})?)/],
  ),
  // Other versions stand in the program, too, in texts about them.
  phrase('deno', ['deno'], ['Deno/', /Deno\/(\d{1,3}\.\d{1,3}\.\d{1,3}(?:-(?:rc|beta|alpha)\.\d{1,3})?)(?=Deno\/|\+[0-9a-f]{7})/]),
  phrase('bun', ['bun'], ['bun-v', /bun-v(\d{1,3}\.\d{1,3}\.\d{1,3})(?=[\0/])/]),
  phrase(
    'php',
    ['php', 'php-cgi', 'php-fpm', 'libphp', 'phpdbg'],
    ['PHP/', /X-Powered-By: PHP\/(\d\.\d{1,2}\.\d{1,2}(?:(?:alpha|beta|RC)\d{1,2})?)/],
  ),
  phrase(
    'ruby',
    ['ruby', 'libruby', 'libruby-static'],
    ['ruby ', /ruby (\d\.\d{1,2}\.\d{1,2})(?:p\d{1,4}|(?:preview|rc|dev)\d{0,2}) \(\d{4}-\d\d-\d\d/],
  ),
  number('perl', ['perl', 'libperl'], ['', /\0v(5\.\d{1,3}\.\d{1,3})(?=\0)/]),
  phrase('lua', ['lua', 'luac', 'liblua'], ['Lua 5.', /Lua (5\.\d\.\d{1,2}) {1,2}Copyright \(C\)/]),
  phrase('luajit', ['luajit', 'libluajit'], ['LuaJIT 2.', /\0LuaJIT (2\.\d{1,2}\.\d{1,12}(?:-[\w]{1,20})?)(?=\0)/]),
  phrase('rust', ['librustc_driver'], ['rustc version 1.', /rustc version (1\.\d{2,3}\.\d{1,2}(?:-(?:beta|nightly)(?:\.\d{1,2})?)?)/]),
  number('nim', ['nim'], ['', /@(\d\.\d{1,2}\.\d{1,2})(?=\0)/]),
  phrase('ocaml', ['ocamlrun', 'ocamlrund'], ['The OCaml runtime, version ', /The OCaml runtime, version (\d\.\d{1,2}\.\d{1,2})/]),
  phrase('gcc', ['gcc', 'g++', 'c++'], ['gcc version %s', /\0(\d{1,2}\.\d{1,2}\.\d{1,2})\0(?:\([^\0]{1,80}\) )?\0gcc version %s/]),
  // Shells and everyday commands
  // Where its commands are hard links, the first in order holds the bytes.
  phrase('busybox', ['busybox', '['], ['BusyBox v', /BusyBox v(\d\.\d{1,2}\.\d{1,2})/]),
  phrase('toybox', ['toybox'], ['toybox ', /\0toybox (\d\.\d{1,2}\.\d{1,2})/]),
  phrase('bash', ['bash'], ['@(#)Bash version ', /@\(#\)Bash version (\d\.\d{1,2}(?:\.\d{1,3})?)/]),
  phrase(
    'curl',
    ['curl', 'libcurl', 'libcurl-gnutls'],
    ['curl/', /\0curl\/(\d{1,2}\.\d{1,3}\.\d{1,3})/],
    ['libcurl/', /\0libcurl\/(\d{1,2}\.\d{1,3}\.\d{1,3})/],
  ),
  number('wget', ['wget'], ['', /\0(1\.\d{2}(?:\.\d{1,2})?)(?=\0)/]),
  phrase('git', ['git', 'git-remote-http', 'git-shell'], ['git/2.', /git\/(2\.\d{1,3}\.\d{1,3})/]),
  number('jq', ['jq'], ['DEBUG:', /\0(1\.\d(?:\.\d)?(?:rc\d)?)\0DEBUG:/], ['', /\0jq-(1\.\d(?:\.\d)?)(?=\0)/]),
  phrase(
    'ffmpeg',
    ['ffmpeg', 'ffprobe', 'libavcodec', 'libavutil', 'libavformat'],
    ['version ', /(?:%s|FFmpeg) version (\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)/],
  ),
  number('gzip', ['gzip'], ['', /\n\0(1\.\d{1,2})(?=\0)/]),
  phrase('xz', ['xz', 'xzdec', 'lzmainfo'], ['(XZ Utils) ', /\(XZ Utils\) (\d\.\d{1,2}\.\d{1,2}(?:alpha|beta)?)/]),
  number('zstd', ['zstd'], ['', /\0v(1\.\d{1,2}\.\d{1,2})(?=\0)/]),
  phrase('gawk', ['gawk'], ['GNU Awk ', /GNU Awk (\d\.\d{1,2}\.\d{1,2})/]),
  number('rsync', ['rsync'], ['', /\0(3\.\d{1,2}\.\d{1,2})(?=\0)/]),
  // Libraries that are copied in
  phrase(
    'openssl',
    ['openssl', 'libcrypto', 'libssl'],
    ['OpenSSL ', /OpenSSL ([013]\.\d{1,2}\.\d{1,2}[a-z]{0,2}(?:-(?:alpha|beta)\d{1,2}|-fips)?) {1,2}\d{1,2} [A-Z][a-z]{2} 20\d\d/],
    ['OpenSSL 4.', /OpenSSL (4\.\d{1,2}\.\d{1,2}) \d{1,2} [A-Z][a-z]{2} 20\d\d/],
  ),
  phrase('libressl', ['openssl', 'libcrypto', 'libressl'], ['LibreSSL ', /LibreSSL (\d\.\d{1,2}\.\d{1,2})/]),
  number('sqlite', ['libsqlite', 'sqlite'], ['', /\0(3\.\d{1,2}\.\d{1,2})(?=\0)/]),
  phrase('zlib', ['libz'], ['inflate 1.', / inflate (1\.\d{1,2}\.\d{1,2}(?:\.\d{1,2})?) Copyright/]),
  phrase('expat', ['libexpat'], ['expat_', /\0expat_(\d\.\d{1,2}\.\d{1,2})(?=\0)/]),
  // Web servers and proxies
  phrase(
    'nginx',
    ['nginx'],
    ['nginx/', /\0nginx\/(\d\.\d{1,2}\.\d{1,2})(?=\0)/],
    ['nginx version: nginx/', /nginx version: nginx\/(\d\.\d{1,2}\.\d{1,2})/],
  ),
  phrase('openresty', ['nginx', 'openresty'], ['openresty/', /(?:nginx version: |\0)openresty\/(\d\.\d{1,2}\.\d{1,2}\.\d{1,2})/]),
  phrase('httpd', ['httpd', 'apache'], ['Apache/2.', /\0Apache\/(2\.\d\.\d{1,2})/]),
  phrase('haproxy', ['haproxy'], [', released ', / version (\d\.\d{1,2}(?:\.\d{1,3}|-dev\d{1,3}))[^\0,]{0,60}, released 20\d\d/]),
  phrase('lighttpd', ['lighttpd'], ['lighttpd/1.', /lighttpd\/(1\.\d\.\d{1,3})/]),
  phrase('varnish', ['varnishd'], ['varnish-', /varnish-(\d{1,2}\.\d{1,2}\.\d{1,2}) revision/]),
  phrase('squid', ['squid'], ['squid/', /\0squid\/(\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)/]),
  number('envoy', ['envoy'], ['', /\0(1\.\d{2}\.\d{1,2})(?:-dev)?(?=\0)/]),
  phrase('stunnel', ['stunnel'], ['stunnel 5.', /stunnel (5\.\d{1,2}) on /]),
  // Databases, caches, queues
  phrase(
    'redis',
    ['redis-server', 'redis-check-rdb', 'redis-check-aof', 'redis-sentinel'],
    ['-builtin', /\0(\d\.\d{1,2}\.\d{1,3})\0(?:c11|atomic|sync)-builtin(?=\0)/],
    // The version, the host and time of the build, whether it was dirty, the commit: one string without anything between.
    ['', /\0(\d\.\d{1,2}\.\d{1,2})[a-z][\w.-]{0,80}-1\d{9}[01][0-9a-f]{8}(?=\0)/],
  ),
  phrase(
    'valkey',
    ['valkey-server', 'valkey-check-rdb', 'valkey-sentinel'],
    ['-builtin', /\0(\d\.\d{1,2}\.\d{1,3})\0(?:c11|atomic|sync)-builtin(?=\0)/],
    ['', /\0(\d\.\d{1,2}\.\d{1,2})[a-z][\w.-]{0,80}-1\d{9}[01][0-9a-f]{8}(?=\0)/],
  ),
  phrase(
    'postgresql',
    ['postgres', 'psql', 'pg_dump', 'initdb'],
    ['(PostgreSQL) ', /\(PostgreSQL\) (\d{1,2}(?:\.\d{1,2}){1,2}|\d{2}(?:beta|rc)\d)/],
  ),
  phrase(
    'mariadb',
    ['mariadbd', 'mysqld', 'mariadb', 'mysql', 'libmariadb'],
    ['-MariaDB', /\0(?:5\.5\.5-)?(\d{2}\.\d{1,2}\.\d{1,3})-MariaDB/],
    ['MariaDB 1', /\0MariaDB (1\d\.\d{1,2}\.\d{1,3})(?=\0)/],
  ),
  phrase(
    'mysql',
    ['mysqld', 'mysql', 'libmysqlclient', 'mysqladmin', 'mysqldump'],
    ['/mysql-', /\/mysql-(?:community-|commercial-)?([589]\.\d{1,2}\.\d{1,3})(?:-\d[\w.]{0,40})?\//],
  ),
  phrase('memcached', ['memcached'], ['memcached 1.', /\0memcached (1\.\d{1,2}\.\d{1,3})/]),
  number('mosquitto', ['mosquitto'], ['mosquitto version %s', /\0(\d\.\d{1,2}\.\d{1,3})\0mosquitto version %s/]),
  // Names, time, mail, remote access
  phrase('bind', ['named'], ['libisc-9.', /\0libisc-(9\.\d{1,2}\.\d{1,3})[\w.~+-]{0,60}\.so/], ['BIND 9.', /BIND (9\.\d{1,2}\.\d{1,3})/]),
  phrase('unbound', ['unbound'], ['unbound 1.', /\0unbound (1\.\d{1,2}\.\d{1,2})(?=\0)/]),
  phrase('dnsmasq', ['dnsmasq'], ['dnsmasq-2.', /\0dnsmasq-(2\.\d{1,3})/]),
  number('chrony', ['chronyd'], ['--version', /--version\0(\d\.\d{1,2}(?:\.\d{1,2})?)(?=\0)/]),
  phrase(
    'postfix',
    ['master', 'postconf', 'smtpd', 'smtp', 'postfix'],
    ['mail_version=', /\0mail_version=(\d\.\d{1,2}(?:\.\d{1,2}|-\d{8})?)(?=\0)/],
  ),
  phrase('dovecot', ['dovecot'], ['Dovecot v', /Dovecot v(\d\.\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)/]),
  phrase('proftpd', ['proftpd'], ['ProFTPD Version ', /ProFTPD Version (\d\.\d\.\d{1,2}[a-z]?)/]),
  phrase('openssh', ['sshd', 'ssh', 'ssh-keygen', 'ssh-add', 'sshd-session'], ['OpenSSH_', /\0OpenSSH_(\d{1,2}\.\d{1,2}p\d)/]),
  phrase('dropbear', ['dropbear', 'dropbearmulti', 'dbclient'], ['dropbear_', /SSH-2\.0-dropbear_(20\d\d\.\d{2})/]),
  phrase('openvpn', ['openvpn'], ['OpenVPN 2.', /\0OpenVPN (2\.\d{1,2}(?:\.\d{1,3}|_\w{1,8}))/]),
  phrase('tor', ['tor'], ['tor 0.', /\0tor (0\.\d\.\d{1,2}\.\d{1,3}(?:-(?:alpha|rc))?)(?=\0)/]),
  phrase('keepalived', ['keepalived'], ['Keepalived v', /\0Keepalived v(\d\.\d{1,2}\.\d{1,3})/]),
  phrase('coturn', ['turnserver'], ['Coturn-', /Coturn-(\d\.\d{1,2}\.\d{1,2})/]),
  // What starts and watches processes
  phrase('tini', ['tini', 'tini-static', 'docker-init'], ['tini version ', /tini version (\d\.\d{1,2}\.\d{1,2})/]),
  {
    ...phrase('s6', ['s6-svscan']),
    // The slashpackage convention, by which s6-overlay installs it.
    path: /(?:^|\/)package\/admin\/s6-(\d{1,2}(?:\.\d{1,2}){2,3})\/command\/s6-svscan$/,
  },
  number('dumb-init', ['dumb-init'], ['', /\0(1\.\d\.\d)\n(?=\0)/]),
  number('uwsgi', ['uwsgi', 'uwsgi-core'], ['', /\0(2\.\d\.\d{1,2})(?:\.\d)?(?:-debian)?(?=\0)/]),
]

/**
 * Programs in Go whose releases keep their version only in a variable the linker sets, which the list of modules does not show once
 * paths are trimmed: there it lies between zero bytes.
 */
export const GO_PROGRAMS: ReadonlySet<string> = new Set(
  `
    alertmanager argocd caddy cilium-agent cloudflared consul containerd coredns crictl ctr dex docker dockerd envconsul etcd etcdctl
    external-dns fleet flux gh gitea grafana grafana-server haproxy-ingress helm hugo influxd istioctl jaeger-all-in-one k3s k6 kube-apiserver
    kube-controller-manager kube-proxy kube-scheduler kubeadm kubectl kubelet kustomize loki mc minio nats-server
    nerdctl node_exporter nomad oauth2-proxy opa otelcol packer pilot-agent pilot-discovery podman pomerium prometheus promtail promtool
    rclone registry restic runc skopeo sops step step-ca syft telegraf tempo terraform tofu traefik trivy vault velero victoria-metrics yq
  `
    .trim()
    .split(/\s+/),
)

/** What the linker was told: a semantic version that is a string of its own. */
export const GO_STAMP: Mark = {
  find: '',
  version: /\0(v?\d{1,4}\.\d{1,4}\.\d{1,4}(?:-(?:alpha|beta|rc|pre|dev)[\w.]{0,20})?(?:\+[\w.]{1,20})?)(?=\0)/,
}
