import type { Graph } from '../../graph/graph.ts';
import type { Name } from '../../graph/variable.ts';
import { Random } from '../../math/random.ts';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { TrainingData } from '../batch.ts';
import { type NetworkPlan, type PlannedFactor, taskOf } from '../network.ts';
import type { ColumnType } from '../terms.ts';
import type { BroughtExecutable, SamplerFunction } from './contract.ts';
import { printLaw } from './law.ts';
import type { CheckedManifest } from './manifest.ts';
import { matchPlan } from './match.ts';
import { type BroughtModel, broughtModel } from './model.ts';
import { type ProbeReport, probe } from './probe.ts';
import { fileStep, functionStep } from './step.ts';
import { idleFrom, typeOfColumn } from './support.ts';

/** What a manifest describes: a file made ready, or a function. */
export type BroughtSource = { readonly executable: BroughtExecutable } | { readonly sampler: SamplerFunction };

export interface BringOptions extends RunOptions {
  readonly graph: Graph;
  /** The column type of every variable of the plan. */
  readonly types: ReadonlyMap<Name, ColumnType>;
  /** Rows by study: what the model is compared with. */
  readonly data: ReadonlyMap<Name, TrainingData>;
  readonly seed: number;
}

/** A factor of the network that is not learnt here, and what a trial of it showed. */
export interface Brought {
  readonly factor: PlannedFactor;
  readonly model: BroughtModel;
  readonly report: ProbeReport;
}

/**
 * A brought model in the place of every factor whose law it claims, after a trial; `open` is called only where there is one; see {@link matchPlan} and {@link probe}. Issues:
 * `brought-mismatch` where the network asks for no such law, `brought-io`, and those of the trial.
 */
export async function bring(
  checked: CheckedManifest,
  open: () => Promise<Result<BroughtSource>>,
  plan: NetworkPlan,
  options: BringOptions,
): Promise<Result<readonly Brought[]>> {
  const { graph, data, seed } = options;
  const { manifest } = checked;
  const types = new Map(options.types);
  for (const column of manifest.given) if (!types.has(column.name)) types.set(column.name, typeOfColumn(column));
  const matches = matchPlan(checked, plan, graph, types);
  if (!matches.ok) return matches;
  const warnings: Issue[] = [...(matches.warnings ?? [])];
  const opened = await open();
  if (!opened.ok) return opened;
  const source = opened.value;
  warnings.push(...(opened.warnings ?? []));
  const step = 'sampler' in source ? success(functionStep(manifest, source.sampler)) : fileStep(manifest, source.executable);
  if (!step.ok) return step;
  const found: Brought[] = [];
  for (const match of matches.value) {
    const task = taskOf(match.factor, types);
    if (!task.ok) return task;
    const random = new Random(seed, 'brought', match.factor.key);
    const { idle, from } = idleFrom(manifest, match, types, data, random.split('pool'));
    const unknown = match.surplus.find((name) => types.get(name)?.kind !== 'finite' && manifest.claims.support?.[name] === undefined);
    if (from === 'support' && unknown !== undefined)
      return failure({
        code: 'brought-support',
        message: `claims.support says nothing about ${unknown}: any supported value of it will do, but none is known.`,
        hint: `Add claims.support.${unknown}, or bring a study that has both ${unknown} and the rest.`,
      });
    const kind = 'sampler' in source ? 'function' : 'onnx';
    const model = broughtModel({ kind, manifest, step: step.value, match, task: task.value, types, idle });
    const { signal, pause } = options;
    const report = await probe(model, match, types, data, random.split('probe'), { ...(signal && { signal }), ...(pause && { pause }) });
    if (!report.ok) return failure(...report.issues);
    warnings.push(...(report.warnings ?? []));
    const notes = [...report.value.notes];
    if (match.surplus.length > 0)
      notes.push(
        `It also takes ${match.surplus.join(', ')}, which the graph proves idle in ${printLaw(checked.law)}; values come from ${from === 'data' ? 'the data' : 'the support that it claims'}.`,
      );
    found.push({ factor: match.factor, model, report: { ...report.value, notes } });
  }
  return success(found, warnings);
}
