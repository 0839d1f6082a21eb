import { isList, isObject, textOf, type Value } from './terraform/expression';
import type { TerraformModule } from './terraform/module';

/** A container as ECS would start it. */
export interface Container {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** `valueFrom` by variable. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Everything that the definition says. */
  readonly definition: Readonly<Record<string, unknown>>;
}

/** The containers of an evaluated stack, by the family of their task. */
export function containersOf(module: TerraformModule): ReadonlyMap<string, Container> {
  const tasks = [...module.instances('aws_ecs_task_definition').values()];
  return new Map(
    tasks.map((task) => [
      textOf(task['family'], 'family'),
      containerOf(textOf(task['container_definitions'], 'container_definitions')),
    ]),
  );
}

function containerOf(json: string): Container {
  const containers = JSON.parse(json) as Value;
  const [definition, ...others] = isList(containers) ? containers : [];
  if (!isObject(definition) || others.length > 0) throw new Error('expected one container');
  return {
    name: textOf(definition['name'], 'name'),
    command: (definition['command'] ?? []) as readonly string[],
    environment: namedTexts(definition['environment'], 'value'),
    secrets: namedTexts(definition['secrets'], 'valueFrom'),
    definition,
  };
}

/** ECS refuses a value that is not a text, and a name that occurs twice. */
function namedTexts(list: Value | undefined, member: 'value' | 'valueFrom'): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const each of isList(list) ? list : []) {
    const { name, [member]: value, ...rest } = isObject(each) ? each : {};
    if (
      typeof name !== 'string' ||
      typeof value !== 'string' ||
      Object.keys(rest).length > 0 ||
      name in texts
    ) {
      throw new Error(`ECS refuses ${JSON.stringify(each)}`);
    }
    texts[name] = value;
  }
  return texts;
}
