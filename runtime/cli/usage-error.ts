import type { Command, CommanderError } from 'commander';
import { ConfigError } from '../errors';

/** A command line that asks for nothing: what was given is a group of commands. */
const NO_COMMAND = 'commander.help';
/** Ends a message of commander when something similar is known. */
const SUGGESTION = /\n\((Did you mean .*\?)\)$/;

/** What is typed to get to a command: `audit-anchor hold on`. */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

/** The error of a wrong command line; its hint names the help of the command that refused it. */
export function usageError(command: Command, { code, message }: CommanderError): ConfigError {
  const what = code === NO_COMMAND ? 'no command was given' : message;
  const suggestion = SUGGESTION.exec(what)?.[1];
  const help = `See ${nameOf(command)} --help`;
  return new ConfigError('USAGE', what.replace(/^error: /, '').replace(SUGGESTION, ''), {
    hint: suggestion === undefined ? help : `${suggestion} ${help}`,
  });
}
