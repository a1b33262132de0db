import {
  type BringOptions,
  type Brought,
  type BroughtSource,
  bring,
  type ConditionalModel,
  type Issue,
  type NetworkPlan,
  type Result,
  readManifest,
  type SamplerFunction,
} from '@doable/engine';
import type { LoadedModel } from '../tensor/ort.ts';
import { type BroughtFile, readBrought } from './files.ts';
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
      const file = await described(source);
      const found = file.ok
        ? await bring(file.value.checked, () => opened(file.value, options, (model) => open.push(model)), plan, options)
        : file;
      if (found.ok) warnings.push(...(found.warnings ?? []).map(at));
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

type Described = BroughtFile & { readonly sampler?: SamplerFunction };

async function described(source: BringSource): Promise<Result<Described>> {
  if (typeof source === 'string') return readBrought(source);
  const checked = readManifest(source.manifest);
  return checked.ok ? { ok: true, value: { checked: checked.value, sampler: source.sampler } } : checked;
}

async function opened(
  { checked, model, sampler }: Described,
  options: BroughtOptions,
  keep: (model: LoadedModel) => void,
): Promise<Result<BroughtSource>> {
  if (sampler !== undefined) return { ok: true, value: { sampler } };
  if (model === undefined) {
    const remote = httpSampler(checked.manifest.url ?? '', options);
    return remote.ok ? { ...remote, value: { sampler: remote.value } } : remote;
  }
  const loaded = await (options.load ?? ((bytes) => guardedModel(bytes, options)))(model);
  if (!loaded.ok) return loaded;
  keep(loaded.value);
  return { ok: true, value: { executable: loaded.value } };
}
