import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCertificate } from '../../../../../../testkit/certificates.ts';
import { openNetwork, probeOnce } from '../../../../../../testkit/probe-once.ts';
import { afterRequest, answering, page, type Script, ScriptedPeer } from '../../../../../../testkit/scripted-peer.ts';
import { systemClock } from '../../../../platform/clock.ts';
import type { Network } from '../../../../platform/network.ts';
import { createNetwork } from '../../../../platform/resolver.ts';

function redirect(to: string, status = 302): string {
  return `HTTP/1.1 ${status} Elsewhere\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`;
}

/** Answers by the path that is asked for; any other path gets a page. */
function pages(answers: Readonly<Record<string, string>>): Script {
  return afterRequest((connection) => {
    const path = connection.received.split(' ')[1]!;
    connection.say(answers[path] ?? page(`page ${path}`));
  });
}

const paths = (peer: ScriptedPeer) => peer.heard.map(({ received }) => received.split(' ')[1]);

for (const { why, to, lands } of [
  { why: 'a path from the root', to: '/there', lands: '/there' },
  { why: 'a path beside the one that was asked for', to: 'there?x=1', lands: '/from/there?x=1' },
  { why: 'a path one level up', to: '../there', lands: '/there' },
  { why: 'a query only', to: '?page=2', lands: '/from/here?page=2' },
  { why: 'the same scheme with another path', to: '//{host}/there', lands: '/there' },
  { why: 'letters that are not ASCII, in UTF-8 as everybody writes them', to: '/gr\xc3\xbcn', lands: '/gr%C3%BCn' },
  { why: 'blanks, which are encoded', to: '/a b', lands: '/a%20b' },
]) {
  test(`a redirect is followed to ${why}`, async () => {
    const host: { name: string } = { name: '' };
    await using peer = await ScriptedPeer.start(
      afterRequest((connection) => {
        const first = connection.received.startsWith('GET /from/here ');
        connection.say(first ? redirect(to.replace('{host}', host.name)) : page('there'));
      }),
    );
    host.name = `127.0.0.1:${peer.port}`;
    const result = await probeOnce('http', { url: peer.url('/from/here'), expect: { text: 'there' } });
    await peer.allClosed();
    assert.equal(result.outcome, 'pass', result.sentence);
    assert.deepEqual(paths(peer), ['/from/here', lands]);
  });
}

test('a redirect that is not followed says where it leads, without its query, and what would go there', async () => {
  await using peer = await ScriptedPeer.start(answering(redirect('/login?next=secret')));
  const result = await probeOnce('http', { url: peer.url(), followRedirects: false });
  await peer.allClosed();
  const says = `Answered 302 and leads to ${peer.url('/login')}, expected 2xx (followRedirects: true goes there)`;
  assert.equal(result.sentence, says);
});

test('a redirect that is not followed says where it leads only where it does', async () => {
  await using peer = await ScriptedPeer.start(answering('HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n'));
  const result = await probeOnce('http', { url: peer.url() });
  assert.equal(result.sentence, 'Answered 302, expected 2xx');
});

test('a redirect that leads to itself ends after five', async () => {
  await using peer = await ScriptedPeer.start(answering(redirect('/again')));
  const result = await probeOnce('http', { url: peer.url() });
  await peer.allClosed();
  assert.deepEqual([result.outcome, result.reason], ['fail', 'too-many-redirects']);
  assert.equal(result.sentence, `More than 5 redirects; the last was to ${peer.url('/again')}`);
  assert.equal(peer.opened, 6);
});

test('five redirects are followed, and their time is in the phases', async () => {
  const chain = Object.fromEntries([0, 1, 2, 3, 4].map((step) => [`/${step}`, redirect(`/${step + 1}`)]));
  await using peer = await ScriptedPeer.start(pages(chain));
  const result = await probeOnce('http', { url: peer.url('/0'), expect: { text: 'page /5' } }, { timeoutMs: 3_000 });
  await peer.allClosed();
  assert.equal(result.outcome, 'pass');
  assert.equal(peer.opened, 6);
});

test('one deadline is for all hops together', async () => {
  await using peer = await ScriptedPeer.start(
    afterRequest((connection) => {
      if (connection.received.startsWith('GET /0 ')) connection.say(redirect('/1'));
    }),
  );
  const result = await probeOnce('http', { url: peer.url('/0') }, { timeoutMs: 200 });
  await peer.allClosed();
  assert.equal(result.sentence, 'No complete answer within 200 ms, while waiting for an answer');
  assert.ok(result.totalUs < 1_000_000);
});

test('a redirect can be what is expected', async () => {
  await using peer = await ScriptedPeer.start(answering(redirect('https://shop.example/', 301)));
  const expect = { status: 301, header: { location: 'https://shop.example/' } };
  const result = await probeOnce('http', { url: peer.url(), followRedirects: false, expect });
  assert.equal(result.outcome, 'pass');
  assert.equal(peer.opened, 1);
});

for (const { why, answer, rule } of [
  { why: 'out of HTTP', answer: redirect('ftp://127.0.0.1/file'), rule: 'it leads out of HTTP' },
  { why: 'to a file of this machine', answer: redirect('file:///etc/passwd'), rule: 'it leads out of HTTP' },
  { why: 'to a script', answer: redirect('javascript:alert(1)'), rule: 'it leads out of HTTP' },
  { why: 'nowhere that could be dialled', answer: redirect('http://[::1'), rule: 'it is no address' },
]) {
  test(`a redirect ${why} is not followed`, async () => {
    await using peer = await ScriptedPeer.start(answering(answer));
    const result = await probeOnce('http', { url: peer.url() });
    await peer.allClosed();
    assert.deepEqual([result.outcome, result.reason, result.facts['rule']], ['fail', 'hop-refused', rule]);
    assert.equal(result.evidence!.statusCode, 302);
    assert.match(result.sentence, /^The redirect to \S+ is not followed: /);
  });
}

