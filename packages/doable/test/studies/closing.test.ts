import { expect, it } from 'vitest';
import { openDuckdb } from '../../src/studies/duckdb.ts';

// Half an hour of work or more, if nobody ends it.
const endless = 'SELECT sum(sqrt(a.range * b.range)) FROM range(2000000) a, range(2000000) b';
const ended = { status: 'rejected', reason: { name: 'DuckdbError', message: expect.stringMatching(/interrupt|closed/iu) } };

/** From before a query has reached DuckDB (0, and so many turns of the event loop) to well within it. */
const moments = [0, 1, 2, 3, 4, 6, 8, 12, 'later'] as const;
async function until(moment: (typeof moments)[number]): Promise<void> {
  if (moment === 'later') await new Promise((resolve) => setTimeout(resolve, 300));
  else for (let turn = 0; turn < moment; turn++) await new Promise((resolve) => setImmediate(resolve));
}

it.each(moments)('a database that is closed while it works ends its query, and begins no other (%s)', async (moment) => {
  const database = await openDuckdb({ threads: 1 });
  const running = database.rows(endless);
  const waiting = database.rows('SELECT 1');
  const told = Promise.allSettled([running, waiting]);
  await until(moment);
  database.close();
  expect(await told).toMatchObject([ended, { status: 'rejected', reason: { name: 'DuckdbError', message: 'closed' } }]);
});

it.each(moments)('and so does a stream (%s)', async (moment) => {
  const database = await openDuckdb({ threads: 1 });
  const read = async (): Promise<void> => {
    for await (const _ of database.stream(endless));
  };
  const told = Promise.allSettled([read()]);
  await until(moment);
  database.close();
  expect(await told).toMatchObject([ended]);
});
