// Kusto's own parser: {"tables": {table: {column: type}}, "queries": [text]}, in on stdin;
// what it says of each query, and the columns that each gives, out on stdout.
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");

const Kusto = globalThis.Kusto.Language;
const Symbols = Kusto.Symbols;

function table(name, columns) {
  const described = Object.entries(columns).map(([column, type]) => `${column}: ${type}`);
  return new Symbols.TableSymbol.$ctor7(name, `(${described.join(", ")})`, null);
}

function list(kusto, of) {
  return Array.from({ length: kusto.Count }, (_, index) => of(kusto.getItem(index)));
}

function judged(text, globals) {
  const code = Kusto.KustoCode.ParseAndAnalyze(text, globals);
  const columns = code.ResultType && code.ResultType.Columns;
  return {
    problems: list(code.GetDiagnostics(), (one) => `${one.Code} ${one.Message}`),
    columns: columns ? list(columns, (one) => [one.Name, one.Type.Name]) : [],
  };
}

const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const tables = Object.entries(asked.tables).map(([name, columns]) => table(name, columns));
const workspace = new Symbols.DatabaseSymbol.$ctor1("Workspace", tables, false);
const globals = Kusto.GlobalState.Default.WithDatabase(workspace);
process.stdout.write(JSON.stringify(asked.queries.map((text) => judged(text, globals))));
