import type { Command } from 'commander';

/**
 * Adds the command `help [command]` to a group of commands. Commander's own takes its exit code from the process, and
 * answers an unknown name with the help of the group.
 */
export function addHelpCommand(group: Command): void {
  group
    .command('help [command]')
    .description('display help for command')
    // The names below a group of commands: `help hold on`.
    .allowExcessArguments()
    .action((_first, _options, help: Command) => showHelp(group, help.args));
}

function showHelp(group: Command, names: readonly string[]): void {
  let command = group;
  for (const name of names) {
    const next = command.commands.find((candidate) => candidate.name() === name);
    if (next === undefined) return refuseName(command, name);
    command = next;
  }
  command.outputHelp();
}

function refuseName(command: Command, name: string): void {
  // A group of commands refuses the name itself, and suggests what was meant.
  if (command.commands.length > 0) command.parse([name], { from: 'user' });
  else command.error(`error: unknown command '${name}'`);
}
