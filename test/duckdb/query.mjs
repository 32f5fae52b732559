// Runs SQL statements in DuckDB, one after the other, in one database in memory.
//
// stdin:  [SQL, ...]
// stdout: [{columns, types, rows}, ...] with each value as text, or null
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run("set TimeZone = 'UTC'");
const results = [];
for (const sql of JSON.parse(readFileSync(0, 'utf8'))) {
  const reader = await connection.runAndReadAll(sql);
  results.push({
    columns: reader.columnNames(),
    types: reader.columnTypes().map(String),
    rows: reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value)))),
  });
}
process.stdout.write(JSON.stringify(results));
