// A shop to break, and a desk that prints what it is told: `node examples/try-it/shop.mjs`, then Enter, then Enter.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const shopPort = Number(process.env.SHOP_PORT ?? 3900);
const deskPort = Number(process.env.DESK_PORT ?? 3901);
const page = '<!doctype html><title>Parts shop</title><h1>Carburettors in stock</h1>';
let broken = false;

const shop = createServer((_request, response) => {
  response.writeHead(broken ? 503 : 200, { 'content-type': 'text/html' });
  response.end(broken ? 'Out of order' : page);
});
const desk = createServer((request, response) => {
  let body = '';
  request.on('data', (piece) => {
    body += piece;
  });
  request.on('end', () => {
    response.writeHead(204).end();
    const { data } = JSON.parse(body || '{}');
    if (data !== undefined) console.log(`TOLD  ${new Date().toISOString()}  ${data.title}: ${data.sentence}`);
  });
});
shop.listen(shopPort, '127.0.0.1');
desk.listen(deskPort, '127.0.0.1', () => {
  console.log(`The shop is open at http://127.0.0.1:${shopPort}/ and messages are printed here.`);
  console.log('Press Enter to break it, and again to mend it; Ctrl-C ends it.');
});
createInterface({ input: process.stdin }).on('line', () => {
  broken = !broken;
  console.log(broken ? 'The shop is broken now.' : 'The shop is mended.');
});
