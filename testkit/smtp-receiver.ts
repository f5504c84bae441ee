/** An SMTP server that behaves as told (RFC 5321, STARTTLS, AUTH PLAIN and LOGIN): for what a real one never does on demand. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

export type SmtpVerb = 'connect' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'content';
/** A line in place of the usual answer; or trouble. */
export type SmtpMood = string | 'hang' | 'drop' | 'reset' | 'flood';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly content: string;
  readonly encrypted: boolean;
  readonly user: string | undefined;
}

export interface SmtpReceiverOptions {
  readonly certificate?: { readonly key: string; readonly cert: string };
  /** Encrypted from the first byte. */
  readonly implicitTls?: boolean;
  readonly user?: string;
  readonly password?: string;
}

export class SmtpReceiver {
  readonly mails: ReceivedMail[] = [];
  /** Each command as it came, so that a test sees what was never said. */
  readonly commands: string[] = [];
  /** What a command meets; for `rcpt`, the recipient may decide. */
  mood: (verb: SmtpVerb, argument: string) => SmtpMood | undefined = () => undefined;
  readonly options: SmtpReceiverOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #closed: Promise<void>[] = [];

  private constructor(options: SmtpReceiverOptions) {
    this.options = options;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      this.#closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
      new Session(this, options.implicitTls === true ? encrypted(socket, options) : socket);
    });
  }

  static async start(options: SmtpReceiverOptions = {}): Promise<SmtpReceiver> {
    const receiver = new SmtpReceiver(options);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves once every connection it took is closed, by whichever side. */
  async allClosed(): Promise<void> {
    await Promise.all(this.#closed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function encrypted(socket: Socket, { certificate }: SmtpReceiverOptions): TLSSocket {
  const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(certificate) });
  return secure.on('error', () => {});
}

class Session {
  readonly #receiver: SmtpReceiver;
  #socket: Socket;
  #encrypted: boolean;
  #text = '';
  #inContent = false;
  #mail = { from: '', to: [] as string[] };
  #user: string | undefined;
  #loginSteps: string[] | undefined;

  constructor(receiver: SmtpReceiver, socket: Socket) {
    this.#receiver = receiver;
    this.#socket = socket;
    this.#encrypted = receiver.options.implicitTls === true;
    this.#listen();
    this.#answer('connect', '', '220 mx.example ESMTP');
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('utf8');
      this.#read();
    });
  }

  #read(): void {
    for (;;) {
      const mark = this.#inContent ? '\r\n.\r\n' : '\r\n';
      const at = this.#text.indexOf(mark);
      if (at < 0) return;
      const part = this.#text.slice(0, at);
      this.#text = this.#text.slice(at + mark.length);
      if (this.#inContent) this.#content(part);
      else this.#command(part);
    }
  }

  #command(line: string): void {
    this.#receiver.commands.push(line);
    if (this.#loginSteps !== undefined) {
      this.#loginStep(line);
      return;
    }
    const [verb = ''] = line.split(' ');
    const argument = /<([^>]*)>/.exec(line)?.[1] ?? '';
    switch (verb.toUpperCase()) {
      case 'EHLO':
        this.#answer('ehlo', '', this.#greeting());
        break;
      case 'STARTTLS':
        this.#answer('starttls', '', '220 go on', () => {
          this.#socket.removeAllListeners('data');
          this.#socket = encrypted(this.#socket, this.#receiver.options);
          this.#encrypted = true;
          this.#listen();
        });
        break;
      case 'AUTH':
        this.#login(line);
        break;
      case 'MAIL':
        this.#answer('mail', argument, '250 2.1.0 ok', () => (this.#mail = { from: argument, to: [] }));
        break;
      case 'RCPT':
        this.#answer('rcpt', argument, '250 2.1.5 ok', () => this.#mail.to.push(argument));
        break;
      case 'DATA':
        this.#answer('data', '', '354 go on', () => (this.#inContent = true));
        break;
      case 'QUIT':
        this.#socket.end('221 bye\r\n');
        break;
      default:
        this.#say('502 5.5.1 unknown');
    }
  }

  #greeting(): string {
    const { certificate, user } = this.#receiver.options;
    const canEncrypt = certificate !== undefined && !this.#encrypted;
    const lines = [
      'mx.example',
      ...(canEncrypt ? ['STARTTLS'] : []),
      ...(user === undefined ? [] : ['AUTH PLAIN LOGIN']),
      '8BITMIME',
    ];
    return lines.map((text, index) => `250${index === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n');
  }

  #login(line: string): void {
    const [, method = '', initial] = line.split(' ');
    if (method.toUpperCase() === 'PLAIN' && initial !== undefined) {
      const [, user = '', password = ''] = Buffer.from(initial, 'base64').toString('utf8').split('\0');
      this.#judge(user, password);
      return;
    }
    this.#loginSteps = [];
    this.#say('334 VXNlcm5hbWU6');
  }

  #loginStep(line: string): void {
    this.#loginSteps!.push(Buffer.from(line, 'base64').toString('utf8'));
    const [user = '', password] = this.#loginSteps!;
    if (password === undefined) {
      this.#say('334 UGFzc3dvcmQ6');
      return;
    }
    this.#loginSteps = undefined;
    this.#judge(user, password);
  }

  #judge(user: string, password: string): void {
    const { options } = this.#receiver;
    const right = user === options.user && password === options.password;
    // As some servers do, with what was sent.
    const answer = right ? '235 2.7.0 welcome' : `535 5.7.8 ${user} with ${password} is wrong`;
    this.#answer('auth', user, answer, () => {
      if (right) this.#user = user;
    });
  }

  #content(content: string): void {
    this.#inContent = false;
    this.#answer('content', content, '250 2.0.0 queued', () => {
      const { from, to } = this.#mail;
      this.#receiver.mails.push({ from, to, content, encrypted: this.#encrypted, user: this.#user });
    });
  }

  #answer(verb: SmtpVerb, argument: string, usual: string, then: () => void = () => {}): void {
    const mood = this.#receiver.mood(verb, argument);
    if (mood === 'hang') return;
    if (mood === 'drop') {
      this.#socket.destroy();
      return;
    }
    if (mood === 'reset') {
      this.#socket.resetAndDestroy();
      return;
    }
    if (mood === 'flood') {
      this.#flood();
      return;
    }
    this.#say(mood ?? usual);
    if (mood === undefined) then();
    else if (mood.startsWith('421')) this.#socket.end();
  }

  #say(text: string): void {
    this.#socket.write(`${text}\r\n`);
  }

  /** An answer without an end. */
  #flood(): void {
    const piece = `250-${'x'.repeat(500)}\r\n`.repeat(64);
    const more = (): void => {
      while (!this.#socket.destroyed && this.#socket.write(piece));
    };
    this.#socket.on('drain', more);
    more();
  }
}
