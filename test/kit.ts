import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The folder of models and test data that TESSERA_KIT names, or null. Tests that need it say that they are left out
 * where it is not set; the suite is complete without it but for models that cannot be published.
 */
export const kit: string | null = process.env.TESSERA_KIT || null;

/** A file of the kit that must be there. */
export function kitPath(...parts: readonly string[]): string {
  if (kit === null) throw new Error('TESSERA_KIT is not set');
  const path = join(kit, ...parts);
  if (!existsSync(path)) throw new Error(`TESSERA_KIT has no ${join(...parts)}`);
  return path;
}
