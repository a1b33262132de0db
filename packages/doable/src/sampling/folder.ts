import { lstat, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type Backend,
  type ConditionalModel,
  type FittedNetwork,
  failure,
  freeInputsData,
  type Issue,
  loadFactor,
  type NetworkDocument,
  networkDocument,
  type Problem,
  type ReadNetwork,
  type Result,
  readFreeInputs,
  readNetworkDocument,
  type SamplePlan,
  saveFactor,
  success,
  type TrainedWith,
  taskOf,
} from '@doable/engine';
import { jsonText } from '../output/json.ts';
import { ortBackend } from '../tensor/ort.ts';
import { isAlive, makeFolder, sha256, writeWhole } from './files.ts';
import { sameTask } from './fit.ts';

const manifestFile = 'manifest.json';
/** Largest manifest, and largest file of a factor, that is read. */
const mostManifest = 64 * 2 ** 20;
const mostFile = 2 * 2 ** 30;
/** File names that a manifest may use: none leads out of the folder. */
const plainName = /^[A-Za-z0-9][\w.-]{0,200}$/u;

/** Can a network be saved there? Asked before anything is trained. Issues: `output`. */
export async function folderIssue(folder: string): Promise<Issue | undefined> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return unmade(folder);
  const message = `--save ${folder}: `;
  if (!found.isDirectory()) return { code: 'output', message: `${message}this is a file.`, hint: 'Name a folder.' };
  const names = await readdir(folder);
  if (names.length === 0 || names.includes(manifestFile)) return undefined;
  return {
    code: 'output',
    message: `${message}this folder holds other things.`,
    hint: 'Name a new folder, or one of a saved network to replace it.',
  };
}

