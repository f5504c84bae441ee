/** Installs the Debian packages that tests talk to: real servers, a real browser. Only as root, only what is missing. */
import { accessSync, constants } from 'node:fs';
import { root, run } from './run.ts';

const needed: readonly { readonly program: string; readonly packageName: string }[] = [
  { program: '/usr/sbin/nginx', packageName: 'nginx-light' },
  { program: '/usr/bin/chromium', packageName: 'chromium' },
  { program: '/usr/bin/strace', packageName: 'strace' },
  { program: '/usr/bin/openssl', packageName: 'openssl' },
  { program: '/usr/sbin/ip', packageName: 'iproute2' },
  { program: '/usr/bin/aiosmtpd', packageName: 'python3-aiosmtpd' },
  { program: '/usr/bin/promtool', packageName: 'prometheus' },
  { program: '/usr/bin/systemd-analyze', packageName: 'systemd' },
  { program: '/usr/sbin/knotd', packageName: 'knot' },
  { program: '/usr/bin/fping', packageName: 'fping' },
  { program: '/usr/bin/ping', packageName: 'iputils-ping' },
  // Its version is part of its path; this one is a link to whichever there is.
  { program: '/usr/share/postgresql-common/pg_wrapper', packageName: 'postgresql' },
  { program: '/usr/sbin/mariadbd', packageName: 'mariadb-server' },
  { program: '/usr/bin/redis-server', packageName: 'redis-server' },
];

function isThere(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function installDebianPackages(): Promise<void> {
  const missing = needed.filter(({ program }) => !isThere(program));
  if (missing.length === 0) return;
  const names = missing.map(({ packageName }) => packageName);
  if (process.getuid?.() !== 0 || !isThere('/usr/bin/apt-get')) {
    throw new Error(`The tests need ${names.join(', ')}; install them and try again (as root this happens by itself).`);
  }
  console.log(`Installing ${names.join(', ')} …`);
  process.env.DEBIAN_FRONTEND = 'noninteractive';
  await run('apt-get', ['update', '-qq'], true);
  const { exitCode } = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], true);
  if (exitCode !== 0) throw new Error(`apt-get could not install ${names.join(', ')} (in ${root})`);
}
