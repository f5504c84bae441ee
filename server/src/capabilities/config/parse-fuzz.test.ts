import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { kinds } from '../checks/registry.ts';
import { channelKinds } from '../outbox/channels/registry.ts';
import { parseConfig } from './parse.ts';

const root = path.join(import.meta.dirname, '../../../..');
const texts = ['examples/**/pitwall.yaml', 'server/src/capabilities/config/fixtures/**/*.yaml']
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .map((file) => readFileSync(path.join(root, file), 'utf8'));
const canary = 'canary-27e0b1aa-91c4';
/** Every variable is set, and set to something that must not be seen. */
const environment = new Proxy<Record<string, string>>({}, { get: () => canary });

/** A real file with pieces cut out, repeated or replaced: nearer to what people write than random bytes. */
const damaged = fc
  .record({
    text: fc.constantFrom(...texts),
    cuts: fc.array(
      fc.record({
        at: fc.nat(3_000),
        length: fc.nat(40),
        put: fc.oneof(
          fc.constantFrom(
            '\t',
            '\n',
            ': ',
            '- ',
            '"',
            "'",
            '{',
            '}',
            '[',
            ']',
            '&a ',
            '*a ',
            '${',
            '!!x ',
            '|',
            'null',
            '~',
          ),
          fc.string({ maxLength: 6 }),
        ),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ text, cuts }) =>
    cuts.reduce((now, { at, length, put }) => {
      const start = at % (now.length + 1);
      return now.slice(0, start) + put + now.slice(start + length);
    }, text),
  );

test('whatever is written, the answer is a configuration or faults inside the file, without a secret', () => {
  assert.ok(texts.length > 50, 'files to damage');
  fc.assert(
    fc.property(damaged, (text) => {
      const outcome = parseConfig({ file: 'f', text, kinds, channelKinds, environment, files: new Map() });
      const said = outcome.ok ? outcome.config.warnings : outcome.faults;
      const lastLine = text.split(/\r\n|\r|\n/).length;
      for (const fault of said) {
        assert.ok(fault.line >= 1 && fault.line <= lastLine && fault.column >= 1, JSON.stringify(fault));
        assert.ok(fault.message !== '' && fault.fix !== '');
      }
      assert.ok(outcome.ok || outcome.faults.length > 0);
      assert.ok(!JSON.stringify(said).includes(canary), JSON.stringify(said));
    }),
    { numRuns: 1_000 },
  );
});
