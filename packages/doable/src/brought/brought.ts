import {
  type BringOptions,
  type Brought,
  type BroughtSource,
  bring,
  type CheckedManifest,
  type ConditionalModel,
  type Issue,
  type NetworkPlan,
  type Result,
  readManifest,
  type SamplerFunction,
} from '@doable/engine';
import type { LoadedModel } from '../tensor/ort.ts';
import { readBrought } from './files.ts';
import { type GuardLimits, guardedModel } from './guarded.ts';
import { type HttpOptions, httpSampler } from './http.ts';

/** The path of a manifest, or a manifest with a function (which only a program can bring: a manifest never makes code run here). */
export type BringSource = string | { readonly manifest: unknown; readonly sampler: SamplerFunction };

export interface BroughtOptions extends BringOptions, GuardLimits, HttpOptions {
  /** Makes an inspected file ready to run; in a process of its own unless given. */
  readonly load?: (model: Uint8Array) => Promise<Result<LoadedModel>>;
}

export interface BroughtModels {
  /** By factor: for `modelFor` of `fitNetwork`. */
  readonly models: ReadonlyMap<string, ConditionalModel>;
  readonly brought: readonly Brought[];
  /** Ends the processes. */
  close(): Promise<void>;
}

/**
 * Models that the user brings, each in the place of the factors whose law it claims. All or nothing: every issue of every source is
 * told (with the file), and no process is left behind. Issues: those of `readBrought`, `guardedModel`, `httpSampler` and the engine's
 * `bring`; `brought-twice` where two models claim one factor.
 */
export async function broughtModels(
  sources: readonly BringSource[],
  plan: NetworkPlan,
  options: BroughtOptions,
): Promise<Result<BroughtModels>> {
  const issues: Issue[] = [];
  const warnings: Issue[] = [];
  const brought: Brought[] = [];
  const models = new Map<string, ConditionalModel>();
  const open: LoadedModel[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(open.map((model) => model.dispose()));
  };
  try {
    for (const source of sources) {
      const at = (issue: Issue): Issue =>
        typeof source === 'string' && issue.where === undefined ? { ...issue, where: { file: source } } : issue;
      const ready = await prepared(source, options, (model) => open.push(model));
      const found = ready.ok ? await bring(ready.value.checked, ready.value.source, plan, options) : ready;
      warnings.push(...[...((ready.ok && ready.warnings) || []), ...((found.ok && found.warnings) || [])].map(at));
      if (!found.ok) {
        issues.push(...found.issues.map(at));
        continue;
      }
      for (const each of found.value) {
        if (models.has(each.factor.id))
          issues.push(at({ code: 'brought-twice', message: `Two models claim the law ${each.report.law}.`, hint: 'Bring one of them.' }));
        models.set(each.factor.id, each.model);
        brought.push(each);
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  if (issues.length > 0) {
    await close();
    return { ok: false, issues };
  }
  return { ok: true, value: { models, brought, close }, ...(warnings.length > 0 && { warnings }) };
}

async function prepared(
  source: BringSource,
  options: BroughtOptions,
  opened: (model: LoadedModel) => void,
): Promise<Result<{ readonly checked: CheckedManifest; readonly source: BroughtSource }>> {
  if (typeof source !== 'string') {
    const checked = readManifest(source.manifest);
    return checked.ok ? { ok: true, value: { checked: checked.value, source: { sampler: source.sampler } } } : checked;
  }
  const file = await readBrought(source);
  if (!file.ok) return file;
  const { checked, model } = file.value;
  if (model === undefined) {
    const sampler = httpSampler(checked.manifest.url ?? '', options);
    return sampler.ok ? { ...sampler, value: { checked, source: { sampler: sampler.value } } } : sampler;
  }
  const loaded = await (options.load ?? ((bytes) => guardedModel(bytes, options)))(model);
  if (!loaded.ok) return loaded;
  opened(loaded.value);
  return { ok: true, value: { checked, source: { executable: loaded.value } } };
}
