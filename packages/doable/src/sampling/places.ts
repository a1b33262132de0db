import {
  type Batch,
  type ColumnValues,
  failure,
  type Issue,
  inputsFrom,
  type Name,
  type Result,
  type SamplePlan,
  success,
  type Value,
} from '@doable/engine';
import { gridArgument } from '../arguments/places.ts';
import type { PictureInput } from './inputs.ts';

/** One setting of the inputs at which rows are drawn. */
export interface DrawPlace {
  readonly inputs: Batch;
  /** Values said with --at and files of --input, written before the draws where there are several places. */
  readonly at: Readonly<Record<Name, Value>>;
}

const mostPlaces = 100_000;

/** Every combination of the values that --at and the pictures that --input gives. Values of variables without an effect are let pass, with a note. Issues: `at`, those of `inputsFrom`. */
export function drawPlaces(
  texts: readonly string[],
  pictures: ReadonlyMap<Name, PictureInput>,
  { plan, types, idle }: Pick<SamplePlan, 'plan' | 'types' | 'idle'>,
): Result<{ readonly places: readonly DrawPlace[]; readonly notes: readonly string[] }> {
  const grid = gridArgument(texts);
  if (!grid.ok) return grid;
  const said: (readonly [Name, readonly Value[]])[] = [...Object.entries(grid.value)];
  for (const [name, { files }] of pictures) said.push([name, files]);
  const without = said.filter(([name]) => idle.includes(name)).map(([name]) => name);
  const used = said.filter(([name]) => !idle.includes(name));
  const stated = plan.inputs.flatMap(({ name, value }) => {
    const other = value === undefined ? undefined : used.find(([said, values]) => said === name && values.some((one) => one !== value));
    return other === undefined ? [] : [{ name, value }];
  });
  if (stated.length > 0)
    return failure(
      ...stated.map(({ name, value }) => ({
        code: 'at',
        message: `--at ${name}: the question says ${name}=${value} already.`,
        hint: `Leave the value out of the question (${name} alone) to draw at others.`,
      })),
    );
  const count = used.reduce((product, [, values]) => product * values.length, 1);
  if (count > mostPlaces) return failure({ code: 'at', message: `--at: ${count} combinations; at most ${mostPlaces} are drawn at.` });
  const issues = new Map<string, Issue>();
  const places: DrawPlace[] = [];
  for (let place = 0; place < count; place++) {
    const at: Record<Name, Value> = {};
    const texts: Record<Name, Value> = {};
    const tensors = new Map<Name, ColumnValues>();
    let rest = place;
    for (const [name, values] of used.toReversed()) {
      const value = values[rest % values.length] as Value;
      const picture = pictures.get(name)?.columns[rest % values.length];
      at[name] = value;
      if (picture === undefined) texts[name] = value;
      else tensors.set(name, picture);
      rest = Math.floor(rest / values.length);
    }
    const inputs = inputsFrom({ plan, types }, texts, tensors);
    if (inputs.ok) places.push({ inputs: inputs.value, at: Object.fromEntries(used.map(([name]) => [name, at[name] as Value])) });
    else for (const issue of inputs.issues) issues.set(issue.message, remedied(issue));
  }
  if (issues.size > 0) return failure(...issues.values());
  return success({
    places,
    notes: without.map((name) => `${name} has no effect on what is drawn, so its value is not used.`),
  });
}

const remedied = (issue: Issue): Issue =>
  issue.code === 'missing-input'
    ? { ...issue, hint: 'State the value in the question, or say it with --at NAME=VALUE (a picture with --input NAME=FILE.png).' }
    : issue;