/** Whether a folder cannot be made there: it is tried with that which {@link replaceFolder} makes. */
async function unmade(folder: string): Promise<Issue | undefined> {
  const made = `${resolve(folder)}.${process.pid}.part`;
  try {
    await makeFolder(made);
    await rm(made, { recursive: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return notKept(folder, error);
  }
}

const notKept = (folder: string, { message }: Error): Issue => ({
  code: 'output',
  message: `--save ${folder}: the network cannot be kept there: ${message}.`,
  hint: 'Name another folder.',
});

/**
 * Writes a network as one folder: a manifest, the free inputs, and per factor a document and its ONNX files. All is written to a folder
 * beside it, which then takes its place. Issues: `not-saved`; `output` where the file system does not let it.
 */
export async function saveNetwork(
  folder: string,
  problem: Problem,
  sample: SamplePlan,
  network: FittedNetwork,
  trained: TrainedWith,
): Promise<Result<undefined>> {
  const files = new Map<string, Uint8Array>();
  const factors: NetworkDocument['factors'] = [];
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${jsonText(value, 1)}\n`);
  for (const { id } of sample.plan.factors) {
    const model = network.models.get(id) as ConditionalModel;
    const saved = saveFactor(model, id);
    if (!saved.ok) return saved;
    const file = `${id}.json`;
    files.set(file, json(saved.value.manifest));
    for (const [name, bytes] of saved.value.files) files.set(name, bytes);
    factors.push({ id, kind: model.kind, file, files: [...saved.value.files.keys()] });
  }
  const free = 'free-inputs.json';
  files.set(free, json(freeInputsData(network.free)));
  const listed = Object.fromEntries([...files].map(([name, bytes]) => [name, { sha256: sha256(bytes), bytes: bytes.length }]));
  const manifest = networkDocument(problem, sample, trained, { factors, free, files: listed });
  const read = readNetworkDocument(manifest);
  if (!read.ok) throw new Error(`A network that was just made cannot be read: ${read.issues[0]?.message}`);
  try {
    await replaceFolder(resolve(folder), new Map([...files, [manifestFile, json(manifest)]]));
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return failure(notKept(folder, error));
  }
  return success(undefined);
}

/** Puts right what a process that ended while it replaced this folder left beside it: its half-made folder goes, the one it had moved away comes back. */
async function putRight(folder: string): Promise<void> {
  const around = dirname(folder);
  for (const name of await readdir(around).catch((): string[] => [])) {
    const [, pid, what] = name.startsWith(`${basename(folder)}.`)
      ? (/^\.(\d+)\.(part|old)$/u.exec(name.slice(basename(folder).length)) ?? [])
      : [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const there = (await stat(folder).catch(() => undefined)) !== undefined;
    if (what === 'old' && !there) await rename(join(around, name), folder);
    else await rm(join(around, name), { recursive: true, force: true });
  }
}

/** The folder with these files and no others: complete, or as it was before. */
async function replaceFolder(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await makeFolder(dirname(folder));
  await putRight(folder);
  const [made, old] = [`${folder}.${process.pid}.part`, `${folder}.${process.pid}.old`];
  await rm(made, { recursive: true, force: true });
  try {
    await mkdir(made);
    for (const [name, bytes] of files) await writeWhole(join(made, name), bytes);
    const there = (await stat(folder).catch(() => undefined)) !== undefined;
    if (there) await rename(folder, old);
    try {
      await rename(made, folder);
    } catch (error) {
      if (there) await rename(old, folder);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
}

export interface LoadedNetwork extends ReadNetwork {
  readonly network: FittedNetwork;
}

/**
 * Reads what {@link saveNetwork} wrote. Nothing in it is trusted: the plan is made anew from graph and question, every file must have the size
 * and the digest that the manifest states, every factor the columns that the plan asks for. Issues name the file and the remedy:
 * `no-file`, `bad-network`, `bad-factor`.
 */
export async function loadNetwork(folder: string): Promise<Result<LoadedNetwork>> {
  // Where it cannot be put right, it is read as it is.
  if ((await stat(folder).catch(() => undefined)) === undefined) await putRight(resolve(folder)).catch(() => undefined);
  const manifest = await fileOf(folder, manifestFile, mostManifest);
  if (!manifest.ok) return manifest;
  const value = parsed(manifest.value);
  if (value === undefined) return failure(damaged(folder, manifestFile, 'it is not JSON'));
  const read = readNetworkDocument(value);
  if (!read.ok) return failure(...read.issues.map((issue) => ({ ...issue, where: { file: join(folder, manifestFile) } })));
  const { document, sample } = read.value;
  const listed = async (name: string): Promise<Result<Uint8Array>> => {
    const stated = Object.hasOwn(document.files, name) ? document.files[name] : undefined;
    if (stated === undefined || !plainName.test(name)) return failure(damaged(folder, manifestFile, `it lists no file '${name}'`));
    const bytes = await fileOf(folder, name, mostFile, stated.bytes);
    if (bytes.ok && sha256(bytes.value) !== stated.sha256) return failure(damaged(folder, name, 'its content is not what was saved'));
    return bytes;
  };
  const backend = await backendFor(document);
  if (!backend.ok) return backend;
  const models = new Map<string, ConditionalModel>();
  for (const { id, file, files } of document.factors) {
    const own = await listed(file);
    if (!own.ok) return own;
    const contents = new Map<string, Uint8Array>();
    for (const name of files) {
      const bytes = await listed(name);
      if (!bytes.ok) return bytes;
      contents.set(name, bytes.value);
    }
    const factor = parsed(own.value);
    if (factor === undefined) return failure(damaged(folder, file, 'it is not JSON'));
    const model = loadFactor(factor, contents, backend.value, { threads: 1 });
    if (!model.ok) return failure(...model.issues.map((issue) => ({ ...issue, where: { file: join(folder, file) } })));
    const planned = sample.plan.factors.find((one) => one.id === id);
    const task = planned && taskOf(planned, sample.types);
    if (task?.ok !== true || !sameTask(task.value, model.value.task))
      return failure(damaged(folder, file, `it is not the law that the plan calls ${id}`));
    models.set(id, model.value);
  }
  const free = await listed(document.free);
  if (!free.ok) return free;
  const pools = readFreeInputs(parsed(free.value), sample);
  if (!pools.ok) return failure(...pools.issues.map((issue) => ({ ...issue, where: { file: join(folder, document.free) } })));
  const { plan, types } = sample;
  return success({ document, sample, network: { plan, types, models, free: pools.value } }, read.warnings);
}

/** Tables need none: ONNX Runtime is loaded where a factor has a file of it. */
async function backendFor({ factors }: NetworkDocument): Promise<Result<Backend>> {
  if (factors.some(({ files }) => files.length > 0)) return ortBackend();
  return success({ name: 'none', compile: () => Promise.reject(new Error('A network without a file.')) });
}

async function fileOf(folder: string, name: string, most: number, size?: number): Promise<Result<Uint8Array>> {
  const path = join(folder, name);
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined)
    return failure({
      code: 'no-file',
      message: name === manifestFile ? `${folder} holds no saved network: ${name} is missing.` : `${path} is missing.`,
      hint: again,
    });
  if (!found.isFile()) return failure(damaged(folder, name, 'it is no plain file'));
  if (size !== undefined && found.size !== size) return failure(damaged(folder, name, `it has ${found.size} bytes and not ${size}`));
  if (found.size > most) return failure(damaged(folder, name, `${found.size} bytes are too many`));
  return success(await readFile(path));
}

const again = 'Train it again: doable sample PROBLEM QUESTION --save FOLDER.';
const damaged = (folder: string, name: string, why: string): Issue => ({
  code: 'bad-network',
  message: `${join(folder, name)} is damaged or not of this network: ${why}.`,
  hint: again,
});

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
