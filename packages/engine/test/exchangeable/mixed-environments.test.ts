import { expect, it } from 'vitest';
import { memoryStudy } from '../../src/data/memory.ts';
import { readEnvironments } from '../../src/exchangeable/environments.ts';
import { finiteOf, isMixed, mixedOf, pickMixed, readMixedEnvironments } from '../../src/exchangeable/mixed-environments.ts';

const study = async (name: string, environment: string | undefined, csv: string, count?: string, set: readonly string[] = []) => {
  const found = await memoryStudy({ name, regime: { set, ...(environment && { environment }) }, ...(count && { count }) }, { csv });
  if (!found.ok) throw new Error(found.issues[0]?.message);
  return found.value;
};

it('reads finite and real columns, environment by environment', async () => {
  const one = await study('one', 'E', 'E,X,R,N\na,u,0.5,2\nb,v,-3,1\na,v,0.25,1\n', 'N');
  const read = await readMixedEnvironments([one], ['R', 'X']);
  if (!read.ok) throw new Error();
  const { columns, starts, counts, labels } = read.value;
  expect(labels).toEqual(['a', 'b']);
  expect([...starts]).toEqual([0, 2, 3]);
  expect([...(counts ?? [])]).toEqual([2, 1, 1]);
  expect(columns).toEqual([
    { kind: 'real', values: Float64Array.of(0.5, 0.25, -3) },
    { kind: 'finite', levels: ['u', 'v'], values: Int32Array.of(0, 1, 1) },
  ]);
  expect(isMixed(read.value)).toBe(true);
  expect(finiteOf(read.value)).toBeUndefined();
  const twice = pickMixed(read.value, [1, 1, 0]);
  expect(twice.labels).toEqual(['b', 'b', 'a']);
  expect([...twice.starts]).toEqual([0, 1, 2, 4]);
  expect([...(twice.columns[0]?.values ?? [])]).toEqual([-3, -3, 0.5, 0.25]);
  expect([...(twice.counts ?? [])]).toEqual([1, 1, 2, 1]);
});

it('a variable that is real in one study is real in all', async () => {
  const real = await study('real', undefined, 'X,Y\n0.5,0\n0.25,1\n-3.75,0\n');
  const whole = await study('whole', undefined, 'X,Y\n1,1\n0,0\n');
  const read = await readMixedEnvironments([whole, real], ['X', 'Y']);
  if (!read.ok) throw new Error();
  expect(read.value.columns[0]).toEqual({ kind: 'real', values: Float64Array.of(1, 0, 0.5, 0.25, -3.75) });
  expect(read.value.columns[1]).toMatchObject({ kind: 'finite', levels: ['0', '1'] });
  const text = await study('text', undefined, 'X,Y\nlow,1\nhigh,0\n');
  expect(await codesOf([text, real], ['X'])).toEqual(['not-finite']);
});

const codesOf = async (...[studies, names]: Parameters<typeof readMixedEnvironments>) => {
  const found = await readMixedEnvironments(studies, names);
  return found.ok ? [] : found.issues.map(({ code }) => code);
};

it('the issues of readEnvironments; finite records are the same by both ways', async () => {
  const one = await study('one', 'E', 'E,X,Y\na,1,2\nb,0,1\na,0,2\nb,0,2\n');
  expect(await codesOf([one], ['X', 'Z'])).toEqual(['unknown-variable']);
  expect(await codesOf([await study('single', undefined, 'X,Y\n1,2\n0,1\n')], ['X'])).toEqual(['one-environment']);
  expect(await codesOf([await study('set', 'E', 'E,X\na,1\nb,0\n', undefined, ['X'])], ['X'])).toEqual(['not-watched']);
  const [finite, mixed] = [await readEnvironments([one], ['Y', 'X']), await readMixedEnvironments([one], ['Y', 'X'])];
  if (!finite.ok || !mixed.ok) throw new Error();
  expect(isMixed(finite.value)).toBe(false);
  expect(finiteOf(mixed.value)).toEqual(finite.value);
  expect(mixedOf(finite.value)).toEqual(mixed.value);
});
