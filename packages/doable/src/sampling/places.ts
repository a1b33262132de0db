import { type Batch, failure, type Issue, inputsFrom, type Name, type Result, type SamplePlan, success, type Value } from '@doable/engine';
import { gridArgument } from '../arguments/places.ts';

/** One setting of the inputs at which rows are drawn. */
export interface DrawPlace {
  readonly inputs: Batch;
  /** Values said with --at, written before the draws where there are several places. */
  readonly at: Readonly<Record<Name, Value>>;
}

const mostPlaces = 100_000;

/** Every combination of the values that --at gives. Values of variables without an effect are let pass, with a note. Issues: `at`, those of `inputsFrom`. */
export function drawPlaces(
  texts: readonly string[],
  { plan, types, idle }: Pick<SamplePlan, 'plan' | 'types' | 'idle'>,
): Result<{ readonly places: readonly DrawPlace[]; readonly notes: readonly string[] }> {
  const grid = gridArgument(texts);
  if (!grid.ok) return grid;
  const said = Object.entries(grid.value);
  const without = said.filter(([name]) => idle.includes(name)).map(([name]) => name);
  const used = said.filter(([name]) => !idle.includes(name));
  const count = used.reduce((product, [, values]) => product * values.length, 1);
  if (count > mostPlaces) return failure({ code: 'at', message: `--at: ${count} combinations; at most ${mostPlaces} are drawn at.` });
  const issues = new Map<string, Issue>();
  const places: DrawPlace[] = [];
  for (let place = 0; place < count; place++) {
    const at: Record<Name, Value> = {};
    let rest = place;
    for (const [name, values] of used.toReversed()) {
      at[name] = values[rest % values.length] as Value;
      rest = Math.floor(rest / values.length);
    }
    const inputs = inputsFrom({ plan, types }, at);
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
  issue.code === 'missing-input' ? { ...issue, hint: 'State the value in the question, or say it with --at NAME=VALUE.' } : issue;
