import { createGraph } from '@doable/engine';
import { expect, test } from 'vitest';

test('a cycle is refused and shown', () => {
  const made = createGraph({
    variables: [],
    arrows: [
      ['A', 'B'],
      ['B', 'C'],
      ['C', 'A'],
    ],
    arcs: [],
  });
  expect(made.ok).toBe(false);
  if (!made.ok) expect(made.issues[0]?.message).toContain('->');
});
