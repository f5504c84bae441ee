/** What a listener's one answer makes of it, and what watching it would check. Pure. */

/** A port of this machine that somebody listens on, as platform/listeners.ts finds it. */
export interface Listener {
  readonly port: number;
  readonly address: string;
  readonly program: string | undefined;
}

/** Just enough of an answer in HTTP to say what it is. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly title: string | undefined;
  readonly location: string | undefined;
  readonly isJson: boolean;
  /** As much as came, chunk marks included. */
  readonly body: string;
}

/** What came back on the one question. */
export interface Answer {
  readonly connected: boolean;
  readonly spokeFirst: boolean;
  /** −1 where nothing came. */
  readonly answerUs: number;
  readonly bytes: Uint8Array;
  /** The same, where it is HTTP. */
  readonly http: HttpAnswer | undefined;
}

export interface ProposedCheck {
  readonly kind: 'http' | 'tcp';
  /** The kind's own settings, as they would stand in the file. */
  readonly spec: unknown;
}

export interface Proposal {
  /** `http-3000`, `tcp-5432`: the same each time. */
  readonly proposalId: string;
  readonly title: string;
  readonly protocol: 'HTTP' | 'TCP';
  readonly port: number;
  readonly why: string;
  readonly wouldCheck: string;
  readonly worthIt: boolean;
  readonly check: ProposedCheck;
}

/** Well-known ports of the machine itself and of debuggers: none of the shop's, and a question could do harm. */
const leftAlonePorts: ReadonlySet<number> = new Set([
  22, // log-in
  25,
  465,
  587, // mail
  53,
  853,
  5353,
  5355, // names
  111,
  139,
  445,
  2049, // files
  631, // printing
  323,
  3389,
  5900, // time, desktops
  6000,
  6001,
  9222, // a browser's debugger: whoever connects can steer it
  9229,
  9230, // Node's debugger
]);

export function isLeftAlone(port: number): boolean {
  return leftAlonePorts.has(port);
}

/** Ports that the system hands out by itself: who listens there rarely means to be found. */
const firstEphemeralPort = 32_768;

const sslRequest = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);

/**
 * The one harmless question. Postgres and Redis are asked in their own words, wherever they listen: a Redis that is
 * asked for a web page writes “Possible SECURITY ATTACK detected” into its log.
 */
export function questionFor(listener: Pick<Listener, 'port' | 'program'>): {
  readonly send: Uint8Array;
  readonly listenFirstMs: number;
} {
  if (isPostgres(listener)) return { send: sslRequest, listenFirstMs: 0 };
  const redis = isRedis(listener);
  const text = redis ? 'PING\r\n' : httpQuestion(listener.port);
  // MySQL, NATS, SSH and mail speak first, and would count our question as an error of ours.
  return { send: new TextEncoder().encode(text), listenFirstMs: redis ? 0 : 150 };
}

