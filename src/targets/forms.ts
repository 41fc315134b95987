import { readdirSync, readFileSync } from 'node:fs';
import { usageError } from '../errors.ts';
import { fieldsOf } from './fields.ts';
import { type Target, type TargetKind, targetKinds } from './types.ts';

/** What a project looks like: data in targets/forms/<name>/. */
export interface Form {
  readonly name: string;
  readonly description: string;
  /** The kinds of targets that it can be made for. */
  readonly kinds: readonly TargetKind[];
  /** The kinds that it is made for where the user does not say. */
  readonly defaultFor: readonly TargetKind[];
  /** The folder of the model and its kernels; an empty text is the project's own. */
  readonly modelFolder: string;
  /** The folder of start-up, drivers and main; null where the project has none. */
  readonly boardFolder: string | null;
  /** Folders that building it makes. */
  readonly buildFolders: readonly string[];
  /** Build files by path, with {{names}} to be filled in. */
  readonly templates: ReadonlyMap<string, string>;
}

const formsFolder = new URL('../../targets/forms/', import.meta.url);

/** The names of all forms, sorted. */
export function formNames(): readonly string[] {
  return readdirSync(formsFolder).sort();
}

/** The form of that name. */
export function loadForm(name: string): Form {
  const names = formNames();
  if (!names.includes(name)) throw usageError(`there is no form ${name}`, `There are ${names.join(', ')}.`);
  const folder = new URL(`${name}/`, formsFolder);
  const fields = fieldsOf(JSON.parse(readFileSync(new URL('form.json', folder), 'utf8')), `form ${name}`);
  const kinds = (field: string): readonly TargetKind[] => {
    const listed = fields.texts(field);
    return targetKinds.filter((kind) => listed.includes(kind));
  };
  const form: Form = {
    name,
    description: fields.text('description'),
    kinds: kinds('kinds'),
    defaultFor: kinds('defaultFor'),
    modelFolder: fields.textOr('modelFolder', ''),
    boardFolder: fields.textOr('boardFolder', null),
    buildFolders: fields.texts('buildFolders', []),
    templates: new Map(
      fields.texts('files', []).map((path) => [path, readFileSync(new URL(`files/${path}`, folder), 'utf8')]),
    ),
  };
  fields.end();
  return form;
}

/** The form that a target is given: the one asked for, or its kind's own. */
export function formFor({ kind, name: target }: Pick<Target, 'kind' | 'name'>, name?: string): Form {
  const forms = (name === undefined ? formNames() : [name]).map(loadForm);
  const form = forms.find(({ kinds, defaultFor }) => (name === undefined ? defaultFor : kinds).includes(kind));
  if (form !== undefined) return form;
  throw usageError(
    `the form ${name} is not for ${target}`,
    `It can be made for targets of the kind ${forms[0]?.kinds.join(' or ')}.`,
  );
}
