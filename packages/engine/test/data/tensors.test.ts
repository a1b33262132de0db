import { expect, test } from 'vitest';
import { memorySource, memoryStudy } from '../../src/data/memory.ts';
import type { PictureFile, ReadPicture } from '../../src/data/tensors.ts';
import { loadProblem } from '../../src/problem.ts';
import { failure, success } from '../../src/run/issue.ts';
import { csvOfTensors, isPicture, type TensorTable, tensorSuite } from './tensor-suite.ts';

/** Pictures get paths; a table of what is left. */
function withPaths({ header, rows }: TensorTable): {
  readonly rows: (string | number | null | readonly unknown[])[][];
  readonly pictures: ReadPicture;
  readonly header: readonly string[];
} {
  const files = new Map<string, PictureFile>();
  const plain = rows.map((row, i) =>
    row.map((cell) => {
      if (!isPicture(cell)) return cell;
      files.set(`${i}.png`, { ...cell, digest: JSON.stringify([cell.width, cell.channels, [...cell.values]]) });
      return `${i}.png`;
    }),
  );
  const pictures: ReadPicture = async (path) => {
    const found = files.get(path);
    return found ? success(found) : failure({ code: 'no-picture', message: `there is no picture “${path}”` });
  };
  return { header, rows: plain, pictures };
}

tensorSuite(
  'inline rows',
  (spec, table) => {
    const { header, rows, pictures } = withPaths(table);
    return memorySource(spec, { rows: rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]]))), pictures });
  },
  { typed: false, pictures: true, rowOf: (record) => record },
);

tensorSuite(
  'CSV text',
  (spec, table) => {
    const { header, rows, pictures } = withPaths(table);
    return memorySource(spec, { csv: csvOfTensors({ header, rows }), pictures });
  },
  { typed: false, pictures: true, rowOf: (record) => record + 1 },
);

test('a list in a column that is no tensor is not a value', async () => {
  const made = await memoryStudy({ name: 's', regime: { set: [] } }, { rows: [{ A: [1] }] });
  expect(made.ok ? [] : made.issues.map(({ code }) => code)).toEqual(['not-a-value']);
});

test('a problem document: inline lists, the range, and what contradicts', async () => {
  const document = {
    graph: 'Label -> Scan',
    variables: { Scan: { tensor: [1, 2], range: [0, 16] } },
    studies: [
      {
        data: [
          { Label: 1, Scan: [0, 16] },
          { Label: 2, Scan: [[3, 4]] },
        ],
      },
    ],
  };
  const made = await loadProblem(document);
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  expect(made.value.domains.get('Scan')).toEqual({ kind: 'tensor', shape: [1, 2], range: [0, 16] });
  expect(made.value.notes).toContain('Scan: tensor 1 x 2 (declared), values 0 to 16');
  const wrong = await loadProblem({ ...document, variables: { Scan: { tensor: [1, 2], range: [3, 3] }, Label: { range: [0, 1] } } });
  expect(wrong.ok ? [] : wrong.issues.map(({ code }) => code)).toEqual(['range-order', 'conflict', 'out-of-range']);
});