test('the policy holds on every hop, for the address that is then dialled', async () => {
  await using inside = await ScriptedPeer.start(answering(page('inside')));
  for (const to of [
    'http://169.254.169.254/latest/meta-data/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fd00:ec2::254]/',
    'http://0xa9fea9fe/',
    'http://100.100.100.200/latest/meta-data/',
  ]) {
    await using peer = await ScriptedPeer.start(answering(redirect(to)));
    const result = await probeOnce('http', { url: peer.url() });
    await peer.allClosed();
    assert.deepEqual([result.outcome, result.reason], ['fail', 'hop-refused'], to);
  }
  // Outside is one address that may be dialled, standing for any server on the internet.
  await using outside = await ScriptedPeer.start(answering(redirect(inside.url())));
  const guarded = outsideAndRules();
  const result = await probeOnce('http', { url: `http://outside.test:${outside.port}` }, { network: guarded });
  await outside.allClosed();
  assert.deepEqual([result.outcome, result.reason], ['fail', 'hop-refused']);
  assert.equal(
    result.sentence,
    `The redirect to ${inside.url()} is not followed: addresses of this machine are not allowed here`,
  );
  assert.equal(inside.opened, 0);
});

/** A network in which `outside.test` is this machine and everything else follows the rules for untrusted checks. */
function outsideAndRules(): Network {
  const guarded = createNetwork({ allowPrivate: false, allow: [] }, systemClock);
  return {
    forbids: guarded.forbids,
    resolve: (host, options) =>
      host === 'outside.test' ? openNetwork.resolve('127.0.0.1') : guarded.resolve(host, options),
  };
}

const keys = { Authorization: 'Bearer canary-1', Cookie: 'canary-2', 'X-Api-Key': 'canary-3', Accept: 'text/plain' };

test('whatever may prove who asks stays with the one it was meant for', async () => {
  await using other = await ScriptedPeer.start(answering(page('other')));
  await using peer = await ScriptedPeer.start(answering(redirect(other.url('/x'))));
  const result = await probeOnce('http', { url: peer.url(), headers: keys });
  assert.equal(result.outcome, 'pass');
  assert.match(peer.heard[0]!.received, /canary-1[\s\S]*canary-2[\s\S]*canary-3/);
  const said = other.heard[0]!.received;
  assert.doesNotMatch(said, /canary|authorization|cookie|x-api-key/i);
  assert.equal(
    said,
    `GET /x HTTP/1.1\r\nHost: 127.0.0.1:${other.port}\r\nUser-Agent: Pitwall\r\nAccept: text/plain\r\nConnection: close\r\n\r\n`,
  );
});

test('at the same place the keys are sent again', async () => {
  await using peer = await ScriptedPeer.start(pages({ '/': redirect('/inside') }));
  await probeOnce('http', { url: peer.url(), headers: keys });
  assert.match(peer.heard[1]!.received, /canary-1[\s\S]*canary-2[\s\S]*canary-3/);
});

test('from https to http at the same name is another place: followed, without the keys', async () => {
  const { key, cert } = makeCertificate({ subject: 'peer' });
  await using plain = await ScriptedPeer.start(answering(page('plain')));
  await using secure = await ScriptedPeer.start(answering(redirect(plain.url())), { tls: { key, cert } });
  const result = await probeOnce(
    'http',
    { url: secure.url(), tls: { verify: false }, headers: keys },
    { timeoutMs: 2_000 },
  );
  assert.equal(result.outcome, 'pass', result.sentence);
  assert.doesNotMatch(plain.heard[0]!.received, /canary/);
  await Promise.all([plain.allClosed(), secure.allClosed()]);
});

for (const { why, status, method, again } of [
  { why: '303 asks for the result with GET', status: 303, method: 'POST', again: 'GET' },
  { why: '302 after a POST asks with GET, as browsers do', status: 302, method: 'POST', again: 'GET' },
  { why: '307 repeats the POST', status: 307, method: 'POST', again: 'POST' },
  { why: '308 repeats the PUT', status: 308, method: 'PUT', again: 'PUT' },
]) {
  test(`${why}, with its body or without`, async () => {
    await using peer = await ScriptedPeer.start(pages({ '/': redirect('/next', status) }));
    const result = await probeOnce('http', {
      url: peer.url(),
      method,
      body: 'a=1',
      headers: { 'Content-Type': 'x/y' },
    });
    assert.equal(result.outcome, 'pass');
    const said = peer.heard[1]!.received;
    assert.ok(said.startsWith(`${again} /next `), said);
    const keeps = again !== 'GET';
    assert.deepEqual(
      [said.endsWith('a=1'), /content-length: 3/i.test(said), /content-type/i.test(said)],
      [keeps, keeps, keeps],
    );
  });
}

test('a body is for the first only: it is not handed to another place', async () => {
  await using other = await ScriptedPeer.start(answering(page('other')));
  await using peer = await ScriptedPeer.start(answering(redirect(other.url(), 307)));
  const result = await probeOnce('http', { url: peer.url(), method: 'POST', body: 'password=canary' });
  assert.equal(
    result.sentence,
    `The redirect to ${other.url()} is not followed: the body that is sent is for the first only`,
  );
  assert.equal(other.opened, 0);
});

test('a redirect without a place is the answer itself', async () => {
  await using peer = await ScriptedPeer.start(answering('HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n'));
  const result = await probeOnce('http', { url: peer.url() });
  assert.equal(result.sentence, 'Answered 302, expected 2xx');
});
