import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');

function options(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  return {
    ...ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options,
    incremental: false,
    tsBuildInfoFile: undefined,
    outDir: ROOT,
    declaration: true,
    emitDeclarationOnly: true,
  };
}

/** The declarations that the compiler writes for these entries and what they import, by path. */
function declarations(entries: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const program = ts.createProgram([...entries], options());
  program.emit(undefined, (path, text) => files.set(path, text), undefined, true);
  return files;
}

/** A program of declarations alone: packages are not resolved, their types can be had from the packages. */
function programOf(files: ReadonlyMap<string, string>): ts.Program {
  const host = ts.createCompilerHost({});
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (path) => files.has(path) || ts.sys.fileExists(path);
  host.getSourceFile = (path, version) => {
    const text = files.get(path);
    return text === undefined ? getSourceFile(path, version) : ts.createSourceFile(path, text, version, true);
  };
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => {
      const resolvedFileName = `${join(dirname(from), text)}.d.ts`;
      return files.has(resolvedFileName)
        ? { resolvedModule: { resolvedFileName, extension: ts.Extension.Dts } }
        : { resolvedModule: undefined };
    });
  return ts.createProgram([...files.keys()], { noEmit: true, types: [] }, host);
}

/** What a name stands for, behind its imports. */
function target(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Types of this package that a declaration names. */
function namedIn(checker: ts.TypeChecker, declaration: ts.Node): ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      if (symbol) found.push(target(checker, symbol));
    }
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return found.filter(
    ({ flags, declarations: places }) =>
      flags & (ts.SymbolFlags.Type & ~ts.SymbolFlags.TypeParameter) &&
      places?.some(({ parent }) => ts.isSourceFile(parent)),
  );
}

/**
 * Types that the declarations of an entry name and that the entry does not export: nobody can write them down.
 * @param entry TypeScript file of the repository
 * @returns `Name (file)`, sorted
 */
export function unnameableTypes(entry: string): { readonly exported: number; readonly missing: string[] } {
  const files = declarations([join(ROOT, entry)]);
  const program = programOf(files);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(join(ROOT, entry.replace(/\.ts$/, '.d.ts')));
  const module = source && checker.getSymbolAtLocation(source);
  const exported = new Set(
    module ? checker.getExportsOfModule(module).map((symbol) => target(checker, symbol)) : [],
  );
  const missing = new Set<string>();
  for (const symbol of exported) {
    for (const declaration of symbol.declarations ?? []) {
      for (const named of namedIn(checker, declaration)) {
        const file = named.declarations?.[0]?.getSourceFile().fileName ?? '';
        if (!exported.has(named) && files.has(file)) missing.add(`${named.name} (${relative(ROOT, file)})`);
      }
    }
  }
  return { exported: exported.size, missing: [...missing].sort() };
}