function httpQuestion(port: number): string {
  const headers = [
    `Host: localhost:${port}`,
    'User-Agent: Pitwall',
    'Accept: text/html, */*;q=0.5',
    'Connection: close',
  ];
  return `GET / HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
}

type Named = Pick<Listener, 'port' | 'program'>;

function isPostgres({ port, program }: Named): boolean {
  return (port >= 5432 && port <= 5439) || /^postgres/.test(program ?? '');
}

function isRedis({ port, program }: Named): boolean {
  return (port >= 6379 && port <= 6389) || /^(?:redis|valkey|keydb)-/.test(program ?? '');
}

/** The proposal, `left-alone` where it is a thing of the machine or a debugger, or undefined where nothing can be said. */
export function classify(listener: Listener, answer: Answer): Proposal | 'left-alone' | undefined {
  if (!answer.connected) return undefined;
  const text = new TextDecoder('latin1').decode(answer.bytes.subarray(0, 512));
  if (text.startsWith('SSH-') || text.includes('WebSockets request was expected')) return 'left-alone';
  const { http } = answer;
  if (http !== undefined && !isTlsHint(http)) return classifyHttp(listener, http, answer.answerUs);
  const known = classifyText(listener, answer, text, http !== undefined);
  if (known !== undefined) return known;
  if (listener.port >= firstEphemeralPort) return 'left-alone';
  const { program, port } = listener;
  const said = answer.bytes.length === 0 ? 'and said nothing' : 'and answered nothing that is known here';
  return tcp(listener, {
    title: program ?? `Port ${port}`,
    why: `Took the connection ${said}`,
    wouldCheck: 'the port is open',
    worthIt: program !== undefined,
  });
}

interface TcpWords {
  readonly title: string;
  readonly why: string;
  readonly wouldCheck: string;
  readonly worthIt?: boolean;
  readonly spec?: object;
}

function tcp({ port, address }: Listener, { title, why, wouldCheck, worthIt = true, spec = {} }: TcpWords): Proposal {
  return {
    proposalId: `tcp-${port}`,
    title,
    protocol: 'TCP',
    port,
    why,
    wouldCheck,
    worthIt,
    check: { kind: 'tcp', spec: { host: address, port, ...spec } },
  };
}

function classifyText(listener: Listener, answer: Answer, text: string, tlsHint: boolean): Proposal | undefined {
  const took = wordsOfUs(answer.answerUs);
  const { bytes } = answer;
  const first = text[0];
  if (isPostgres(listener) && (first === 'N' || first === 'S' || first === 'E')) {
    const how = first === 'S' ? ', with TLS' : first === 'N' ? ', without TLS' : '';
    const wouldCheck = 'the port is open; a log-in adds room';
    return tcp(listener, { title: 'Postgres', why: `Answered the Postgres greeting in ${took}${how}`, wouldCheck });
  }
  if (text.startsWith('+PONG')) {
    const spec = { send: 'PING\r\n', expect: { text: '+PONG', latency: { total: '100ms' } } };
    const why = `Answered PING in ${took}, so it asks for no password`;
    return tcp(listener, { title: 'Redis', why, wouldCheck: 'PONG within 100 ms', spec });
  }
  if (text.startsWith('-NOAUTH') || text.startsWith('-DENIED')) {
    const spec = { send: 'PING\r\n', expect: { text: text.slice(0, 7) } };
    const why = `Answered PING in ${took} by asking for a password`;
    return tcp(listener, { title: 'Redis', why, wouldCheck: 'it asks for its password; a log-in adds more', spec });
  }
  if (answer.spokeFirst && text.startsWith('INFO {')) {
    const why = `Greeted as NATS in ${took}`;
    return tcp(listener, { title: 'NATS', why, wouldCheck: 'it greets', spec: { expect: { text: 'INFO {' } } });
  }
  // MySQL's greeting: length, packet 0, protocol 10, version up to a zero byte.
  const mysql = answer.spokeFirst && bytes[3] === 0 && bytes[4] === 10;
  if (mysql) {
    const version = /^[\w.+~-]{1,40}/.exec(text.slice(5))?.[0] ?? '';
    const title = /mariadb/i.test(text) ? 'MariaDB' : 'MySQL';
    const why = `Greeted as ${title} ${version.split('-')[0]} in ${took}`;
    return tcp(listener, { title, why, wouldCheck: 'the port is open; a log-in adds room' });
  }
  if (text.startsWith('AMQP')) {
    return tcp(listener, { title: 'RabbitMQ', why: `Answered AMQP in ${took}`, wouldCheck: 'the port is open' });
  }
  const greeting = answer.spokeFirst ? /^220[ -]([\x20-\x7e]{0,60})/.exec(text) : null;
  if (greeting !== null) {
    const why = `Greeted with 220 in ${took}: ${greeting[1]!.trim()}`;
    const title = listener.program ?? `Port ${listener.port}`;
    return tcp(listener, { title, why, wouldCheck: 'it greets with 220', spec: { expect: { text: '220' } } });
  }
  if (tlsHint || (bytes[0] === 0x15 && bytes[1] === 3)) {
    const title = listener.program ?? `Port ${listener.port}`;
    return tcp(listener, {
      title,
      why: 'It speaks TLS only',
      wouldCheck: 'the port is open; its https name adds more',
    });
  }
  return undefined;
}

/** nginx, Node and others answer plain HTTP on their TLS port with a 400 that says so. */
function isTlsHint({ statusCode, body }: HttpAnswer): boolean {
  return statusCode === 400 && /HTTP request (?:was sent )?to (?:an )?HTTPS|HTTPS port/i.test(body);
}

interface HttpWords {
  readonly why: string;
  readonly wouldCheck: string;
  readonly spec?: object;
  readonly worthIt?: boolean;
  readonly title?: string;
}

function classifyHttp(listener: Listener, answer: HttpAnswer, answerUs: number): Proposal {
  const { port, address } = listener;
  const words = wordsOfHttp(listener, answer, `Answered ${answer.statusCode} in ${wordsOfUs(answerUs)}`);
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/`;
  return {
    proposalId: `http-${port}`,
    title: words.title ?? titleOf(listener, answer),
    protocol: 'HTTP',
    port,
    why: words.why,
    wouldCheck: words.wouldCheck,
    worthIt: words.worthIt ?? true,
    check: { kind: 'http', spec: { url, ...words.spec } },
  };
}

