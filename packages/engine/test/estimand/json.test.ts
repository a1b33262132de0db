import { describe, expect, it } from 'vitest';
import { createBuilder } from '../../src/estimand/builder.ts';
import type { Because, Estimand } from '../../src/estimand/estimand.ts';
import { stepsOf } from '../../src/estimand/fold.ts';
import { estimandFromJson, estimandToJson } from '../../src/estimand/json.ts';

const because: Because = { theorem: 'ID', source: 'Shpitser and Pearl 2006', line: '7', sets: { S: ['X'] } };
const b = createBuilder();
const leaf = (of: string[], given: string[], fixed?: Record<string, string>): Estimand =>
  b.measured({ of, given, regime: { set: ['A'], ...(fixed && { fixed }), environment: 'site' }, studies: ['s'], because });

function everyStep(): Estimand {
  const body = b.product([leaf(['X', 'Y'], ['Z']), leaf(['Z'], [], { A: '1' }), b.constant(0.5, because)], because);
  const quotient = b.quotient(b.condition(['Y'], ['X'], body, because), b.sum(['X', 'Y'], body, because), because);
  const placed = b.place({ Z: { symbol: "Z'" }, A: { value: '0' } }, quotient);
  return b.combine([
    { weight: 1, of: b.mean('Y', placed) },
    { weight: -0.1, of: b.mean('Y', b.condition(['Y'], ['X'], body, because)) },
  ]);
}

describe('estimand as JSON', () => {
  it('survives the round trip through text, sharing kept', () => {
    const original = everyStep();
    const data = estimandToJson(original);
    expect(data.steps).toHaveLength(stepsOf(original).length);
    expect(new Set(data.steps.map((step) => step.step)).size).toBe(9);
    const back = estimandFromJson(JSON.parse(JSON.stringify(data)), b);
    expect(back.ok && back.value).toBe(original);
    const elsewhere = estimandFromJson(JSON.parse(JSON.stringify(data)));
    expect(elsewhere.ok && elsewhere.value).toEqual(original);
  });

  it('writes a tree of 2^60 steps in 120', () => {
    let tower = leaf(['X'], []);
    for (let i = 0; i < 60; i += 1) tower = b.quotient(tower, tower, because);
    const data = estimandToJson(tower);
    expect(data.steps).toHaveLength(61);
    const back = estimandFromJson(data, b);
    expect(back.ok && back.value).toBe(tower);
  });

  it('refuses what is malformed, circular, or asks for axes that are not there', () => {
    const good = estimandToJson(everyStep());
    const code = (data: unknown): string => {
      const result = estimandFromJson(data);
      return result.ok ? 'ok' : (result.issues[0]?.code ?? '');
    };
    expect(code(good)).toBe('ok');
    expect(code(null)).toBe('estimand-form');
    expect(code({ ...good, steps: [] })).toBe('estimand-form');
    expect(code({ ...good, steps: [{ step: 'magic' }] })).toBe('estimand-form');
    expect(code({ ...good, steps: [{ step: 'place', at: {}, body: 0 }] })).toBe('estimand-order');
    expect(code({ ...good, steps: [...good.steps, { step: 'mean', of: 'Nobody', body: 0 }] })).toBe('estimand-axes');
    expect(code({ ...good, steps: [good.steps[0], { step: 'condition', of: ['Z'], given: [], body: 0, because }] })).toBe('estimand-axes');
  });
});
