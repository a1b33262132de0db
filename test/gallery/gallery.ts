import { readdirSync, readFileSync } from 'node:fs';

/** One question with its truth; files beside this one, a theme each. */
export interface GalleryCase {
  readonly id: string;
  /** The name of its file. */
  readonly theme: string;
  /** Where graph and question come from. */
  readonly source: string;
  /** dagitty text. */
  readonly graph: string;
  /** In the question language; variables are 0/1 where values are named. */
  readonly query: string;
  /** Do-sets of the studies; `[]` is observation; each measures everything, for every value of its do-set. */
  readonly experiments: readonly (readonly string[])[];
  /** For any finite levels. True also where `undefined` is true or `value` is given. */
  readonly identifiable: boolean;
  /** Identifiable if the treatment has two levels, although not in general. */
  readonly identifiableIfBinary?: boolean;
  /** The condition has probability zero in every model. */
  readonly undefined?: boolean;
  /** The answer in every model. */
  readonly value?: 0 | 1;
  /** Needs line 7 of ID (see test/oracle/line-seven.ts). */
  readonly lineSeven?: boolean;
  /** After line 7, conditionals of a derived distribution are needed: where a formula is easily wrong although the verdict is right. */
  readonly derivedConditional?: boolean;
  /** The known trap that the case is for. */
  readonly trap?: string;
  /**
   * What the oracle looks at instead. Not identifiable: fewer edges or more levels, a smaller or larger class in which it is
   * refuted. Identifiable: the same graph with more latent nodes, where less is measured.
   */
  readonly witness?: { readonly graph?: string; readonly levels?: Readonly<Record<string, number>> };
  readonly notes?: string;
  readonly verified_by: readonly string[];
}

/** All cases of all themes, in order of file name and place in the file. */
export function loadGallery(): GalleryCase[] {
  const folder = new URL('.', import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => {
      const records = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as (Omit<GalleryCase, 'theme' | 'experiments'> & {
        experiments?: string[][];
      })[];
      return records.map(
        (record): GalleryCase => ({ ...record, theme: name.replace('.json', ''), experiments: record.experiments ?? [[]] }),
      );
    });
}
