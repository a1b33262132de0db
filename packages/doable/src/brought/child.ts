import { Worker } from 'node:worker_threads';
import { type LoadedModel, ortBackend } from '../tensor/ort.ts';
import type { Reply, Request } from './messages.ts';

/** The process in which one model of somebody else's runs. */
let model: LoadedModel | undefined;
const reply = (message: Reply): void => void process.send?.(message);

async function answer(request: Request): Promise<Reply> {
  const { id } = request;
  if (request.do === 'load') {
    new Worker(new URL('./watch.js', import.meta.url), {
      workerData: { bytes: process.memoryUsage.rss() + request.megabytes * 2 ** 20, parent: process.ppid },
    }).unref();
    const backend = await ortBackend();
    if (!backend.ok) return { id, issues: backend.issues };
    const loaded = await backend.value.load(request.model);
    if (!loaded.ok) return { id, issues: loaded.issues };
    model = loaded.value;
    return { id, loaded: { inputs: [...model.inputs], outputs: [...model.outputs] } };
  }
  try {
    if (model === undefined) throw new Error('No model was loaded.');
    return { id, tensors: [...(await model.run(new Map(request.feeds)))] };
  } catch (error) {
    return { id, issues: [{ code: 'brought-run', message: `ONNX Runtime could not run the model: ${(error as Error).message}` }] };
  }
}

process.on('message', (request: Request) => void answer(request).then(reply));
process.on('disconnect', () => process.exit());
