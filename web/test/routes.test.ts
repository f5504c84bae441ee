import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { renderWebRoutes, webRoutesFile } from '../../tools/generate-web-routes.ts';

test('the page calls every operation where the contract says it is', (t) => {
  t.assert.equal(
    readFileSync(webRoutesFile, 'utf8'),
    renderWebRoutes(),
    'web/src/api/routes.gen.ts is out of date: run tools/generate-web-routes.ts',
  );
});
