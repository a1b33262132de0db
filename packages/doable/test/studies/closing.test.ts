import { expect, it } from 'vitest';
import { openDuckdb } from '../../src/studies/duckdb.ts';

// A minute of work or more, if nobody ends it.
const endless = 'SELECT sum(sqrt(a.range * b.range)) FROM range(1000000) a, range(1000000) b';
const soon = <T>(work: Promise<T>): Promise<T | 'hangs'> =>
  Promise.race([work, new Promise<'hangs'>((resolve) => setTimeout(resolve, 15_000, 'hangs'))]);

it('a database that is closed while it works ends its query, and begins no other', async () => {
  const database = await openDuckdb({ threads: 1 });
  const running = database.rows(endless);
  const waiting = database.rows('SELECT 1');
  const told = Promise.allSettled([running, waiting]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  database.close();
  expect(await soon(told)).toMatchObject([
    { status: 'rejected', reason: { name: 'DuckdbError', message: expect.stringMatching(/interrupt/iu) } },
    { status: 'rejected', reason: { name: 'DuckdbError', message: 'closed' } },
  ]);
});

it('and so does a stream', async () => {
  const database = await openDuckdb({ threads: 1 });
  const read = async (): Promise<void> => {
    for await (const _ of database.stream(endless));
  };
  const told = Promise.allSettled([read()]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  database.close();
  expect(await soon(told)).toMatchObject([{ status: 'rejected', reason: { message: expect.stringMatching(/interrupt/iu) } }]);
});