function wordsOfHttp(listener: Listener, answer: HttpAnswer, answered: string): HttpWords {
  const { statusCode, title, location, isJson, body } = answer;
  const tool = developerTool(listener, answer);
  if (tool !== undefined) {
    const why = 'A developer’s tool, gone when its window closes';
    return { title: tool, why, wouldCheck: 'nothing: best ignored', worthIt: false };
  }
  if (body.includes('MongoDB over HTTP')) {
    return { title: 'MongoDB', why: `${answered}, as MongoDB does`, wouldCheck: 'it answers 200' };
  }
  const expect = (status: number) => ({ expect: { status } });
  if (statusCode >= 200 && statusCode < 300) {
    const what = title !== undefined ? `a page titled “${title}”` : isJson ? 'JSON' : 'a page without a title';
    return {
      why: `${answered}: ${what}`,
      wouldCheck: isJson ? `it answers ${statusCode}` : `the page is ${statusCode}`,
      spec: expect(statusCode),
    };
  }
  if (statusCode >= 300 && statusCode < 400) {
    // A query may hold a token of this one visit.
    const path = location?.split(/[?#]/)[0] ?? 'somewhere';
    const logIn = /log-?in|sign-?in|auth|session/i.test(path);
    const spec = { followRedirects: false, ...expect(statusCode) };
    return {
      why: `${answered}, ${logIn ? 'to its own log-in' : `to ${path}`}`,
      wouldCheck: `${statusCode} to ${path}`,
      spec,
    };
  }
  if (statusCode === 401 || statusCode === 403) {
    return {
      why: `${answered}: it asks for a log-in`,
      wouldCheck: `it answers ${statusCode}`,
      spec: expect(statusCode),
    };
  }
  if (statusCode >= 400 && statusCode < 500) {
    const what = isJson ? ', as JSON: HTTP, but no page' : ': HTTP, but no page';
    return { why: `${answered}${what}`, wouldCheck: 'it answers; name a page for more', spec: expect(statusCode) };
  }
  // What is broken now is not what to expect: the check fails until it is mended.
  return { why: `${answered}: broken already, or not ready yet`, wouldCheck: 'the page answers with 200 to 299' };
}

const toolPorts: ReadonlyMap<number, string> = new Map([
  [4173, 'Vite'],
  [5173, 'Vite'],
  [5174, 'Vite'],
  [6006, 'Storybook'],
  [24678, 'Vite'],
]);

function developerTool({ port, program }: Listener, { body }: HttpAnswer): string | undefined {
  if (body.includes('/@vite/client')) return 'Vite';
  if (body.includes('webpack-dev-server') || body.includes('/webpack-hmr')) return 'webpack';
  if (/storybook/i.test(body) && port === 6006) return 'Storybook';
  if (program !== undefined && /^(?:vite|esbuild|webpack|storybook|code-server|code|jupyter.*)$/i.test(program)) {
    return program;
  }
  return toolPorts.get(port);
}

/** The page's own title, without what every page of it repeats; else the program; else the port. */
function titleOf({ port, program }: Listener, { title, statusCode }: HttpAnswer): string {
  const own = title?.split(/\s+[|–—·-]\s+/)[0]?.trim();
  const telling = statusCode < 400 && own !== undefined && own !== '' && !/^(?:index|home|welcome.*|\d.*)$/i.test(own);
  return telling ? own.slice(0, 60) : (program ?? `Port ${port}`);
}

/** `14 ms`, below ten `2.3 ms`. */
function wordsOfUs(us: number): string {
  const ms = Math.max(0, us) / 1_000;
  return `${ms < 9.95 ? Math.max(0.1, Math.round(ms * 10) / 10) : Math.round(ms)} ms`;
}
