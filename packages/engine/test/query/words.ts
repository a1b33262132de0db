import type { Domain, Name } from '../../src/graph/variable.ts';
import type { BindContext } from '../../src/query/names.ts';
import type { Query, Setting, Term } from '../../src/query/terms.ts';

const finite = (...levels: string[]) => ({ kind: 'finite' as const, levels });

/** The variables of the hand-written cases. */
export const context: BindContext = {
  domains: new Map<Name, Domain>([
    ['X', finite('0', '1')],
    ['Y', finite('0', '1')],
    ['Z', finite('0', '1')],
    ['W', finite('0', '1')],
    ['M', finite('0', '1')],
    ['Treatment', finite('no drug', 'drug')],
    ['Survival', finite('dead', 'survived')],
    ['Arm', finite('a', 'b', 'c')],
    ['Grade', finite('1', '2', '3')],
    ['Dose', { kind: 'real' as const, unit: 'mg' }],
    ['Income', { kind: 'real' as const }],
    ['Scan', { kind: 'tensor' as const, shape: [28, 28] }],
    ['blood pressure', finite('low', 'high, treated', 'vs')],
    ['Größe', finite('klein', 'groß')],
    ['Y_z', finite('0', '1')],
    ['Zip', finite('01', '1a', '-1')],
  ]),
};

/** `['X', '1']`, `['X']` for every value, `['X', '1', 2]` at position 2, `['M', term]` for a value from another world. */
type SettingWords = readonly [string, (string | Term | undefined)?, number?];
export const setting = ([variable, value, position]: SettingWords): Setting => ({
  variable,
  ...(position === undefined ? {} : { position }),
  ...(value === undefined ? {} : { value }),
});

/** `t('Y', [['X', '1']], '0', 2)` is Y[X=1]@2=0. */
export const t = (variable: string, world: readonly SettingWords[] = [], value?: string, position?: number): Term => ({
  variable,
  world: world.map(setting),
  ...(position === undefined ? {} : { position }),
  ...(value === undefined ? {} : { value }),
});

export const P = (of: readonly Term[], given: readonly Term[] = []): Query => ({ take: 'probability', of, given });
export const E = (of: Term, given: readonly Term[] = []): Query => ({ take: 'mean', of: [of], given });
