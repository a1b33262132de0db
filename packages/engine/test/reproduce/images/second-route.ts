import { readGraph } from '../../../src/graph/formats/read.ts';
import type { Name } from '../../../src/graph/variable.ts';
import { identify } from '../../../src/identification.ts';
import { tableFromJoint } from '../../../src/interpret/fill.ts';
import { type Evaluation, evaluate } from '../../../src/interpret/number.ts';
import { compile } from '../../../src/interpret/plan.ts';
import { type Factor, isTooLarge } from '../../../src/math/factor.ts';
import { numberedLevels } from '../../../src/model/mechanism.ts';
import { compileQuestion } from '../../../src/query/bind.ts';
import { unwrap } from '../../interpret/support.ts';

/** A question answered by identification from nothing but the graph and the observed joint, whose axes are the variables of the graph. */
export function identifiedFrom(joint: Factor, graphText: string, query: string, open: readonly Name[]): Evaluation {
  const levels = new Map(joint.axes.map((name, i) => [name, numberedLevels(joint.sizes[i] as number)]));
  const domains = new Map([...levels].map(([name, own]) => [name, { kind: 'finite', levels: own } as const]));
  const graph = unwrap(readGraph(`dag { ${graphText.replaceAll(';', '\n')} }`));
  const question = unwrap(compileQuestion(query, { graph, domains }));
  const found = identify(question, graph, { offers: [{ regime: { set: [] }, studies: ['study'], size: 1 }] });
  if (found.verdict !== 'identified') throw new Error(JSON.stringify(found.refusal));
  const plan = unwrap(compile(found.estimand, domains, { open }));
  const tables = plan.requests.map((request) => {
    const table = tableFromJoint(request, joint, (name) => levels.get(name) ?? []);
    if (isTooLarge(table)) throw new Error('too large');
    return table;
  });
  return evaluate(plan, tables);
}
