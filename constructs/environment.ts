import type { TextRule } from './validation';

/** Names of environments, and of tasks beside them; they are part of the names of everything that is made. */
export const ENVIRONMENT: TextRule = {
  test: (name) => /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name),
  allowed: '1 to 32 of a-z, 0-9 and "-", beginning and ending with a letter or digit',
};

export const ENVIRONMENT_FIX = 'choose another name';
