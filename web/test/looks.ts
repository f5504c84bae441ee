/** What every page owes everybody: nothing for axe, no sideways scroll, at both widths, light and dark. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { phone, wide } from './browser.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeRun {
  readonly violations: readonly { id: string; nodes: readonly { html: string; failureSummary: string }[] }[];
  readonly passes: readonly unknown[];
}

const axe = (page: Page): Promise<AxeRun> =>
  page.evaluate(() =>
    (window as unknown as { axe: { run(options: object): Promise<AxeRun> } }).axe.run({ resultTypes: ['violations'] }),
  );

/** `ready` is there once the page has drawn what it is about. */
export async function looksRight(t: TestContext, page: Page, ready: string): Promise<void> {
  await page.evaluate(axeSource);
  for (const viewport of [wide, phone]) {
    await page.setViewportSize(viewport);
    await page.locator(ready).first().waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.waitForFunction(
        (scheme) => document.documentElement.getAttribute('data-mantine-color-scheme') === scheme,
        colorScheme,
      );
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      t.assert.ok(over <= 0, `${over} px too wide at ${viewport.width}`);
      const { passes, violations } = await axe(page);
      t.assert.ok(passes.length > 5, 'axe looked at something');
      t.assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`),
        [],
        `at ${viewport.width}, ${colorScheme}`,
      );
    }
  }
}
