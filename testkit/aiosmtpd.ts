/** A real SMTP server (Debian's python3-aiosmtpd) that asks for STARTTLS and a login, and hands over the mail it took. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface Aiosmtpd {
  readonly port: number;
  /** The next mail, as it came. */
  mail(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

const program = `
import json, ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
user, password, key, cert = sys.argv[1:]
class Handler:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps(envelope.content.decode('utf-8', 'replace')), flush=True)
        return '250 2.0.0 taken'
def judge(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=right)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
class OnAnyPort(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
controller = OnAnyPort(Handler(), hostname='127.0.0.1', port=0, tls_context=context, require_starttls=True,
    authenticator=judge, auth_required=True, auth_require_tls=True)
controller.start()
print(json.dumps(controller.port), flush=True)
sys.stdin.read()
controller.stop()
`;

export async function startAiosmtpd(options: {
  readonly user: string;
  readonly password: string;
  readonly certificate: { readonly key: string; readonly cert: string };
}): Promise<Aiosmtpd> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pitwall-smtp-'));
  const files = { key: path.join(folder, 'key.pem'), cert: path.join(folder, 'cert.pem') };
  await writeFile(files.key, options.certificate.key, { mode: 0o600 });
  await writeFile(files.cert, options.certificate.cert);
  const args = ['-W', 'ignore', '-c', program, options.user, options.password, files.key, files.cert];
  const child: ChildProcess = spawn('/usr/bin/python3', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('The SMTP server ended');
    return JSON.parse(value) as T;
  };
  const port = await next<number>();
  return {
    port,
    mail: () => next<string>(),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.stdin!.end();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
