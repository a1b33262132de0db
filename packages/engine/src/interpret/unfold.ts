import { type Builder, createBuilder } from '../estimand/builder.ts';
import type { Estimand, Place } from '../estimand/estimand.ts';
import { childrenOf } from '../estimand/fold.ts';
import { createSimplifier } from '../estimand/simplify.ts';
import type { Name } from '../graph/variable.ts';

/** Beyond this many conditions their sums are left as they are, so that the work stays bounded. */
const mostConditions = 2000;

/**
 * The estimand as a reader writes it: conditions as quotients of sums, expectations moved in to the one factor that they
 * concern. What remains of means stands over a measured distribution of just that variable, or cannot be moved.
 */
export function unfold(estimand: Estimand, builder: Builder = createBuilder()): Estimand {
  const simplifier = createSimplifier(builder);
  const done = new Map<Estimand, Estimand>();
  let conditions = 0;

  function visit(step: Estimand): Estimand {
    const known = done.get(step);
    if (known !== undefined) return known;
    const made = make(step);
    done.set(step, made);
    return made;
  }

  function make(step: Estimand): Estimand {
    if (step.step === 'condition') {
      conditions += 1;
      const { of, given, body, because } = step;
      const sum = conditions > mostConditions ? builder.sum : simplifier.sum;
      const out = builder.randomAxesOf(body).filter((name) => !of.includes(name) && !given.includes(name));
      return builder.quotient(visit(sum(out, body, because)), visit(sum([...out, ...of], body, because)), because);
    }
    const children = childrenOf(step).map(visit);
    return step.step === 'mean' ? mean(step.of, children[0] as Estimand) : builder.rebuild(step, children);
  }

  function mean(of: Name, body: Estimand): Estimand {
    switch (body.step) {
      case 'measured': {
        const rest = body.of.filter((name) => name !== of);
        if (rest.length === 0 || rest.length === body.of.length) return builder.mean(of, body);
        const own = builder.measured({ ...body, of: [of], given: [...rest, ...body.given] });
        return builder.product([builder.mean(of, own), builder.measured({ ...body, of: rest })], body.because);
      }
      case 'product': {
        const holders = body.factors.filter((factor) => builder.axesOf(factor).includes(of));
        const at = body.factors.indexOf(holders[0] as Estimand);
        if (holders.length !== 1) return builder.mean(of, body);
        return builder.product(body.factors.with(at, mean(of, body.factors[at] as Estimand)), body.because);
      }
      case 'sum':
        return builder.sum(body.over, mean(of, body.body), body.because);
      case 'quotient':
        if (builder.axesOf(body.denominator).includes(of)) return builder.mean(of, body);
        return builder.quotient(mean(of, body.numerator), body.denominator, body.because);
      case 'combine':
        if (!body.terms.every((term) => builder.axesOf(term.of).includes(of))) return builder.mean(of, body);
        return builder.combine(body.terms.map((term) => ({ weight: term.weight, of: mean(of, term.of) })));
      case 'place':
        return meanOfPlace(of, body.at, body.body, body);
      default:
        return builder.mean(of, body);
    }
  }

  function meanOfPlace(of: Name, at: Readonly<Record<Name, Place>>, body: Estimand, whole: Estimand): Estimand {
    const sources = builder.axesOf(body).filter((axis) => {
      const place = Object.hasOwn(at, axis) ? at[axis] : undefined;
      return place === undefined ? axis === of : 'symbol' in place && place.symbol === of;
    });
    const [source] = sources;
    if (source === undefined || sources.length !== 1) return builder.mean(of, whole);
    return builder.place(Object.fromEntries(Object.entries(at).filter(([axis]) => axis !== source)), mean(source, body));
  }

  return visit(builder.intern(estimand));
}
