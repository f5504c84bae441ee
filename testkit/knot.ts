/** A real name server (Knot) on a free port, with the zone `shop.test` of ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';

const zone = `
$ORIGIN shop.test.
$TTL 300
@ SOA ns1 hostmaster 2026010101 7200 3600 1209600 300
@ NS ns1
@ NS ns2
@ A 203.0.113.7
@ AAAA 2001:db8::7
@ MX 10 mail
@ MX 5 Mail2.Elsewhere.Example.
@ TXT "v=spf1 -all"
@ TXT "a text of " "two parts"
@ CAA 0 issue "letsencrypt.org"
@ CAA 0 iodef "mailto:Ops@shop.test"
ns1 A 203.0.113.53
ns2 A 203.0.113.54
www CNAME shop.test.
many A 203.0.113.1
many A 203.0.113.2
many A 203.0.113.10
_imaps._tcp SRV 0 5 993 mail
big TXT "${'x'.repeat(250)}"
${Array.from({ length: 20 }, (_, index) => `big TXT "${index}${'y'.repeat(240)}"`).join('\n')}
`;
const reverse = `
$ORIGIN 113.0.203.in-addr.arpa.
@ 300 SOA ns1.shop.test. hostmaster.shop.test. 1 7200 3600 1209600 300
@ 300 NS ns1.shop.test.
7 300 PTR Shop.test.
`;

export class Knot implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  /** As it is written in a check. */
  get resolver(): string {
    return `127.0.0.1:${this.port}`;
  }

  static async start(): Promise<Knot> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-knot-'));
    const port = await freePort();
    await mkdir(path.join(folder, 'db'));
    await writeFile(path.join(folder, 'shop.zone'), zone);
    await writeFile(path.join(folder, 'reverse.zone'), reverse);
    // A zone without a file: asked for it, the server can only fail.
    const configuration = `
server:
  rundir: "${folder}"
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: stdout
    any: info
database:
  storage: "${folder}/db"
zone:
  - domain: broken.test
    file: "${folder}/none.zone"
  - domain: shop.test
    file: "${folder}/shop.zone"
  - domain: 113.0.203.in-addr.arpa
    file: "${folder}/reverse.zone"
`;
    await writeFile(path.join(folder, 'knot.conf'), configuration);
    const child = spawn('/usr/sbin/knotd', ['-c', path.join(folder, 'knot.conf')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    // Zones are loaded after the start; the last word is about the last of them.
    while (
      !(
        /server started/.test(said) &&
        (said.match(/\[shop\.test\.\] loaded/g) ?? []).length > 0 &&
        /arpa\.\] loaded/.test(said)
      )
    ) {
      const [bytes] = await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
      if (!Buffer.isBuffer(bytes)) throw new Error(`knotd did not start: ${said}`);
      said += bytes.toString();
    }
    return new Knot(port, child, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
    await rm(this.#folder, { recursive: true });
  }
}
