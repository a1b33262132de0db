import type { AuditDemoSettings } from './audit-demo.ts';
import type { NapkinDemoSettings } from './napkin-demo.ts';
import type { ReportDemoSettings } from './report-demo.ts';
import type { TablesDemoSettings } from './tables-demo.ts';

export interface IdGenSettings {
  readonly napkin: NapkinDemoSettings;
  readonly audit: AuditDemoSettings;
  readonly reports: ReportDemoSettings;
  readonly tables: TablesDemoSettings;
}

export interface IdGenSize {
  readonly seed: number;
  /** Pixels on a side of the coloured digits. */
  readonly side: number;
  /** Of the pictures of the audit. */
  readonly auditSide: number;
  readonly full: boolean;
  /** Factor on all steps, rows and draws (default 1). */
  readonly budget?: number;
}

/** What `doable reproduce id-gen` runs. The full run has more steps and rows. */
export function idGenSettings({ seed, side, auditSide, full, budget = 1 }: IdGenSize): IdGenSettings {
  const times = (value: number, least: number): number => Math.max(least, Math.round(value * budget));
  const readerSteps = times(side < 16 ? 600 : 1500, 20);
  return {
    napkin: {
      seed,
      rows: times(full ? 90_000 : 100_000, 400),
      generatedRows: times(full ? 90_000 : 120_000, 200),
      budget: { steps: times(full ? 2000 : 600, 2), widths: [512, 512], kindSteps: times(1500, 2) },
      codeSteps: times(full ? 7000 : 2000, 20),
      components: side < 16 ? 32 : 64,
      readerSteps,
      settings: [
        { digit: 3, colour: 0, thickness: 1 },
        { digit: 5, colour: 1, thickness: 0 },
      ],
      draws: times(full ? 5_000 : 1_500, 60),
      shown: 20,
    },
    audit: {
      seed,
      rows: times(30_000, 400),
      budget: { steps: times(full ? 4000 : 1500, 2), widths: [512, 512], kindSteps: times(1000, 2) },
      codeSteps: times(full ? 3000 : 1500, 20),
      pairSteps: times(600, 20),
      components: auditSide < 16 ? 32 : 64,
      readerSteps: times(auditSide < 16 ? 600 : 1500, 20),
      // Trousers among garments: the class that pictures show best.
      garment: auditSide < 16 ? 0 : 1,
      draws: times(2_000, 60),
      shown: 20,
    },
    reports: {
      seed,
      rows: times(40_000, 400),
      budget: { steps: times(full ? 2000 : 600, 2), widths: [256, 256], kindSteps: times(1000, 2) },
      codeSteps: times(full ? 1500 : 600, 20),
      components: 48,
      readerSteps: times(400, 20),
      // Pneumonia and opacity stated, the others denied, in the wordy style.
      report: { says: [2, 0, 0, 2], style: 1 },
      draws: times(2_000, 60),
      shown: 20,
    },
    tables: { seed, rows: 10_000, samples: times(full ? 100 : 10, 2) },
  };
}
