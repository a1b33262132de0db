import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BroughtFailure, type Issue, type Result } from '@doable/engine';
import type { LoadedModel } from '../tensor/ort.ts';
import type { Reply, Request } from './messages.ts';

export interface GuardLimits {
  /** Seconds that every call may take, and loading (which has 30 more, for the runtime itself); 120 unless given. */
  readonly seconds?: number;
  /** Memory that the model may take, in MiB, beside the runtime's own; 4096 unless given. */
  readonly megabytes?: number;
}

/** Run from source (tests), the process is the built one. */
const child = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/brought/child.js' : './child.js', import.meta.url));
/** Private memory of Node and ONNX Runtime before a model is loaded, in MiB, generously. */
const own = 768;
/** Seconds for the process to start. */
const starting = 30;

type Envelope = Request extends infer Each ? (Each extends Request ? Omit<Each, 'id'> : never) : never;

/**
 * Somebody's model in a process of its own, so that nothing it does can hang or bring down this one. Bounded: wall time of loading and
 * of every call (then the process is killed); memory, by the kernel's limit on private memory where there is a POSIX shell (Linux
 * enforces it), and everywhere by a watch on resident memory every 10 ms. Not bounded: what native code could do if ONNX Runtime itself
 * had a hole; the process has the rights of the user. Issues: `brought-time`, `brought-memory`, `brought-crashed`, those of
 * ONNX Runtime. `run` throws them as {@link BroughtFailure}; after one of the first three every call does.
 */
export async function guardedModel(model: Uint8Array, { seconds = 120, megabytes = 4096 }: GuardLimits = {}): Promise<Result<LoadedModel>> {
  const limited = process.platform !== 'win32';
  const started = fork(child, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    ...(limited && {
      execPath: '/bin/sh',
      execArgv: ['-c', `ulimit -c 0; ulimit -d ${(own + megabytes) * 1024}; exec "$0" "$@"`, process.execPath],
    }),
  });
  const guard = new Guard(started, seconds, megabytes);
  try {
    const { loaded } = (await guard.ask({ do: 'load', model, megabytes })) as Extract<Reply, { loaded: object }>;
    return {
      ok: true,
      value: {
        inputs: new Map(loaded.inputs),
        outputs: new Map(loaded.outputs),
        async run(feeds) {
          const { tensors } = (await guard.ask({ do: 'run', feeds: [...feeds] })) as Extract<Reply, { tensors: object }>;
          return new Map(tensors);
        },
        dispose: () => guard.close(),
      },
    };
  } catch (error) {
    await guard.close();
    if (error instanceof BroughtFailure) return { ok: false, issues: [error.issue] };
    throw error;
  }
}

class Guard {
  private readonly process: ChildProcess;
  private readonly seconds: number;
  private readonly waiting = new Map<number, { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void }>();
  private readonly ended: Promise<void>;
  private asked = 0;
  private failed: Issue | undefined;

  constructor(started: ChildProcess, seconds: number, megabytes: number) {
    this.process = started;
    this.seconds = seconds;
    started.on('message', (reply: Reply) => {
      const waiting = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      this.rest();
      waiting?.resolve(reply);
    });
    started.on('error', (error) =>
      this.fail({ code: 'brought-crashed', message: `The model's process could not be started: ${error.message}` }),
    );
    this.ended = new Promise((resolve) => {
      started.on('exit', (code, signal) => {
        this.fail(
          signal === 'SIGUSR2'
            ? memory(megabytes)
            : { code: 'brought-crashed', message: `The process that runs the model ended (${signal ?? `exit code ${code}`}).` },
        );
        resolve();
      });
    });
    this.rest();
  }

  async ask(request: Envelope): Promise<Reply> {
    if (this.failed !== undefined) throw thrown(this.failed);
    const id = this.asked++;
    this.process.ref();
    this.process.channel?.ref();
    const [what, seconds] = request.do === 'load' ? ['be loaded', this.seconds + starting] : ['answer', this.seconds];
    const timer = setTimeout(() => {
      this.fail({
        code: 'brought-time',
        message: `The model took more than ${seconds} seconds to ${what}; it was stopped.`,
        hint: 'Give it more time, fewer steps, or a smaller batch; a loop in it may never end.',
      });
      this.process.kill('SIGKILL');
    }, seconds * 1000);
    try {
      const reply = await new Promise<Reply>((resolve, reject) => {
        this.waiting.set(id, { resolve, reject });
        this.process.send({ ...request, id } as Request, (error) => {
          if (error !== null) this.fail({ code: 'brought-crashed', message: `The model's process does not listen: ${error.message}` });
        });
      });
      if ('issues' in reply) throw thrown(reply.issues[0] as Issue);
      return reply;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.failed ??= { code: 'brought-crashed', message: 'The model was closed.' };
    this.process.kill('SIGKILL');
    await this.ended;
  }

  /** A process without work does not keep this one alive. */
  private rest(): void {
    if (this.waiting.size > 0) return;
    this.process.unref();
    this.process.channel?.unref();
  }

  private fail(issue: Issue): void {
    this.failed ??= issue;
    for (const { reject } of this.waiting.values()) reject(thrown(this.failed));
    this.waiting.clear();
  }
}

const thrown = ({ code, message, hint }: Issue): BroughtFailure => new BroughtFailure(code, message, hint);
const memory = (megabytes: number): Issue => ({
  code: 'brought-memory',
  message: `The model took more than ${megabytes} MiB of memory; it was stopped.`,
  hint: 'Give it more memory, or fewer rows at a time ("batch").',
});
